//! The benchmarks of an experiment side by side.
#![allow(clippy::unwrap_used, missing_docs)]

mod sample;

use exp_report::export::{EXPORTERS, Rendered};
use exp_report::published::Published;
use exp_report::{Options, Report};
use exp_store::{ExperimentData, RunRecord};

/// A run of `level` on a benchmark, of 12 clips of which it gets so many right.
fn run(benchmark: &str, level: &str, seed: u64, right: usize) -> RunRecord {
    let pairs: Vec<(usize, usize)> = (0..12)
        .map(|clip| (clip % 2, (clip + usize::from(clip >= right)) % 2))
        .collect();
    let levels = vec![sample::level("context", level)];
    let mut run = sample::run(seed, 1, levels, &["yes", "no"], &pairs);
    run.benchmark = benchmark.to_owned();
    run.synthetic = benchmark == "synthetic";
    run
}

/// On DFEW `learnable` is best beyond doubt, on the drawn faces nothing can be told, and on
/// FERV39k there is no `learnable`.
fn three_benchmarks() -> ExperimentData {
    let mut runs = Vec::new();
    for seed in 1..=3 {
        runs.push(run("dfew", "none", seed, 6));
        runs.push(run("dfew", "learnable", seed, 12));
        runs.push(run("ferv39k", "none", seed, 9));
        runs.push(run("synthetic", "none", seed, 6 + seed as usize));
        runs.push(run("synthetic", "learnable", seed, 9 - seed as usize));
    }
    let mut data = sample::experiment(runs);
    data.experiment.benchmarks = ["dfew", "ferv39k", "synthetic"].map(str::to_owned).to_vec();
    data
}

fn render(name: &str, data: ExperimentData) -> String {
    let report = Report::new(data, &Options::default(), &Published::default()).unwrap();
    let exporter = EXPORTERS.iter().find(|own| own.name() == name).unwrap();
    let Rendered::Text(text) = exporter.render(&[report]).unwrap() else {
        panic!("{name} is a text")
    };
    text
}

/// What stands between two texts.
fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = text.split_once(start).unwrap();
    rest.split_once(end).unwrap().0
}

#[test]
fn markdown_sets_the_benchmarks_side_by_side() {
    let page = render("markdown", three_benchmarks());
    insta::assert_snapshot!(between(
        &page,
        "## Results on all benchmarks\n\n",
        "\n\n## "
    ));
}

#[test]
fn latex_sets_the_benchmarks_side_by_side() {
    let page = render("latex", three_benchmarks());
    let table = between(&page, "\\caption{Results on all benchmarks", "\\end{table}");
    for text in [
        "Rule last: the last epoch.",
        "synthetic (drawn faces) UAR",
        "A & none & 50.0 $\\pm$ 0.0 (3)",
        "\\bfseries\\boldmath 100.0 $\\pm$ 0.0 (3) & \\bfseries",
    ] {
        assert!(table.contains(text), "{text}: {table}");
    }
}

#[test]
fn the_page_sets_the_benchmarks_side_by_side() {
    let page = render("html", three_benchmarks());
    let table = between(&page, "id=\"across\"", "</section>");
    assert_eq!(table.matches("<th scope=\"col\"").count(), 2 + 3 * 2);
    assert_eq!(table.matches("<th scope=\"row\"").count(), 2);
    assert_eq!(table.matches("<td class=\"figure\">–</td>").count(), 2);
    // The drawn benchmark says so above both of its figures, and bold is what is bold below.
    assert_eq!(table.matches(">drawn faces<").count(), 2);
    let bold = |part: &str| part.matches("<b>100.0</b>").count();
    assert_eq!(bold(table), 2);
    assert_eq!(bold(between(&page, "id=\"benchmark-1\"", "</table>")), 2);
    let caption = between(table, "<caption>", "</caption>");
    for text in [
        "<strong>Rule last: the last epoch.</strong>",
        "On <bdi>ferv39k</bdi>: n = 3 seeds; 12 test clips.",
        "Bold: distinguishable from the next best on the same benchmark.",
    ] {
        assert!(caption.contains(text), "{text}: {caption}");
    }
}

#[test]
fn frozen_encoders_are_told_of_there_too() {
    let mut data = three_benchmarks();
    for run in &mut data.runs {
        run.settings["image_encoder"] = serde_json::json!({"frozen": {"views": 4}});
    }
    let page = render("html", data);
    let table = between(&page, "id=\"across\"", "</section>");
    assert_eq!(table.matches("frozen image encoder").count(), 1, "{table}");
}

#[test]
fn one_benchmark_has_no_such_table() {
    for name in ["html", "markdown", "latex"] {
        assert!(!render(name, sample::ablation()).contains("all benchmarks"));
    }
}
