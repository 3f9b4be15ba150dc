//! A large store, and how long its list takes.
//!
//! ```text
//! cargo run --release -p exp-store --example large -- /tmp/large.db 5000 20 10
//! ```
//!
//! makes a store of 5,000 done runs with 20 epochs of 10 series each, so 1,000,000 points, unless
//! there is one in the file, and then lists it: the median of nine times `Store::open`,
//! `Store::runs` and `Store::close`, of which opening takes a part that is told apart. The runs are
//! written as training writes them, through the writer; so this also measures that.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use exp_core::event::{Event, EventSink, Point, Prediction};
use exp_core::experiment::Level;
use exp_core::metrics::Rule;
use exp_core::provenance::Provenance;
use exp_store::{ExperimentRecord, NewRun, RunFilter, Status, Store};

/// Runs of one experiment; the grid of a real one has about as many.
const GRID: usize = 100;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut next = |what: &str| arguments.next().ok_or(format!("expected {what}"));
    let path = PathBuf::from(next("a file")?);
    let runs: usize = next("a number of runs")?.parse()?;
    let epochs: usize = next("a number of epochs")?.parse()?;
    let series: usize = next("a number of series")?.parse()?;
    if !path.exists() {
        let begun = Instant::now();
        fill(&path, runs, epochs, series)?;
        let bytes = std::fs::metadata(&path)?.len();
        println!("{} MiB written in {:.1?}", bytes >> 20, begun.elapsed());
    }
    let mut times = Vec::new();
    for _ in 0..9 {
        let begun = Instant::now();
        let store = Store::open(&path)?;
        let opened = begun.elapsed();
        let lines = store.runs(&RunFilter::default())?.len();
        let listed = begun.elapsed();
        store.close()?;
        times.push((begun.elapsed(), opened, listed - opened, lines));
    }
    times.sort();
    let (all, opened, listed, lines) = times[times.len() / 2];
    let told = |time: Duration| time.as_secs_f64() * 1e3;
    println!(
        "{lines} runs listed in {:.1} ms: opening {:.1}, listing {:.1} (median of {})",
        told(all),
        told(opened),
        told(listed),
        times.len()
    );
    Ok(())
}

fn fill(path: &Path, runs: usize, epochs: usize, series: usize) -> Result<(), Box<dyn Error>> {
    let store = Store::open(path)?;
    let plan: Vec<NewRun> = (0..runs).map(|index| new_run(index, epochs)).collect();
    for (index, runs) in plan.chunks(GRID).enumerate() {
        let name = format!("experiment_{index}");
        store.record_experiment(&ExperimentRecord {
            name: name.clone(),
            question: "Is the list quick?".to_owned(),
            yaml: String::new(),
            compare: None,
            benchmarks: vec!["dfew".to_owned()],
        })?;
        store.plan_runs(&name, runs)?;
        for run in runs {
            train(&store, &run.id, epochs, series)?;
        }
    }
    Ok(store.close()?)
}

fn train(store: &Store, id: &str, epochs: usize, series: usize) -> Result<(), Box<dyn Error>> {
    let claim = store.claim(&[id.to_owned()], &[Status::Queued])?;
    let claim = claim.ok_or("the run was taken")?;
    store.begin(&claim, &Provenance::default(), &[], 0)?;
    let sink = store.writer().run_sink(&claim);
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
    for rule in [Rule::BestTest, Rule::Last] {
        let prediction = |clip: usize| Prediction {
            clip: format!("test/{clip:05}"),
            target: clip % 7,
            predicted: clip % 5,
        };
        sink.emit(Event::Predictions {
            rule,
            epoch: epochs,
            predictions: (0..20).map(prediction).collect(),
        });
    }
    Ok(store.finish(&claim, None)?)
}

/// A run with settings about as long as real ones.
fn new_run(index: usize, epochs: usize) -> NewRun {
    let level = |factor: &str, label: String| Level {
        factor: factor.to_owned(),
        label,
    };
    let class = |class: usize| format!("class {class}");
    NewRun {
        id: format!(
            "{:024x}",
            (index as u128 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_0c85)
        ),
        benchmark: "dfew".to_owned(),
        synthetic: false,
        fold: (index % 5) as u32 + 1,
        seed: index as u64,
        settings: serde_json::json!({
            "benchmark": {"frame_list": {"root": "/data/dfew", "train": "train.txt", "test": "test.txt"}},
            "backbone": "vit_b_32", "prompt": {"descriptions": {"set": "observed-7"}},
            "context": {"learnable": {"tokens": 8, "per_class": true, "position": "end"}},
            "temporal": {"transformer": {"depth": 1, "heads": 8}},
            "clip": {"frames": 16, "size": 224, "short": "repeat_last", "damaged": "stop"},
            "augment": {"crop": true, "flip": 0.5, "rotate": 4.0, "jitter": 0.5},
            "train": {"epochs": epochs, "batch": 8, "rate": 0.01, "momentum": 0.9, "decay": 0.0001,
                "milestones": [30, 40], "gamma": 0.1, "workers": 4, "cache_gib": 0.0},
            "folds": [1, 2, 3, 4, 5],
        }),
        classes: (0..7).map(class).collect(),
        levels: vec![
            level("context", format!("{} tokens", index % GRID)),
            level("temporal.transformer.depth", (index % 3).to_string()),
        ],
    }
}
