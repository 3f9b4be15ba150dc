//! How often the intervals hold what they should, counted in simulated experiments with fixed seeds.
//!
//! `cargo run --release -p exp-report --example coverage > framework/report/examples/coverage.txt`
#![allow(clippy::unwrap_used, missing_docs)]

use exp_core::metrics::Metric;
use exp_report::statistics::bootstrap::{Scored, Unit, paired_bootstrap};
use exp_report::statistics::folds::nadeau_bengio;
use exp_report::statistics::paired::Paired;
use exp_report::statistics::sign_flip::sign_flip;
use exp_report::statistics::{CONFIDENCE, Interval};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, Exp1, StandardNormal};
use rayon::prelude::*;

/// Experiments of a case whose figures are quick to compute.
const MANY: u32 = 20_000;

/// Experiments of a case with 10,000 resamples each.
const SOME: u32 = 2_000;

fn main() {
    println!("Share of 95 % intervals that hold the true value (standard error in brackets).\n");
    over_seeds();
    over_folds();
    trained_over_folds();
    over_test_sets();
    println!("\nShare of p < 0.05 where there is no difference (standard error in brackets).\n");
    sign_flips();
}

/// Many experiments, each with a generator of its own.
fn share(what: &str, experiments: u32, hit: impl Fn(&mut ChaCha8Rng) -> bool + Sync) {
    let hits = (0..experiments)
        .into_par_iter()
        .filter(|&experiment| hit(&mut ChaCha8Rng::seed_from_u64(experiment.into())));
    let share = hits.count() as f64 / f64::from(experiments);
    let error = (share * (1.0 - share) / f64::from(experiments)).sqrt();
    println!(
        "{:6.2} % ({:.2})  {what}, {experiments} experiments",
        100.0 * share,
        100.0 * error
    );
}

fn normal(random: &mut ChaCha8Rng) -> f64 {
    StandardNormal.sample(random)
}

/// Mean 0, deviation 1, with a long tail upwards.
fn skewed(random: &mut ChaCha8Rng) -> f64 {
    let value: f64 = Exp1.sample(random);
    value - 1.0
}

/// Now and then (1 in 10) a run that goes wrong by 5 deviations; mean 0.
fn with_accidents(random: &mut ChaCha8Rng) -> f64 {
    let accident = if random.random_bool(0.1) { -5.0 } else { 0.0 };
    normal(random) + accident + 0.5
}

type Draw = fn(&mut ChaCha8Rng) -> f64;

const SHAPES: [(&str, Draw); 3] = [
    ("normal", normal),
    ("skewed (exponential)", skewed),
    ("1 in 10 off by 5 deviations", with_accidents),
];

fn over_seeds() {
    for (shape, draw) in SHAPES {
        for n in [3, 5, 10] {
            share(
                &format!("t interval, {n} seeds, differences {shape}"),
                MANY,
                |random| {
                    let values: Vec<f64> = (0..n).map(|_| 1.0 + draw(random)).collect();
                    Paired::new(&values)
                        .unwrap()
                        .test
                        .unwrap()
                        .interval
                        .holds(1.0)
                },
            );
        }
    }
    println!();
}

/// Five folds' differences with a correlation; the correction takes it as 0.2 for five folds.
fn over_folds() {
    for correlation in [0.0, 0.2, 0.5] {
        let draw = move |random: &mut ChaCha8Rng| -> Vec<f64> {
            let shared = f64::sqrt(correlation) * normal(random);
            (0..5)
                .map(|_| 1.0 + shared + f64::sqrt(1.0 - correlation) * normal(random))
                .collect()
        };
        let what = format!("5 folds, differences correlated by {correlation}");
        share(&format!("corrected interval, {what}"), MANY, |random| {
            nadeau_bengio(&draw(random), 4.0, 1.0)
                .unwrap()
                .test
                .unwrap()
                .interval
                .holds(1.0)
        });
        share(&format!("plain t interval, {what}"), MANY, |random| {
            Paired::new(&draw(random))
                .unwrap()
                .test
                .unwrap()
                .interval
                .holds(1.0)
        });
    }
    println!();
}

/// Two classes of clips in `DIMENSIONS` numbers, of which the first ones tell most.
const DIMENSIONS: usize = 12;

type Clip = (bool, [f64; DIMENSIONS]);

fn clip(random: &mut ChaCha8Rng) -> Clip {
    let class = random.random_bool(0.5);
    let mut values = [0.0; DIMENSIONS];
    for (place, value) in values.iter_mut().enumerate() {
        let centre = 0.6 / (1.0 + place as f64);
        *value = normal(random) + if class { centre } else { -centre };
    }
    (class, values)
}

/// Accuracy in percent of the nearest of two class means over the first numbers of a clip.
fn nearest_mean(train: &[Clip], test: &[Clip], used: usize) -> f64 {
    let mut means = [[0.0; DIMENSIONS]; 2];
    let mut counts = [0.0; 2];
    for (class, values) in train {
        counts[usize::from(*class)] += 1.0;
        for (mean, value) in means[usize::from(*class)].iter_mut().zip(values) {
            *mean += value;
        }
    }
    let distance = |values: &[f64; DIMENSIONS], class: usize| -> f64 {
        let own = means[class].iter().zip(values).take(used);
        own.map(|(sum, value)| (value - sum / f64::max(counts[class], 1.0)).powi(2))
            .sum()
    };
    let right = test
        .iter()
        .filter(|(class, values)| (distance(values, 1) < distance(values, 0)) == *class);
    100.0 * right.count() as f64 / test.len() as f64
}

/// Cross-validation with real training: the true difference is that of many models on new clips.
fn trained_over_folds() {
    let gain = |train: &[Clip], test: &[Clip]| {
        nearest_mean(train, test, 3) - nearest_mean(train, test, DIMENSIONS)
    };
    for clips in [100, 500] {
        let mut random = ChaCha8Rng::seed_from_u64(1 << 40);
        let mut draw =
            |count: usize| -> Vec<Clip> { (0..count).map(|_| clip(&mut random)).collect() };
        let truths: Vec<f64> = (0..4000)
            .map(|_| gain(&draw(clips * 4 / 5), &draw(500)))
            .collect();
        let truth = truths.iter().sum::<f64>() / truths.len() as f64;
        let by_fold = |random: &mut ChaCha8Rng| -> Vec<f64> {
            let all: Vec<Clip> = (0..clips).map(|_| clip(random)).collect();
            (0..5)
                .map(|fold| {
                    let (test, train): (Vec<_>, Vec<_>) = all
                        .iter()
                        .enumerate()
                        .partition(|(place, _)| place % 5 == fold);
                    let plain = |part: Vec<(usize, &Clip)>| -> Vec<Clip> {
                        part.into_iter().map(|(_, clip)| *clip).collect()
                    };
                    gain(&plain(train), &plain(test))
                })
                .collect()
        };
        let holds = |paired: Option<Paired>| paired.unwrap().test.unwrap().interval.holds(truth);
        share(
            &format!("corrected interval, 5 folds of {clips} clips, two trained classifiers"),
            SOME,
            |random| holds(nadeau_bengio(&by_fold(random), 4.0, 1.0)),
        );
        share(
            &format!("plain t interval, 5 folds of {clips} clips, two trained classifiers"),
            SOME,
            |random| holds(Paired::new(&by_fold(random))),
        );
    }
    println!();
}

/// The shares with which the first or the second model alone is right on a class.
const CHANCES: [(f64, f64); 7] = [
    (0.10, 0.05),
    (0.20, 0.10),
    (0.15, 0.15),
    (0.25, 0.10),
    (0.10, 0.20),
    (0.30, 0.10),
    (0.05, 0.02),
];

/// Test sets of two fixed models, with clips that are independent or share persons.
fn over_test_sets() {
    let small = [43, 33, 47, 38, 26, 8, 16];
    let few = [14, 11, 16, 13, 9, 3, 5];
    for (name, clips) in [
        ("211 clips, 8 of the rarest class", small),
        ("71 clips, 3 of the rarest class", few),
    ] {
        for metric in [Metric::Uar, Metric::War] {
            let truth = truth(&clips, metric);
            share(
                &format!("bootstrap by clip, {metric:?}, {name}"),
                SOME,
                |random| {
                    let fold = independent(&clips, random);
                    holds(paired_bootstrap(&[fold], 1, metric, Unit::Clip), truth)
                },
            );
        }
    }
    for metric in [Metric::Uar, Metric::War] {
        for unit in [Unit::Person, Unit::Clip] {
            let by = if unit == Unit::Person {
                "by person"
            } else {
                "by clip"
            };
            let what = format!("bootstrap {by}, {metric:?}, 210 clips of 35 persons who differ");
            let truth = truth(&[30; 7], metric);
            share(&what, SOME, |random| {
                holds(
                    paired_bootstrap(&[by_persons(random)], 1, metric, unit),
                    truth,
                )
            });
        }
    }
}

fn holds(interval: Option<Interval>, truth: f64) -> bool {
    interval.unwrap().holds(truth)
}

fn truth(clips: &[usize], metric: Metric) -> f64 {
    let gain = |class: usize| CHANCES[class].0 - CHANCES[class].1;
    let total: usize = clips.iter().sum();
    100.0
        * match metric {
            Metric::Uar => (0..clips.len()).map(gain).sum::<f64>() / clips.len() as f64,
            Metric::War => {
                let weighted = (0..clips.len()).map(|class| gain(class) * clips[class] as f64);
                weighted.sum::<f64>() / total as f64
            }
        }
}

fn outcome(first: f64, second: f64, random: &mut ChaCha8Rng) -> i32 {
    match random.random::<f64>() {
        draw if draw < first => 1,
        draw if draw < first + second => -1,
        _ => 0,
    }
}

fn independent(clips: &[usize], random: &mut ChaCha8Rng) -> Vec<Scored> {
    let labels = clips
        .iter()
        .enumerate()
        .flat_map(|(class, &count)| vec![class; count]);
    let scored = labels.map(|class| Scored {
        class,
        person: 0,
        difference: outcome(CHANCES[class].0, CHANCES[class].1, random),
    });
    scored.collect()
}

/// 35 persons with 6 clips each, of random classes; on a person's clips the first model is right more
/// or less often than on others'.
fn by_persons(random: &mut ChaCha8Rng) -> Vec<Scored> {
    let mut fold = Vec::new();
    for person in 0..35 {
        // Between 0 and 2, 1 on average.
        let ease = 2.0 * random.random::<f64>();
        for _ in 0..6 {
            let class = random.random_range(0..7);
            let (first, second) = CHANCES[class];
            fold.push(Scored {
                class,
                person,
                difference: outcome(first * ease, second * (2.0 - ease), random),
            });
        }
    }
    fold
}

fn sign_flips() {
    let symmetric: [(&str, Draw); 2] = [("normal", normal), ("skewed (exponential)", skewed)];
    for (shape, draw) in symmetric {
        for n in [6, 10] {
            let differences = move |random: &mut ChaCha8Rng| -> Vec<f64> {
                (0..n).map(|_| draw(random)).collect()
            };
            share(
                &format!("sign-flip test, {n} seeds, differences {shape}"),
                MANY,
                |random| sign_flip(&differences(random)).unwrap().p < 1.0 - CONFIDENCE,
            );
            share(
                &format!("t test, {n} seeds, differences {shape}"),
                MANY,
                |random| {
                    Paired::new(&differences(random)).unwrap().test.unwrap().p < 1.0 - CONFIDENCE
                },
            );
        }
    }
}
