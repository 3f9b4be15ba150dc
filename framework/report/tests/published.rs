//! Which published results stand beside which figures.
#![allow(clippy::unwrap_used, missing_docs)]

mod sample;

use exp_core::metrics::Rule;
use exp_core::tree::{Node, Source};
use exp_report::published::{Published, Standing, our_interval, standing};
use exp_report::statistics::Interval;
use exp_report::{Figure, SeedValue, summarize};

const FILE: &str = "\
- {method: High, benchmark: mafw, uar: 60.5, war: 71.25, modality: [video], source: its paper, confidence: high, differs: [test_selection]}
- {method: Low, variant: small, benchmark: mafw, uar: 40.5, war: 71.25, modality: [video, audio], source: its paper, confidence: high, differs: [extra_data]}
- {method: Fold, benchmark: mafw, fold: 2, uar: 41.5, war: 71.25, modality: [video], source: its paper, confidence: high}
- {method: Out, benchmark: mafw, uar: 50.5, war: 71.25, modality: [video], source: its paper, confidence: high, not_comparable: another split}
- {method: Other, benchmark: dfew, uar: 50.5, war: 71.25, modality: [video], source: its paper, confidence: high}
- {method: Trap, benchmark: synthetic, uar: 50.5, war: 71.25, modality: [video], source: its paper, confidence: high}
";

fn published() -> Published {
    Published::from_node(&Node::parse(Source::new("published.yaml", FILE)).unwrap()).unwrap()
}

#[test]
fn rows_are_those_of_the_benchmark_with_what_differs() {
    let summary = summarize(&sample::two_benchmarks());
    let beside = published().beside(&summary.benchmarks[0], Rule::Last);
    let rows: Vec<_> = (beside.rows.iter())
        .map(|row| (row.title.as_str(), row.differences.join(", ")))
        .collect();
    assert_eq!(
        rows,
        [
            (
                "Low (small)",
                "given sound, trained on other faces too".to_owned()
            ),
            ("High", "epoch chosen on the test set".to_owned()),
        ]
    );
    assert_eq!(
        beside.left_out,
        [("Out".to_owned(), "another split".to_owned())]
    );
    assert_eq!(beside.fold, None);
    let beside = published().beside(&summary.benchmarks[0], Rule::HeldOut);
    assert_eq!(beside.rows[1].differences, ["epoch chosen on the test set"]);
    // Where our epochs are chosen on the test set too, that is no difference.
    let beside = published().beside(&summary.benchmarks[0], Rule::BestTest);
    assert!(beside.rows[1].differences.is_empty());
}

#[test]
fn synthetic_figures_never_get_a_published_row() {
    let summary = summarize(&sample::two_benchmarks());
    let synthetic = &summary.benchmarks[1];
    assert!(synthetic.synthetic);
    let beside = published().beside(synthetic, Rule::Last);
    assert!(beside.rows.is_empty() && beside.left_out.is_empty());
    // Nor does a drawn benchmark that has a real one's name.
    let mut data = sample::two_benchmarks();
    for run in &mut data.runs {
        run.synthetic = true;
    }
    let beside = published().beside(&summarize(&data).benchmarks[0], Rule::Last);
    assert!(beside.rows.is_empty() && beside.left_out.is_empty());
}

#[test]
fn one_fold_stands_beside_the_same_fold() {
    let mut data = sample::two_benchmarks();
    data.runs
        .retain(|run| run.benchmark == "mafw" && run.fold == 2);
    let beside = published().beside(&summarize(&data).benchmarks[0], Rule::Last);
    let rows: Vec<&str> = beside.rows.iter().map(|row| row.title.as_str()).collect();
    assert_eq!((beside.fold, rows), (Some(2), vec!["Fold"]));
}

#[test]
fn a_point_lies_below_in_or_above_our_interval() {
    let ours = Interval {
        low: 58.0,
        high: 60.0,
    };
    let found = [57.9, 58.0, 59.0, 60.1].map(|point| standing(ours, point));
    assert_eq!(
        found,
        [
            Standing::Below,
            Standing::Within,
            Standing::Within,
            Standing::Above
        ]
    );
    let figure = |values: &[f64]| {
        let seeds = values.iter().zip(1..);
        Figure::new(
            seeds
                .map(|(&value, seed)| SeedValue { seed, value })
                .collect(),
        )
    };
    // Mean 60, deviation 1, t(0.975, 2) 4.3027.
    let interval = our_interval(&figure(&[59.0, 60.0, 61.0])).unwrap();
    assert!((interval.high - 60.0 - 4.302_653 / 3.0_f64.sqrt()).abs() < 1e-6);
    assert_eq!(our_interval(&figure(&[59.0, 60.0])), None);
}
