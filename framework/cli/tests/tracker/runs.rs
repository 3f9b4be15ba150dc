//! `exp runs`.

use exp_core::provenance::Provenance;
use exp_store::EvaluationRecord;
use serde_json::{Value, json};

use crate::made::{FAILED, LEARNABLE, NONE, QUEUED, RUNNING, made, record};

fn listed(text: &str) -> Vec<String> {
    let runs: Vec<Value> = serde_json::from_str(text).unwrap();
    runs.iter()
        .map(|run| run["run"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn the_runs_are_listed() {
    let made = made();
    made.snapshot("runs", &made.prints(&["runs"]));
    let columns = "run,status,failure,train.epochs,context,notes";
    let some = made.prints(&["runs", "--columns", columns]);
    made.snapshot("runs_columns", &some);
    made.snapshot(
        "runs_none",
        &made.prints(&["runs", "--status", "interrupted"]),
    );
}

#[test]
fn they_are_filtered_and_sorted() {
    let made = made();
    for (arguments, expected) in [
        (
            &["--status", "done,failed"][..],
            &[NONE, LEARNABLE, FAILED][..],
        ),
        (&["--where", "context=learnable"], &[LEARNABLE, RUNNING]),
        (&["--where", "train.epochs=3"], &[]),
        (
            &[
                "--benchmark",
                "synthetic",
                "--where",
                "context=none",
                "--limit",
                "1",
            ],
            &[NONE],
        ),
        (
            &["--sort", "-last.uar"],
            &[LEARNABLE, NONE, FAILED, RUNNING, QUEUED],
        ),
        (
            &["--sort", "last.uar", "--experiment", "contexts"],
            &[NONE, LEARNABLE, FAILED, RUNNING, QUEUED],
        ),
        (
            &["--sort", "-seed"],
            &[QUEUED, FAILED, RUNNING, NONE, LEARNABLE],
        ),
        (&["--sort", "context", "--limit", "2"], &[NONE, FAILED]),
    ] {
        let all: Vec<&str> = ["runs", "--json"]
            .iter()
            .chain(arguments)
            .copied()
            .collect();
        assert_eq!(listed(&made.prints(&all)), expected, "{arguments:?}");
    }
    let text = made.prints(&[
        "runs",
        "--json",
        "--columns",
        "run,seed,last.uar,context,started",
    ]);
    let runs: Vec<Value> = serde_json::from_str(&text).unwrap();
    let queued = json!({
        "run": QUEUED, "seed": u64::MAX, "last.uar": null, "context": "none", "started": null,
    });
    assert_eq!(runs[4], queued);
    assert_eq!(runs[1]["last.uar"], json!(100.0));
}

#[test]
fn a_run_that_is_no_longer_planned_is_marked() {
    let made = made();
    record(&made.store, "contexts", &[]);
    let list = made.prints(&["runs", "--columns", "run,experiment", "--limit", "1"]);
    assert!(list.contains("contexts (no longer planned)"), "{list}");
}

#[test]
fn wrong_input_is_told() {
    let made = made();
    let told: Vec<String> = [
        &["runs", "--columns", "run,statsu"][..],
        &["runs", "--sort", "-train.epoch"],
        &["runs", "--where", "train.epochs"],
        &["runs", "--where", "train.epoch=2"],
        &["runs", "--experiment", "context"],
        &["runs", "--benchmark", "dfew"],
        &["runs", "--store", "nowhere.db"],
    ]
    .iter()
    .map(|arguments| format!("exp {}\n{}", arguments.join(" "), made.refuses(arguments)))
    .collect();
    let told = told
        .join("\n")
        .replace(made.project.path().to_str().unwrap(), "[project]");
    made.snapshot("runs_wrong_input", &told);
}

#[test]
fn evaluations_are_listed() {
    let made = made();
    assert_eq!(made.prints(&["runs", "--evaluations"]), "0 evaluations\n");
    let evaluation = EvaluationRecord {
        id: "e1".to_owned(),
        checkpoint: "last.safetensors".to_owned(),
        sha256: "0".repeat(64),
        run: Some(NONE.to_owned()),
        benchmark: "dfew".to_owned(),
        synthetic: false,
        fold: 3,
        settings: json!({}),
        classes: vec!["happiness".to_owned()],
        provenance: Provenance::default(),
        predictions: Vec::new(),
    };
    made.store.record_evaluation(&evaluation).unwrap();
    made.snapshot("evaluations", &made.prints(&["runs", "--evaluations"]));
    let json = made.prints(&["runs", "--evaluations", "--json", "--benchmark", "other"]);
    assert_eq!(json, "[]\n");
}
