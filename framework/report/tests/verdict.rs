//! What follows from figures that were worked out by hand.
#![allow(clippy::unwrap_used, missing_docs)]

mod sample;

use exp_core::metrics::{Metric, Rule};
use exp_report::statistics::bootstrap::Unit;
use exp_report::verdict::{
    BenchmarkVerdict, Conclusion, Method, Options, VerdictError, best, verdict,
};
use exp_report::{Figure, SeedValue};
use exp_store::{ExperimentData, RunRecord, Status};
use sample::{experiment, level, run};

/// Two classes of 50 clips each, of which so many are right: UAR and WAR are their number.
fn right(seed: u64, fold: u32, context: &str, right: usize) -> RunRecord {
    let pairs: Vec<(usize, usize)> = (0..100)
        .map(|clip| {
            (
                clip / 50,
                if clip % 50 * 2 + clip / 50 < right {
                    clip / 50
                } else {
                    1 - clip / 50
                },
            )
        })
        .collect();
    let mut run = run(
        seed,
        fold,
        vec![level("context", context)],
        &["yes", "no"],
        &pairs,
    );
    for selection in &mut run.selections {
        for clip in &mut selection.predictions {
            clip.clip = format!("fold {fold} {}", clip.clip);
        }
    }
    run
}

/// Two levels; the figures of each seed, first without and then with.
fn two(seeds: &[(usize, usize)]) -> ExperimentData {
    let with = |context: &'static str, of: fn(&(usize, usize)) -> usize| {
        let runs = seeds.iter().zip(1..);
        runs.map(move |(seed, number)| right(number, 1, context, of(seed)))
    };
    experiment(
        with("none", |seed| seed.0)
            .chain(with("learnable", |seed| seed.1))
            .collect(),
    )
}

fn answer(data: &ExperimentData) -> BenchmarkVerdict {
    verdict(data, &Options::default())
        .unwrap()
        .benchmarks
        .remove(0)
}

#[test]
fn a_difference_that_stands_out_is_said_with_its_interval() {
    // Differences 2, 3, 2, 1, 2: mean 2, deviation 0.7071, standard error 0.3162; t(0.975, 4) is
    // 2.7764 and t(0.8, 4) 0.9410.
    let found = answer(&two(&[(60, 62), (61, 64), (59, 61), (62, 63), (60, 62)]));
    let effect = &found.primary[0];
    let test = effect.evidence.test.unwrap();
    assert!(
        (test.interval.low - (2.0 - 0.8780)).abs() < 1e-3,
        "{test:?}"
    );
    assert!(
        (test.smallest_visible - 3.7174 * 0.3162).abs() < 1e-3,
        "{test:?}"
    );
    assert_eq!(effect.evidence.conclusion, Conclusion::Above);
    assert_eq!(effect.evidence.method, Method::Seeds);
    assert_eq!(
        (effect.level_mean, effect.baseline_mean),
        (Some(62.4), Some(60.4))
    );
    assert_eq!(
        found.answer,
        [
            "learnable is better than none by 2.0 points UAR (95 % interval 1.1 to 2.9, paired over 5 seeds)."
        ]
    );
    // The same in WAR stands among the other comparisons.
    assert_eq!(found.others.len(), 1);
    assert_eq!(found.others[0].metric, Metric::War);
}

#[test]
fn a_loss_is_told_as_a_loss() {
    let found = answer(&two(&[(62, 60), (64, 61), (61, 59), (63, 62), (62, 60)]));
    assert_eq!(
        found.answer,
        [
            "learnable is worse than none by 2.0 points UAR (95 % interval 1.1 to 2.9, paired over 5 seeds)."
        ]
    );
    assert_eq!(found.primary[0].evidence.conclusion, Conclusion::Below);
}

#[test]
fn a_difference_that_does_not_is_called_not_distinguishable_with_what_could_have_been_seen() {
    let found = answer(&two(&[(60, 62), (61, 60), (59, 61), (62, 62), (60, 59)]));
    assert_eq!(
        found.answer,
        [
            "learnable and none are not distinguishable in UAR: the difference is +0.4 points (95 % interval \
         −1.5 to 2.3, paired over 5 seeds), and with 5 seeds a gap below 2.5 points could not have been seen."
        ]
    );
}

#[test]
fn settings_that_do_the_same_are_equal() {
    let found = answer(&two(&[(60, 60), (61, 61), (59, 59)]));
    assert_eq!(found.primary[0].evidence.conclusion, Conclusion::Equal);
    assert_eq!(
        found.answer,
        ["learnable and none gave the same UAR every time (paired over 3 seeds)."]
    );
}

#[test]
fn seeds_without_a_partner_are_left_out_and_said() {
    let mut data = two(&[(60, 62), (61, 64), (59, 61), (62, 63), (60, 62)]);
    data.runs[8].status = Status::Failed;
    let found = answer(&data);
    let evidence = &found.primary[0].evidence;
    assert_eq!((evidence.n, &evidence.incomplete_seeds), (4, &vec![4]));
    assert!(
        found.notes.contains(
            &"Seed 4 is left out of a comparison, since a run on one of its sides is missing: only complete pairs count.".to_owned()
        ),
        "{:#?}",
        found.notes
    );
}

#[test]
fn from_six_seeds_on_signs_are_flipped_too() {
    let found = answer(&two(&[
        (60, 62),
        (61, 64),
        (59, 61),
        (62, 63),
        (60, 62),
        (58, 59),
    ]));
    let test = found.primary[0].evidence.sign_flip.unwrap();
    assert_eq!((test.p, test.smallest), (0.03125, 0.03125));
    assert!(
        found.notes.iter().any(|note| note.contains("the sign-flip test of all signs gives p = 0.031 (so many seeds can give p = 0.031 at the least).")),
        "{:#?}",
        found.notes
    );
}

#[test]
fn two_seeds_give_no_verdict() {
    let found = answer(&two(&[(60, 62), (61, 64)]));
    assert_eq!(
        found.answer,
        [
            "No verdict on learnable against none: the difference is +2.5 points UAR in 2 seeds, and an interval takes 3."
        ]
    );
    assert_eq!(found.primary[0].evidence.conclusion, Conclusion::NoVerdict);
    assert_eq!(found.primary[0].models, None);
}

#[test]
fn one_run_a_side_is_a_test_of_two_models() {
    let found = answer(&two(&[(60, 66)]));
    let models = found.primary[0].models.unwrap();
    assert_eq!((models.first_only, models.second_only), (6, 0));
    assert_eq!(
        found.answer,
        [
            "No verdict on the setting, since there is one run a side: the two trained models are +6.0 points UAR \
         apart (learnable less none). By McNemar's exact test of these two models, 6 clips right by the first \
         alone and 0 by the second alone, p = 0.031."
        ]
    );
}

#[test]
fn folds_of_one_seed_are_tested_with_the_corrected_variance() {
    let fold = |(fold, gain): (u32, usize)| {
        [
            right(1, fold, "none", 60),
            right(1, fold, "learnable", 60 + gain),
        ]
    };
    let mut data = experiment((1..).zip([3, 4, 5, 4, 4]).flat_map(fold).collect());
    let found = answer(&data);
    let evidence = &found.primary[0].evidence;
    assert_eq!(
        (evidence.method, evidence.n, evidence.folds.len()),
        (Method::Folds, 5, 5)
    );
    // Deviation 0.7071, variance times 1/5 + 100/400.
    let test = evidence.test.unwrap();
    assert!(
        (test.standard_error - std::f64::consts::FRAC_1_SQRT_2 * 0.45_f64.sqrt()).abs() < 1e-6,
        "{test:?}"
    );
    assert_eq!(
        found.answer,
        [
            "learnable is better than none by 4.0 points UAR (95 % interval 2.7 to 5.3, paired over 5 folds of 1 seed)."
        ]
    );
    assert!(
        found
            .notes
            .iter()
            .any(|note| note.starts_with("The folds share their training data"))
    );
    // Folds with the same test clips are no folds.
    for run in &mut data.runs {
        for clip in run
            .selections
            .iter_mut()
            .flat_map(|selection| &mut selection.predictions)
        {
            clip.clip = clip.clip.replace(&format!("fold {}", run.fold), "fold");
        }
    }
    let found = answer(&data);
    assert_eq!(found.primary[0].evidence.conclusion, Conclusion::NoVerdict);
    assert!(found.primary[0].evidence.folds_overlap);
}

#[test]
fn several_levels_are_corrected_among_each_other() {
    let mut data = two(&[(60, 62), (61, 64), (59, 61), (62, 62), (60, 62)]);
    data.runs.extend(
        (1..)
            .zip([61, 60, 60, 62, 61])
            .map(|(seed, uar)| right(seed, 1, "template", uar)),
    );
    let found = answer(&data);
    let effects: Vec<_> = (found.primary.iter())
        .map(|effect| {
            let evidence = &effect.evidence;
            (
                effect.level.as_str(),
                evidence.tests,
                evidence.corrected,
                evidence.test.unwrap().p,
            )
        })
        .collect();
    let (_, tests, corrected, p) = effects[0];
    assert_eq!((tests, corrected), (2, Some(2.0 * p)));
    assert!(
        found.answer[0].contains("after Holm's correction for 2 comparisons"),
        "{}",
        found.answer[0]
    );
    assert_eq!(effects[1].2, Some(effects[1].3));
}

#[test]
fn drawn_clips_are_drawn_by_person() {
    let mut data = two(&[(60, 62), (61, 64), (59, 61)]);
    for run in &mut data.runs {
        for selection in &mut run.selections {
            for (place, clip) in selection.predictions.iter_mut().enumerate() {
                clip.clip = format!("test/anger_{place:04}_s{:03}", place % 17);
            }
        }
    }
    let found = answer(&data);
    let test = found.primary[0].test_set.as_ref().unwrap();
    assert_eq!((test.unit, test.units, test.pairs), (Unit::Person, 17, 3));
    // The same names on a real benchmark are names and nothing more.
    for run in &mut data.runs {
        run.synthetic = false;
    }
    let found = answer(&data);
    let test = found.primary[0].test_set.as_ref().unwrap();
    assert_eq!((test.unit, test.units), (Unit::Clip, 100));
}

#[test]
fn classes_that_no_draw_can_move_are_named() {
    let mut data = two(&[(60, 62), (61, 64), (59, 61)]);
    for clip in data
        .runs
        .iter_mut()
        .flat_map(|run| &mut run.selections)
        .flat_map(|selection| &mut selection.predictions)
    {
        if clip.target == 1 {
            clip.predicted = 0;
        }
    }
    let test = answer(&data).primary[0].test_set.clone().unwrap();
    let unmoved: Vec<_> = (test.unmoved.iter())
        .map(|class| (class.class.as_str(), class.level, class.baseline))
        .collect();
    assert_eq!(unmoved, [("no", 0.0, 0.0)]);
}

#[test]
fn an_interaction_is_the_difference_of_differences() {
    let mut runs = Vec::new();
    let gains = [(1, [2, 6]), (2, [1, 7]), (3, [2, 5]), (4, [3, 7])];
    for (place, depth) in ["1", "2"].into_iter().enumerate() {
        for (seed, gain) in gains {
            for (context, uar) in [("none", 60), ("learnable", 60 + gain[place])] {
                let mut run = right(seed, 1, context, uar);
                run.levels.push(level("temporal.depth", depth));
                runs.push(run);
            }
        }
    }
    let found = answer(&experiment(runs));
    // 4, 6, 3, 4 more at depth 2: mean 4.25, deviation 1.2583.
    let interaction = &found.interactions[0];
    assert_eq!(interaction.evidence.mean, Some(4.25));
    assert!((interaction.evidence.sd.unwrap() - 1.258_306).abs() < 1e-6);
    assert_eq!(
        interaction.sentence,
        "The gain of learnable over none is larger with depth 2 than with depth 1 by 4.2 points UAR (95 % \
         interval 2.2 to 6.3, paired over 4 seeds; p = 0.013 after Holm's correction for 3 comparisons)."
    );
    assert_eq!(
        found.others[1].sentence,
        "depth 2 is better than depth 1 by 2.1 points UAR (95 % interval 1.1 to 3.1, paired over 4 seeds, \
         each the mean over 2 settings of context; p = 0.013 after Holm's correction for 3 comparisons)."
    );
}

#[test]
fn options_stand_in_for_what_the_file_says() {
    let data = two(&[(60, 62), (61, 64), (59, 61)]);
    let options = Options {
        baseline: Some("learnable".to_owned()),
        metric: Some(Metric::War),
        rule: Some(Rule::BestTest),
    };
    let found = verdict(&data, &options).unwrap();
    let effect = &found.benchmarks[0].primary[0];
    assert_eq!(
        (effect.level.as_str(), effect.baseline.as_str()),
        ("none", "learnable")
    );
    assert_eq!((effect.metric, effect.rule), (Metric::War, Rule::BestTest));
    assert!(
        found.benchmarks[0]
            .notes
            .iter()
            .any(|note| note.starts_with("Epochs were chosen by"))
    );
    let options = Options {
        baseline: Some("lernable".to_owned()),
        ..Options::default()
    };
    let error = verdict(&data, &options).unwrap_err();
    assert!(matches!(error, VerdictError::UnknownBaseline { .. }));
    assert_eq!(
        error.to_string(),
        "no level is called `lernable` in the compared factor `context`: did you mean `learnable`?"
    );
}

#[test]
fn a_rule_that_some_runs_do_not_have_is_refused_with_what_to_set() {
    let mut data = two(&[(60, 62), (61, 64), (59, 61)]);
    let options = Options {
        rule: Some(Rule::HeldOut),
        ..Options::default()
    };
    data.runs[0].settings["train"]["held_out"] = 0.1.into();
    assert_eq!(
        verdict(&data, &options).unwrap_err().to_string(),
        "the rule `held_out` chooses the epoch on training clips that are kept out of training, and 5 of the 6 runs of `ablation_context` keep none out: set `train.held_out` in its file to a share of the clips, such as 0.1, and run it, or take another rule"
    );
    for run in &mut data.runs {
        run.settings["train"]["held_out"] = 0.1.into();
        run.selections[0].rule = Rule::HeldOut;
    }
    let found = verdict(&data, &options).unwrap();
    assert_eq!(found.benchmarks[0].primary[0].rule, Rule::HeldOut);
    let is_warning = |note: &String| note.starts_with("Epochs were chosen by");
    assert!(!found.benchmarks[0].notes.iter().any(is_warning));
}

#[test]
fn without_a_comparison_there_is_no_verdict_and_a_baseline_names_one() {
    let mut data = two(&[(60, 62), (61, 64), (59, 61)]);
    data.experiment.compare = None;
    let found = answer(&data);
    assert_eq!(
        found.answer,
        [
            "This experiment names no comparison (`compare:` in its file), so it has no primary verdict."
        ]
    );
    assert_eq!(found.others.len(), 1);
    let options = Options {
        baseline: Some("none".to_owned()),
        ..Options::default()
    };
    let found = verdict(&data, &options).unwrap();
    assert_eq!(found.compare.unwrap().factor, "context");
    assert_eq!(found.benchmarks[0].primary[0].level, "learnable");
}

#[test]
fn an_unfinished_experiment_has_no_verdict_yet() {
    let mut data = two(&[(60, 62)]);
    for run in &mut data.runs {
        run.status = Status::Queued;
    }
    assert_eq!(
        answer(&data).answer,
        ["No verdict yet on learnable against none: no seed has all of its runs."]
    );
    data.runs.clear();
    assert!(
        verdict(&data, &Options::default())
            .unwrap()
            .benchmarks
            .is_empty()
    );
}

#[test]
fn the_best_row_is_bold_only_where_it_can_be_told_from_the_next() {
    let figure = |values: &[f64]| {
        let seeds = values.iter().zip(1..);
        Figure::new(
            seeds
                .map(|(&value, seed)| SeedValue { seed, value })
                .collect(),
        )
    };
    let low = figure(&[60.0, 61.0, 59.0]);
    let high = figure(&[62.0, 63.1, 61.0]);
    let near = figure(&[62.0, 62.0, 63.5]);
    assert_eq!(best(&[&low, &high]), Some(1));
    assert_eq!(best(&[&low, &high, &near]), None);
    assert_eq!(best(&[&high]), None);
    assert_eq!(best(&[&figure(&[60.0]), &figure(&[70.0])]), None);
    assert_eq!(best(&[&figure(&[]), &high, &low]), Some(1));
}
