//! Which published results stand beside which figures.
#![allow(clippy::unwrap_used, missing_docs)]

mod sample;

use exp_core::metrics::Rule;
use exp_core::tree::{Node, Source};
use exp_report::export::{EXPORTERS, Live, Rendered, page};
use exp_report::published::{Published, Standing, faults, our_interval, standing};
use exp_report::statistics::Interval;
use exp_report::{Figure, Options, Report, SeedValue, summarize};
use exp_store::{ExperimentData, RunRecord};

const FILE: &str = "\
- {method: High, benchmark: mafw, uar: 60.5, war: 71.25, modality: [video], source: its paper, confidence: high, differs: [test_selection]}
- {method: Low, variant: small, benchmark: mafw, uar: 40.5, war: 71.25, modality: [video, audio], source: its paper, confidence: high, differs: [extra_data]}
- {method: Fold, benchmark: mafw, fold: 2, uar: 41.5, war: 71.25, modality: [video], source: its paper, confidence: high}
- {method: Out, benchmark: mafw, uar: 50.5, war: 71.25, modality: [video], source: its paper, confidence: high, not_comparable: another split}
- {method: Other, benchmark: dfew, uar: 50.5, war: 71.25, modality: [video], source: its paper, confidence: high}
- {method: Trap, benchmark: synthetic, uar: 50.5, war: 71.25, modality: [video], source: its paper, confidence: high}
";

fn published() -> Published {
    read(FILE)
}

fn read(file: &str) -> Published {
    Published::from_node(&Node::parse(Source::new("published.yaml", file)).unwrap()).unwrap()
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
    // Where our epochs are chosen on the test set too, that is no difference, but not to know it is.
    let beside = published().beside(&summary.benchmarks[0], Rule::BestTest);
    assert!(beside.rows[1].differences.is_empty());
    assert_eq!(
        beside.rows[0].differences,
        [
            "given sound",
            "trained on other faces too",
            "epoch not known to be chosen on the test set"
        ]
    );
}

/// The sample with figures on some folds of MAFW only.
fn on_folds(folds: &[u32]) -> ExperimentData {
    let mut data = sample::two_benchmarks();
    data.runs
        .retain(|run| run.benchmark == "mafw" && folds.contains(&run.fold));
    data
}

#[test]
fn a_part_of_the_protocol_is_told_from_the_whole() {
    let file = FILE.replace("benchmark: mafw, uar", "benchmark: mafw, folds: 3, uar");
    let published = read(&file);
    let differences = |folds: &[u32]| -> Vec<String> {
        let beside = published.beside(&summarize(&on_folds(folds)).benchmarks[0], Rule::BestTest);
        assert_eq!(beside.fold, None);
        beside.rows[1].differences.clone()
    };
    assert_eq!(differences(&[1, 2]), ["all 3 folds; ours folds 1 and 2"]);
    // Nobody reports fold 1 by itself.
    assert_eq!(differences(&[1]), ["all 3 folds; ours fold 1"]);
    let two = read(&FILE.replace("benchmark: mafw, uar", "benchmark: mafw, folds: 2, uar"));
    let beside = two.beside(&summarize(&on_folds(&[1, 2])).benchmarks[0], Rule::BestTest);
    assert!(beside.rows[1].differences.is_empty());
}

#[test]
fn contradicting_numbers_of_folds_are_faults() {
    let found = |file: &str| -> Vec<String> {
        let node = Node::parse(Source::new("published.yaml", file)).unwrap();
        let benchmarks = ["mafw", "dfew", "ferv39k", "synthetic"].map(str::to_owned);
        let faults = faults(&node, &benchmarks).into_iter();
        faults.map(|fault| fault.message).collect()
    };
    assert_eq!(found(FILE), [""; 0]);
    let shipped = include_str!("../../../reports/published.yaml");
    assert_eq!(found(shipped), [""; 0]);
    let one = FILE.replacen("benchmark: mafw, uar", "benchmark: mafw, folds: 5, uar", 1);
    assert_eq!(
        found(&one),
        ["Low (small) gives mafw another number of folds"]
    );
    let both = FILE.replace("fold: 2,", "fold: 2, folds: 5,");
    assert_eq!(found(&both), ["Fold has both `fold` and `folds`"]);
}

/// The tables of published results as the page, Markdown and LaTeX show them; `None` where they
/// have none.
fn shown(name: &str, data: &ExperimentData) -> [Option<String>; 3] {
    let report = Report::new(data.clone(), &Options::default(), &published()).unwrap();
    ["html", "markdown", "latex"].map(|format| {
        let exporter = EXPORTERS.iter().find(|own| own.name() == format).unwrap();
        let Rendered::Text(text) = exporter.render(std::slice::from_ref(&report)).unwrap() else {
            panic!("{format} is a text")
        };
        let extension = exporter.extension().unwrap();
        keep(&format!("published-{name}.{extension}"), &text);
        let text = text.replace("\\allowbreak{}", "").replace('\\', "");
        let (_, table) = text.split_once("Beside published results")?;
        let end = ["</table>", "\n## ", "\nend{table}"].map(|end| table.find(end));
        Some(table[..end.into_iter().flatten().min().unwrap()].to_owned())
    })
}

/// Keeps a report to look at, if `REPORT_PAGES` names a folder for it.
fn keep(name: &str, text: &str) {
    if let Some(folder) = std::env::var_os("REPORT_PAGES") {
        std::fs::write(std::path::Path::new(&folder).join(name), text).unwrap();
    }
}

#[test]
fn every_format_names_the_fold_of_published_figures() {
    for table in shown("fold", &on_folds(&[2])) {
        let table = table.unwrap();
        assert!(table.contains("in percent, of fold 2."), "{table}");
        assert!(table.contains("The 6 of our 9 settings with the highest UAR."));
    }
    for table in shown("folds", &on_folds(&[1, 2])) {
        assert!(!table.unwrap().contains("of fold"));
    }
}

#[test]
fn frozen_encoders_never_stand_beside_published_results() {
    let frozen = |some: fn(&RunRecord) -> bool| {
        let mut data = on_folds(&[2]);
        for run in data.runs.iter_mut().filter(|run| some(run)) {
            run.settings["image_encoder"] = serde_json::json!({"frozen": {"views": 4}});
        }
        data
    };
    // The settings A to C are of the first level.
    let some = frozen(|run| run.levels[0].label == "class_names");
    for table in shown("some-frozen", &some) {
        let table = table.unwrap();
        assert!(
            table.contains("Left out: A, B and C (frozen image encoder: not comparable"),
            "{table}"
        );
        assert!(
            !table.contains("A: prompt") && table.contains("D: prompt"),
            "{table}"
        );
        assert!(!table.contains("trains the image encoder"), "{table}");
    }
    assert_eq!(shown("frozen", &frozen(|_| true)), [None, None, None]);
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
    let beside = published().beside(&summarize(&on_folds(&[2])).benchmarks[0], Rule::Last);
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

#[test]
fn every_format_tells_where_a_point_lies_against_our_interval() {
    let mut data = sample::ablation();
    for run in &mut data.runs {
        (run.benchmark, run.synthetic) = ("mafw".to_owned(), false);
    }
    for (format, table) in ["html", "markdown", "latex"]
        .iter()
        .zip(shown("interval", &data))
    {
        let table = table.unwrap();
        let row = |method: &str| {
            let start = table.find(method).unwrap();
            let row = table[start..].lines().next().unwrap();
            row.to_owned()
        };
        // D has the highest UAR, 62.1 to 67.7, and a WAR of 71.0 to 74.3.
        assert!(table.contains("Against D"), "{format}: {table}");
        assert!(
            row("Low (small)").contains("UAR below, WAR within"),
            "{table}"
        );
        assert!(row("High").contains("UAR below, WAR within"), "{table}");
        assert!(!row("A: context").contains("below"), "{table}");
    }
    // Two seeds have no interval.
    for table in shown("folds", &on_folds(&[1, 2])) {
        let table = table.unwrap();
        assert!(!table.contains("Against "), "{table}");
        assert!(table.contains("None of ours has an interval: that takes three seeds."));
    }
}

/// By its id the script finds details again after an update of a live page.
#[test]
fn all_details_have_an_id_of_their_own() {
    let report = Report::new(sample::two_benchmarks(), &Options::default(), &published()).unwrap();
    let live = Live {
        events: "/events".to_owned(),
        index: "/".to_owned(),
    };
    let page = page(&[report], Some(&live)).unwrap();
    keep("live.html", &page);
    let details: Vec<&str> = page.split("<details").skip(1).collect();
    let mut ids: Vec<&str> = (details.iter())
        .map(|one| {
            one.strip_prefix(" id=\"")
                .unwrap()
                .split('"')
                .next()
                .unwrap()
        })
        .collect();
    for id in ["source-1-1", "source-1-2", "not-comparable-1"] {
        assert!(ids.contains(&id), "{id}: {ids:?}");
    }
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), details.len());
}
