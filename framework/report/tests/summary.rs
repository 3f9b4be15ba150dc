//! Figures against numbers worked out by hand.
#![allow(clippy::unwrap_used, missing_docs)]

mod sample;

use exp_core::metrics::Rule;
use exp_report::{Summary, summarize};
use exp_store::{RunRecord, Status};
use sample::{experiment, held_out, level, run};

fn only(runs: Vec<RunRecord>) -> Summary {
    summarize(&experiment(runs))
}

/// Class 0 has four clips, class 1 has two; this many of each are right.
fn pairs(right: usize, other: usize) -> Vec<(usize, usize)> {
    let first = (0..4).map(|clip| (0, usize::from(clip >= right)));
    let second = (0..2).map(|clip| (1, usize::from(clip < other)));
    first.chain(second).collect()
}

fn done(seed: u64, fold: u32, right: usize, other: usize) -> RunRecord {
    run(
        seed,
        fold,
        vec![level("context", "none")],
        &["yes", "no"],
        &pairs(right, other),
    )
}

fn close(found: Option<f64>, expected: f64) {
    assert!(
        (found.unwrap() - expected).abs() < 1e-9,
        "{found:?} is not {expected}"
    );
}

#[test]
fn a_setting_is_the_mean_and_sample_deviation_over_seeds() {
    // Recalls 100, 50, then 50, 50, then 75, 100: UAR 75, 50 and 87.5; WAR 5/6, 3/6 and 5/6.
    let summary = only(vec![done(1, 1, 4, 1), done(2, 1, 2, 1), done(3, 1, 3, 2)]);
    let benchmark = &summary.benchmarks[0];
    let rule = benchmark.settings[0].rule(Rule::Last);
    close(rule.uar.mean, 212.5 / 3.0);
    // Deviations from 70.8333: 4.1667, -20.8333 and 16.6667; their squares sum to 729.1667.
    close(rule.uar.sd, (729.166_666_666_666_7_f64 / 2.0).sqrt());
    close(rule.war.mean, 100.0 * 13.0 / 18.0);
    assert_eq!((rule.uar.n, benchmark.n(Rule::Last)), (3, (3, 3)));
    close(rule.recalls[0].figure.mean, 75.0);
    close(rule.recalls[1].figure.mean, 200.0 / 3.0);
    assert_eq!((rule.recalls[0].clips, rule.recalls[1].clips), (4, 2));
    let counts: Vec<Vec<u64>> = rule
        .confusion
        .iter()
        .map(|row| row.iter().map(|cell| cell.count).collect())
        .collect();
    assert_eq!(counts, [[9, 3], [2, 4]]);
    close(rule.confusion[0][1].share, 25.0);
    assert_eq!(
        (benchmark.clips, benchmark.chance()),
        (Some((6, 6)), Some(50.0))
    );
    assert!(summary.left_out.is_empty());
}

#[test]
fn rules_are_kept_apart() {
    let mut first = done(1, 1, 4, 2);
    for clip in &mut first.selections[1].predictions {
        clip.predicted = 0;
    }
    let summary = only(vec![first]);
    let setting = &summary.benchmarks[0].settings[0];
    assert_eq!(setting.rule(Rule::Last).uar.mean, Some(50.0));
    assert_eq!(setting.rule(Rule::BestTest).uar.mean, Some(100.0));
    assert_eq!(setting.rule(Rule::Last).epochs, Some((12, 12)));
    assert_eq!(setting.rule(Rule::BestTest).epochs, Some((7, 7)));
    assert_eq!(setting.rule(Rule::Last).uar.sd, None);
}

#[test]
fn held_out_clips_choose_where_every_run_of_a_setting_has_them() {
    let with = || {
        vec![
            held_out(done(1, 1, 4, 2), 0.2),
            held_out(done(2, 1, 3, 1), 0.2),
        ]
    };
    let summary = only(with());
    let benchmark = &summary.benchmarks[0];
    let rules: Vec<Rule> = benchmark.rules(Rule::Last).collect();
    assert_eq!(rules, [Rule::Last, Rule::HeldOut, Rule::BestTest]);
    let under = benchmark.settings[0].rule(Rule::HeldOut);
    assert_eq!((under.rule, under.uar.n), (Rule::HeldOut, 2));
    assert_eq!(under.epochs, Some((5, 5)));
    assert_eq!(summary.origins.len(), 1, "they differ in nothing else");

    // Without: no such table, and nobody is blamed for it.
    let summary = only(vec![done(1, 1, 4, 2)]);
    let benchmark = &summary.benchmarks[0];
    let rules: Vec<Rule> = benchmark.rules(Rule::Last).collect();
    assert_eq!(rules, [Rule::Last, Rule::BestTest]);
    assert!(summary.left_out.is_empty());

    // One setting with, one without: a figure for the one.
    let mut both = with();
    both.push(run(
        1,
        1,
        vec![level("context", "learnable")],
        &["yes", "no"],
        &pairs(3, 1),
    ));
    let summary = only(both);
    let benchmark = &summary.benchmarks[0];
    let counts: Vec<usize> = (benchmark.settings.iter())
        .map(|setting| setting.rule(Rule::HeldOut).uar.n)
        .collect();
    assert_eq!(counts, [2, 0]);
    assert_eq!(benchmark.n(Rule::HeldOut), (2, 2));
    assert!(summary.left_out.is_empty());
}

#[test]
fn folds_are_averaged_within_a_seed_and_a_seed_without_a_fold_is_left_out() {
    // Seed 1: UAR 75 and 50, so 62.5. Seed 2: 100 and 87.5, so 93.75. Seed 3 lacks fold 2.
    let mut failed = done(3, 2, 4, 2);
    failed.status = Status::Failed;
    failed.failure = Some("out of memory".to_owned());
    let summary = only(vec![
        done(1, 1, 4, 1),
        done(2, 1, 4, 2),
        done(3, 1, 4, 2),
        done(1, 2, 2, 1),
        done(2, 2, 3, 2),
        failed,
    ]);
    let benchmark = &summary.benchmarks[0];
    let figure = &benchmark.settings[0].rule(Rule::Last).uar;
    assert_eq!(
        figure
            .values
            .iter()
            .map(|seed| (seed.seed, seed.value))
            .collect::<Vec<_>>(),
        [(1, 62.5), (2, 93.75)]
    );
    close(figure.mean, 78.125);
    close(figure.sd, (15.625_f64.powi(2) * 2.0).sqrt());
    assert_eq!(benchmark.folds, [1, 2]);
    let folds = &benchmark.settings[0].rule(Rule::Last).folds;
    let means: Vec<_> = folds
        .iter()
        .map(|fold| (fold.fold, fold.uar.mean, fold.uar.n))
        .collect();
    assert_eq!(means, [(1, Some(87.5), 2), (2, Some(68.75), 2)]);
    let left_out: Vec<_> = summary
        .left_out
        .iter()
        .map(|run| (run.seed, run.fold, run.status, run.reason.as_str()))
        .collect();
    assert_eq!(
        left_out,
        [
            (3, 2, "failed", "out of memory"),
            (
                3,
                1,
                "done",
                "done, but fold 2 of its seed is missing, and the mean is over all folds"
            ),
        ]
    );
}

#[test]
fn runs_that_are_not_done_are_left_out_and_named() {
    let mut runs: Vec<RunRecord> = (1..=6).map(|seed| done(seed, 1, 4, 2)).collect();
    for (run, status) in runs.iter_mut().zip([
        Status::Queued,
        Status::Running,
        Status::Interrupted,
        Status::Failed,
    ]) {
        run.status = status;
    }
    runs[4].selections.clear();
    let summary = only(runs);
    assert_eq!(summary.benchmarks[0].n(Rule::Last), (1, 1));
    let reasons: Vec<_> = summary
        .left_out
        .iter()
        .map(|run| run.reason.as_str())
        .collect();
    assert_eq!(
        reasons,
        [
            "not started yet",
            "not finished yet",
            "stopped after 12 epochs",
            "no reason was recorded",
            "done, but without predictions under the rule `last`",
            "done, but without predictions under the rule `best_test`",
        ]
    );
    let statuses = [
        ("queued", 1),
        ("running", 1),
        ("done", 2),
        ("failed", 1),
        ("interrupted", 1),
    ];
    assert_eq!(summary.statuses, statuses);
}

#[test]
fn a_class_without_a_test_clip_is_named_with_its_folds() {
    let levels = || vec![level("context", "none")];
    let classes = ["a", "b", "c"];
    let one = run(1, 1, levels(), &classes, &[(0, 0), (1, 0)]);
    let two = run(1, 2, levels(), &classes, &[(0, 0), (0, 1)]);
    let summary = only(vec![one, two]);
    let benchmark = &summary.benchmarks[0];
    assert_eq!(
        benchmark.absent,
        [("b".to_owned(), vec![2]), ("c".to_owned(), vec![1, 2])]
    );
    assert_eq!(benchmark.chance(), None);
    let recalls = &benchmark.settings[0].rule(Rule::Last).recalls;
    // Class a: 100 in fold 1, 50 in fold 2. Class b has a clip in fold 1 alone.
    assert_eq!(
        recalls
            .iter()
            .map(|recall| recall.figure.mean)
            .collect::<Vec<_>>(),
        [Some(75.0), Some(0.0), None]
    );
    assert_eq!(
        benchmark.settings[0].rule(Rule::Last).confusion[2][0].share,
        None
    );
    assert!(
        exp_report::terminal::table(&summary)
            .contains("Without a test clip, and so left out of UAR: b (in fold 2) and c.")
    );
}

#[test]
fn a_setting_has_one_letter_on_all_benchmarks() {
    let other = |benchmark: &str, label: &str| {
        let mut run = run(1, 1, vec![level("context", label)], &["a"], &[(0, 0)]);
        run.benchmark = benchmark.to_owned();
        run
    };
    let mut data = experiment(vec![
        other("one", "x"),
        other("one", "y"),
        other("two", "y"),
    ]);
    data.experiment.benchmarks = vec!["two".to_owned(), "one".to_owned()];
    let summary = summarize(&data);
    let letters: Vec<(&str, Vec<&str>)> = summary
        .benchmarks
        .iter()
        .map(|benchmark| {
            (
                benchmark.name.as_str(),
                benchmark
                    .settings
                    .iter()
                    .map(|setting| setting.setting.letter.as_str())
                    .collect(),
            )
        })
        .collect();
    assert_eq!(letters, [("two", vec!["B"]), ("one", vec!["A", "B"])]);
}

#[test]
fn a_mean_curve_has_a_gap_where_a_run_has_no_value() {
    let summary = summarize(&sample::ablation());
    let setting = &summary.benchmarks[0].settings[3];
    let curve = &setting.curves[0];
    assert_eq!(
        (curve.series, curve.runs.len(), curve.gaps()),
        ("train/loss", 5, 1)
    );
    let broken: Vec<usize> = curve
        .mean
        .iter()
        .filter(|(_, value)| value.is_nan())
        .map(|&(epoch, _)| epoch)
        .collect();
    assert_eq!(broken, [6]);
    let first: f64 = curve.runs.iter().map(|run| run[0].1).sum::<f64>() / 5.0;
    assert!((curve.mean[0].1 - first).abs() < 1e-12);
    // The failed run is in no curve.
    assert_eq!(summary.benchmarks[0].settings[1].curves[0].runs.len(), 4);
}

#[test]
fn prompts_and_provenance_are_told_once_for_all_that_share_them() {
    let summary = summarize(&sample::ablation());
    let letters: Vec<_> = summary
        .prompts
        .iter()
        .map(|group| group.letters.join(""))
        .collect();
    assert_eq!(letters, ["AB", "CD"]);
    assert_eq!(summary.prompts[0].prompts[0].tokens, 3);
    assert_eq!(summary.origins.len(), 1);
    let origin = &summary.origins[0];
    assert_eq!((origin.runs, origin.changed_lines), (20, 3));
    assert_eq!(origin.finished.as_deref(), Some("2026-01-05T10:04:10Z"));
}

#[test]
fn an_experiment_without_a_run_has_no_figure() {
    let summary = only(Vec::new());
    assert!(summary.benchmarks.is_empty());
    assert_eq!(exp_report::terminal::table(&summary), "");
}

#[test]
fn settings_that_do_not_vary_are_told_once() {
    let with = |depth: u32| RunRecord {
        settings: serde_json::json!({
            "backbone": "small",
            "temporal": {"transformer": {"depth": depth}},
            "context": {"none": {}},
            "augment": {"rotation": null, "brightness": [0.5, 1.5]},
        }),
        ..done(u64::from(depth), 1, 1, 1)
    };
    let summary = only(vec![with(1), with(2)]);
    let shared = &summary.shared[0];
    let expected = [
        ("backbone", "small"),
        ("context.none", "{}"),
        ("augment.brightness", "[0.5,1.5]"),
    ];
    let expected = expected.map(|(path, value)| (path.to_owned(), value.to_owned()));
    assert_eq!(shared.settings, expected);
}
