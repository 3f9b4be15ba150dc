//! How far a difference could move with other test clips, given these trained models.

use std::collections::BTreeMap;

use exp_core::metrics::Metric;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use serde::Serialize;

use super::{CONFIDENCE, Interval};

/// How many test sets are drawn.
pub const RESAMPLES: usize = 10_000;

/// One test clip of one fold, as pairs of models predict it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scored {
    /// Its label.
    pub class: usize,
    /// Who is seen, as a number within the fold; read only where persons are drawn.
    pub person: usize,
    /// In how many pairs the first model alone is right, less those in which the second alone is.
    pub difference: i32,
}

/// What is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Clips, as if no two showed the same person: too narrow where they do.
    Clip,
    /// Persons, each with all of their clips.
    Person,
}

/// The paired bootstrap's percentile interval at level [`CONFIDENCE`] of the difference in UAR or
/// WAR, in points: [`RESAMPLES`] test sets are drawn with replacement from the clips that there are,
/// and both models are measured on each (B. Efron and R. Tibshirani, "An Introduction to the
/// Bootstrap", 1993, chapter 13; paired for two systems: P. Koehn, "Statistical significance tests
/// for machine translation evaluation", EMNLP 2004).
///
/// Figures are means of the folds' figures, so each fold is drawn for itself; clips are drawn within
/// fold and class for UAR, so that every class keeps its clips, and within the fold for WAR. Persons
/// are drawn within the fold for both, since one person's clips are of several classes and depend on
/// each other; a class of which a drawn test set has no clip is left out of its UAR.
///
/// `folds` holds each fold's clips, and `pairs` tells over how many pairs of models their
/// differences were summed. The same input gives the same interval. `None` without a clip or a pair.
///
/// The interval says nothing about another training: it is for these models. In 2,000 simulated
/// experiments a case (`examples/coverage.txt`) it held the true WAR difference in 94.2 to 94.9 % of
/// them, but the true UAR difference in 93.0 % with 211 clips, 8 of them of the rarest class, and in
/// 89.0 % with 71 clips, 3 of the rarest: few clips of a class vary too little when they are drawn
/// again. Where 35 persons have six clips each and differ, drawing persons held the UAR difference in
/// 93.1 %, drawing clips in 87.9 %.
pub fn paired_bootstrap(
    folds: &[Vec<Scored>],
    pairs: u32,
    metric: Metric,
    unit: Unit,
) -> Option<Interval> {
    let empty = folds.iter().any(Vec::is_empty);
    if folds.is_empty() || empty || pairs == 0 {
        return None;
    }
    let mut random = ChaCha8Rng::seed_from_u64(0);
    let mut drawn = vec![0.0; RESAMPLES];
    for fold in folds {
        match unit {
            Unit::Clip => add_by_clip(fold, metric, &mut random, &mut drawn),
            Unit::Person => add_by_person(fold, metric, &mut random, &mut drawn),
        }
    }
    let scale = 100.0 / (f64::from(pairs) * folds.len() as f64);
    drawn.sort_by(f64::total_cmp);
    let tail = (1.0 - CONFIDENCE) / 2.0;
    Some(Interval {
        low: scale * quantile(&drawn, tail),
        high: scale * quantile(&drawn, 1.0 - tail),
    })
}

fn add_by_clip(fold: &[Scored], metric: Metric, random: &mut ChaCha8Rng, drawn: &mut [f64]) {
    let mut strata: BTreeMap<usize, Vec<i64>> = BTreeMap::new();
    for clip in fold {
        let difference = i64::from(clip.difference);
        strata
            .entry(stratum(clip, metric))
            .or_default()
            .push(difference);
    }
    for differences in strata.values() {
        let scale = 1.0 / (differences.len() * strata.len()) as f64;
        for value in drawn.iter_mut() {
            let draws =
                (0..differences.len()).map(|_| differences[index(differences.len(), random)]);
            *value += scale * draws.sum::<i64>() as f64;
        }
    }
}

/// Clips of different strata are never drawn for each other.
fn stratum(clip: &Scored, metric: Metric) -> usize {
    match metric {
        Metric::Uar => clip.class,
        Metric::War => 0,
    }
}

/// One of `count` places. As 32-bit numbers, which are half the work.
fn index(count: usize, random: &mut ChaCha8Rng) -> usize {
    random.random_range(0..count as u32) as usize
}

fn add_by_person(fold: &[Scored], metric: Metric, random: &mut ChaCha8Rng, drawn: &mut [f64]) {
    let mut persons: BTreeMap<usize, BTreeMap<usize, (i64, i64)>> = BTreeMap::new();
    let mut classes = 0;
    for clip in fold {
        let class = stratum(clip, metric);
        classes = classes.max(class + 1);
        let (clips, sum) = persons
            .entry(clip.person)
            .or_default()
            .entry(class)
            .or_default();
        *clips += 1;
        *sum += i64::from(clip.difference);
    }
    let persons: Vec<Vec<(usize, (i64, i64))>> = persons
        .into_values()
        .map(|own| own.into_iter().collect())
        .collect();
    let mut totals = vec![(0, 0); classes];
    for value in drawn.iter_mut() {
        totals.fill((0, 0));
        for _ in 0..persons.len() {
            for &(class, (clips, sum)) in &persons[index(persons.len(), random)] {
                totals[class].0 += clips;
                totals[class].1 += sum;
            }
        }
        let present = || totals.iter().filter(|(clips, _)| *clips > 0);
        let sum: f64 = present()
            .map(|&(clips, sum)| sum as f64 / clips as f64)
            .sum();
        *value += sum / present().count() as f64;
    }
}

/// The value below which the share `p` of sorted values lies, with straight lines between them (R. J.
/// Hyndman and Y. Fan, "Sample quantiles in statistical packages", The American Statistician 50,
/// 1996, type 7).
fn quantile(sorted: &[f64], p: f64) -> f64 {
    let place = p * (sorted.len() - 1) as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (place - below as f64) * (sorted[above] - sorted[below])
}
