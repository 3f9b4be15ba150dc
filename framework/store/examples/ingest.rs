//! How quickly metric points get into the store, beside MLflow's SQLite backend.
//!
//! `ingest.py` runs this and MLflow's Python client in alternation on the same disk:
//!
//! ```text
//! python -m venv /tmp/venv-mlflow && /tmp/venv-mlflow/bin/pip install mlflow
//! cargo build --release -p exp-store --example ingest
//! /tmp/venv-mlflow/bin/python framework/store/examples/ingest.py target/release/examples/ingest
//! ```
//!
//! Alone: `ingest FOLDER EPOCHS SERIES` writes a new store in the folder, an event with one point of
//! each series for each epoch, and prints two numbers: points a second until all are on disk, and
//! points a second as training sees it, which goes on while they are written.

use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

use exp_core::event::{Event, EventSink, Point};
use exp_core::provenance::Provenance;
use exp_store::{ExperimentRecord, NewRun, Status, Store};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut next = |what: &str| arguments.next().ok_or(format!("expected {what}"));
    let folder = PathBuf::from(next("a folder")?);
    let epochs: usize = next("a number of epochs")?.parse()?;
    let series: usize = next("a number of series")?.parse()?;

    let store = Store::open(folder.join("exp.db"))?;
    store.record_experiment(&ExperimentRecord {
        name: "ingest".to_owned(),
        question: "How quickly?".to_owned(),
        yaml: String::new(),
        compare: None,
        benchmarks: Vec::new(),
    })?;
    store.plan_runs("ingest", &[run()])?;
    let claim = store
        .claim(&["run".to_owned()], &[Status::Queued])?
        .ok_or("the run was taken")?;
    store.begin(&claim, &Provenance::default(), &[], 0)?;
    let sink = store.writer().run_sink(&claim);
    let begun = Instant::now();
    for epoch in 1..=epochs {
        let point = |series: usize| Point {
            series: format!("series/{series}"),
            epoch,
            value: 0.1 * epoch as f64,
        };
        sink.emit(Event::Epoch {
            epoch,
            points: (0..series).map(point).collect(),
        });
    }
    let emitted = begun.elapsed().as_secs_f64();
    sink.flush()?;
    let written = begun.elapsed().as_secs_f64();
    store.finish(&claim, None)?;
    store.close()?;
    let points = (epochs * series) as f64;
    println!("{:.0} {:.0}", points / written, points / emitted);
    Ok(())
}

fn run() -> NewRun {
    NewRun {
        id: "run".to_owned(),
        benchmark: "none".to_owned(),
        synthetic: true,
        fold: 0,
        seed: 1,
        settings: serde_json::json!({}),
        classes: Vec::new(),
        levels: Vec::new(),
    }
}
