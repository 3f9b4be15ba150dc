//! The store on real files.
#![allow(clippy::unwrap_used, missing_docs)]

mod check;
mod claims;
mod concurrent;
mod lifecycle;
mod list;
mod llm_calls;
mod merge;
mod migration;
mod opening;
mod plan;
mod processes;
mod rooms;
mod round_trip;
mod speed;

use exp_core::event::{Point, Prediction};
use exp_core::experiment::Level;
use exp_core::provenance::Provenance;
use exp_store::{Claim, ExperimentRecord, NewRun, Status, Store, StoreError};
use tempfile::TempDir;

fn new_store() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path().join("store.sqlite")).unwrap();
    (folder, store)
}

fn experiment(name: &str) -> ExperimentRecord {
    ExperimentRecord {
        name: name.to_owned(),
        question: "Does it help?".to_owned(),
        yaml: format!("name: {name}\n"),
        compare: None,
        benchmarks: vec!["synthetic".to_owned()],
    }
}

fn level(factor: &str, label: &str) -> Level {
    Level {
        factor: factor.to_owned(),
        label: label.to_owned(),
    }
}

fn new_run(id: &str) -> NewRun {
    NewRun {
        id: id.to_owned(),
        benchmark: "synthetic".to_owned(),
        synthetic: true,
        fold: 0,
        seed: 1,
        settings: serde_json::json!({"context": "none"}),
        classes: vec!["happiness".to_owned(), "sadness".to_owned()],
        levels: vec![level("context", "none")],
    }
}

fn provenance() -> Provenance {
    Provenance {
        revision: Some("abc".to_owned()),
        command: vec!["exp".to_owned(), "run".to_owned()],
        device: "cpu-f32".to_owned(),
        host: "machine".to_owned(),
        cores: 2,
        ..Provenance::default()
    }
}

/// A store in which the experiment `e` has the given runs.
fn planned(runs: &[&str]) -> (TempDir, Store) {
    let (folder, store) = new_store();
    let runs: Vec<NewRun> = runs.iter().map(|id| new_run(id)).collect();
    store.record_experiment(&experiment("e")).unwrap();
    store.plan_runs("e", &runs).unwrap();
    (folder, store)
}

/// All that a run may be taken from.
const OPEN: [Status; 3] = [Status::Queued, Status::Failed, Status::Interrupted];

fn claim(store: &Store, run: &str) -> Claim {
    store.claim(&[run.to_owned()], &OPEN).unwrap().unwrap()
}

/// Takes a run and begins it anew.
fn begin(store: &Store, run: &str) -> Claim {
    let claim = claim(store, run);
    store.begin(&claim, &provenance(), &[], 0).unwrap();
    claim
}

fn point(series: &str, epoch: usize, value: f64) -> Point {
    Point {
        series: series.to_owned(),
        epoch,
        value,
    }
}

fn prediction(clip: &str, target: usize, predicted: usize) -> Prediction {
    Prediction {
        clip: clip.to_owned(),
        target,
        predicted,
    }
}

/// An error as the program prints it: with its causes, and the folder left out.
fn message(error: &StoreError, folder: &TempDir) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(&format!("\ncaused by: {error}"));
        cause = error.source();
    }
    text.replace(&folder.path().display().to_string(), "FOLDER")
}
