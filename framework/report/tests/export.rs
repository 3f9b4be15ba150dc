//! Every exporter: what it writes can be read by what it is for.
#![allow(clippy::unwrap_used, missing_docs)]

mod sample;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use exp_report::export::{EXPORTERS, Rendered};
use exp_report::published::Published;
use exp_report::{Options, Report};
use exp_store::ExperimentData;

fn reports(data: Vec<ExperimentData>) -> Vec<Report> {
    let report = |data| Report::new(data, &Options::default(), &Published::default()).unwrap();
    data.into_iter().map(report).collect()
}

fn render(name: &str, data: Vec<ExperimentData>) -> Rendered {
    let exporter = EXPORTERS
        .iter()
        .find(|exporter| exporter.name() == name)
        .unwrap();
    exporter.render(&reports(data)).unwrap()
}

fn text(name: &str, data: Vec<ExperimentData>) -> String {
    match render(name, data) {
        Rendered::Text(text) => text,
        Rendered::Folder(_) => panic!("{name} makes a folder"),
    }
}

/// Keeps files to look at, if `REPORT_PAGES` names a folder for them.
fn keep(name: &str, bytes: &[u8]) {
    if let Some(folder) = std::env::var_os("REPORT_PAGES") {
        let path = Path::new(&folder).join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
}

#[test]
fn names_are_unique_and_texts_keep() {
    let mut names: Vec<&str> = EXPORTERS.iter().map(|exporter| exporter.name()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), EXPORTERS.len());
    for exporter in EXPORTERS {
        for (kind, data) in [
            ("ablation", vec![sample::ablation()]),
            ("hostile", vec![sample::hostile()]),
            ("two", vec![sample::ablation(), sample::two_benchmarks()]),
        ] {
            match exporter.render(&reports(data)).unwrap() {
                Rendered::Text(text) => {
                    let name = format!(
                        "{kind}-{}.{}",
                        exporter.name(),
                        exporter.extension().unwrap()
                    );
                    keep(&name, text.as_bytes());
                }
                Rendered::Folder(files) => {
                    for (path, bytes) in files {
                        keep(
                            &format!("{kind}-{}/{}", exporter.name(), path.display()),
                            &bytes,
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn the_markdown_of_an_ablation() {
    insta::assert_snapshot!(text("markdown", vec![sample::ablation()]));
}

#[test]
fn the_latex_of_an_ablation() {
    insta::assert_snapshot!(text("latex", vec![sample::ablation()]));
}

#[test]
fn markdown_tells_how_to_do_the_runs_again() {
    let page = text("markdown", vec![sample::ablation()]);
    let (_, again) = page
        .split_once("## To do these runs again\n\n```sh\n")
        .unwrap();
    let (commands, rest) = again.split_once("\n```\n\n## Experiment file\n").unwrap();
    assert!(
        commands.contains("\ntarget/release/exp run experiments/ablation_context.yaml\n"),
        "{commands}"
    );
    assert!(rest.starts_with("\n```yaml\nname: ablation_context\n"));
    let none = text("markdown", vec![sample::experiment(Vec::new())]);
    assert!(!none.contains("To do these runs again") && none.contains("\n\n## Experiment file\n"));
}

#[test]
fn the_rule_of_held_out_clips_is_told_with_its_share() {
    let with = |seed, share| {
        let levels = vec![sample::level("context", "none")];
        sample::held_out(sample::run(seed, 1, levels, &["yes"], &[(0, 0)]), share)
    };
    let without = sample::run(
        1,
        1,
        vec![sample::level("context", "learnable")],
        &["yes"],
        &[(0, 0)],
    );
    let all = text(
        "markdown",
        vec![sample::experiment(vec![with(1, 0.29), with(2, 0.29)])],
    );
    for says in [
        r"Rule held\_out: the epoch with the best WAR on the held-out 29 % of the training set.",
        "Kept out of training, to choose an epoch by: 14 of 70 training clips, all of 3 of 13 to 14 persons. All figures are of models trained on the others.",
    ] {
        assert!(all.contains(says), "{all}");
    }
    let some = text(
        "markdown",
        vec![sample::experiment(vec![with(1, 0.1), without.clone()])],
    );
    assert!(
        some.contains("Kept out of training (A), to choose"),
        "{some}"
    );
    let none = text("markdown", vec![sample::experiment(vec![without])]);
    assert!(
        !none.contains("held") && !none.contains("Kept out"),
        "{none}"
    );
}

#[test]
fn markdown_tables_keep_their_shape_whatever_labels_say() {
    let page = text("markdown", vec![sample::hostile()]);
    // In the fences at the end commands and the experiment's file stand as they are.
    let (page, _) = page.rsplit_once("## To do these runs again").unwrap();
    assert!(!page.replace("\\<", "").contains('<') && !page.contains('\u{202e}'));
    let cells = |line: &str| {
        line.replace("\\\\", "")
            .replace("\\|", "")
            .matches('|')
            .count()
    };
    let mut tables = 0;
    let lines: Vec<&str> = page.lines().collect();
    for (at, line) in lines.iter().enumerate() {
        if line.starts_with("| ---") {
            tables += 1;
            let rows = lines[at - 1..]
                .iter()
                .take_while(|line| line.starts_with('|'));
            for row in rows {
                assert_eq!(cells(row), cells(line), "{row:.200}");
            }
        }
    }
    assert!(tables >= 3, "{tables}");
}

#[test]
fn the_long_table_has_a_row_a_figure() {
    let table = text("csv", vec![sample::ablation(), sample::two_benchmarks()]);
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let columns: Vec<String> = reader
        .headers()
        .unwrap()
        .iter()
        .map(str::to_owned)
        .collect();
    assert_eq!(
        columns[9..],
        [
            "context",
            "temporal.transformer.depth",
            "prompt",
            "metric",
            "class",
            "value"
        ]
    );
    let rows: Vec<HashMap<String, String>> = reader.deserialize().map(Result::unwrap).collect();
    // 19 runs with 2 + 7 figures under two rules; of the other experiment 35 runs with 2 + 10 on
    // 11 classes, of which one has no clip, or 2 + 7 on 8, likewise.
    let first = 19 * 2 * 9;
    let two = sample::two_benchmarks();
    let done = |name: &str| {
        let runs = two.runs.iter().filter(|run| run.benchmark == name);
        runs.filter(|run| !run.selections.is_empty() && run.status == exp_store::Status::Done)
            .count()
    };
    assert_eq!(
        rows.len(),
        first + done("mafw") * 2 * 12 + done("synthetic") * 2 * 9
    );
    let uar = rows
        .iter()
        .find(|row| row["metric"] == "uar" && row["rule"] == "last")
        .unwrap();
    let report = &reports(vec![sample::ablation()])[0];
    let figure = &report.summary.benchmarks[0].settings[0].rules[0].uar;
    assert_eq!(
        uar["value"].parse::<f64>().unwrap(),
        figure.values[0].value,
        "to the last digit"
    );
}

#[test]
fn the_wide_table_has_a_row_a_run_and_rule() {
    let table = text("csv-wide", vec![sample::hostile()]);
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    assert_eq!(reader.headers().unwrap().len(), 9 + 2 + 2 + 7);
    assert_eq!(reader.records().map(Result::unwrap).count(), 19 * 2);
}

#[test]
fn no_cell_or_head_of_a_table_is_a_formula() {
    let labels = [
        ("=1+2", "'=1+2"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-x", "'-x"),
        ("@SUM(1)", "'@SUM(1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("-inf", "'-inf"),
        // Numbers and other texts stay.
        ("-0.5", "-0.5"),
        ("+1e-3", "+1e-3"),
        ("'=1", "'=1"),
        ("a=1", "a=1"),
    ];
    for (label, expected) in labels {
        let levels = vec![sample::level("=factor", label)];
        let run = sample::run(1, 1, levels, &[label], &[(0, 0)]);
        let mut data = sample::experiment(vec![run]);
        data.experiment.name = label.to_owned();
        for (format, columns) in [
            ("csv", vec!["experiment", "'=factor", "class"]),
            ("csv-wide", vec!["experiment", "'=factor"]),
        ] {
            let table = text(format, vec![data.clone()]);
            let mut reader = csv::Reader::from_reader(table.as_bytes());
            let rows: Vec<HashMap<String, String>> =
                reader.deserialize().map(Result::unwrap).collect();
            // The last row of the long table is the recall of the class.
            let last = rows.last().unwrap();
            for column in columns {
                assert_eq!(last[column], expected, "{format}, {column}");
            }
        }
    }
}

#[test]
fn json_says_its_version_and_holds_every_run() {
    let document = text("json", vec![sample::ablation(), sample::two_benchmarks()]);
    let document: serde_json::Value = serde_json::from_str(&document).unwrap();
    assert_eq!(document["schema_version"], 1);
    let first = &document["experiments"][0];
    assert_eq!(first["runs"].as_array().unwrap().len(), 20);
    assert_eq!(first["runs"][7]["status"], "failed");
    assert_eq!(
        first["benchmarks"][0]["results"].as_array().unwrap().len(),
        4 * 2
    );
    let report = &reports(vec![sample::ablation()])[0];
    let figure = &report.summary.benchmarks[0].settings[1].rules[0].war;
    let war = &first["benchmarks"][0]["results"][2]["war"];
    assert_eq!(war["mean"].as_f64(), figure.mean);
    assert_eq!(war["n"].as_u64(), Some(figure.n as u64));
}

/// Reads the records of an event file, checksums left aside.
fn records(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut records = Vec::new();
    while !bytes.is_empty() {
        let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        records.push(&bytes[12..12 + length]);
        bytes = &bytes[16 + length..];
    }
    records
}

#[test]
fn every_run_has_a_folder_with_an_event_an_epoch() {
    let Rendered::Folder(files) = render("tensorboard", vec![sample::ablation()]) else {
        panic!("not a folder")
    };
    assert_eq!(files.len(), 20);
    let mut folders: Vec<PathBuf> = files
        .iter()
        .map(|(path, _)| path.parent().unwrap().to_owned())
        .collect();
    folders.sort();
    folders.dedup();
    assert_eq!(folders.len(), 20);
    for (path, bytes) in &files {
        assert!(
            path.is_relative() && path.components().count() == 4,
            "{}",
            path.display()
        );
        let records = records(bytes);
        assert_eq!(records.len(), 1 + 12, "a version and 12 epochs");
        assert!(records[0].ends_with(b"brain.Event:2"));
        assert!(records[1].windows(9).any(|part| part == b"test/loss"));
    }
}

#[test]
fn folders_stay_inside_whatever_names_say() {
    let Rendered::Folder(files) = render("tensorboard", vec![sample::hostile()]) else {
        panic!("not a folder")
    };
    for (path, _) in files {
        let normal = path
            .components()
            .all(|part| matches!(part, std::path::Component::Normal(_)));
        assert!(normal, "{}", path.display());
        assert!(path.components().all(|part| part.as_os_str().len() < 255));
    }
}
