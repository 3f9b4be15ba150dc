//! A project with a store of five runs: two that are done, one that failed, one that this process
//! works on, and one that is queued.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use exp_core::event::{Event, EventSink, Point, Prediction};
use exp_core::experiment::Level;
use exp_core::metrics::Rule;
use exp_core::provenance::Provenance;
use exp_store::{Claim, ExperimentRecord, NewRun, PromptRecord, Status, Store};
use serde_json::json;
use tempfile::TempDir;

pub const NONE: &str = "1f0c00000000000000000001";
pub const LEARNABLE: &str = "1f0d00000000000000000002";
pub const FAILED: &str = "2e0000000000000000000003";
pub const RUNNING: &str = "3d0000000000000000000004";
pub const QUEUED: &str = "4c0000000000000000000005";

pub const DIFF: &str = "--- a/prompts.yaml\n+++ b/prompts.yaml\n@@ -1 +1 @@\n-a\n+b \u{1b}[31m\n";

pub struct Made {
    pub project: TempDir,
    /// Open as long as the running run is to be alive.
    pub store: Store,
    pub running: Claim,
}

impl Made {
    pub fn exp(&self, arguments: &[&str]) -> Output {
        exp(self.project.path(), arguments)
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.project.path().join(path)
    }

    /// What a command prints when it succeeds.
    pub fn prints(&self, arguments: &[&str]) -> String {
        let output = self.exp(arguments);
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            text(&output.stderr)
        );
        text(&output.stdout)
    }

    /// What a command says of bad input.
    pub fn refuses(&self, arguments: &[&str]) -> String {
        let output = self.exp(arguments);
        assert_eq!(
            output.status.code(),
            Some(2),
            "{arguments:?}: {}",
            text(&output.stdout)
        );
        text(&output.stderr)
    }

    /// Compares with a snapshot; times, places and what depends on the machine are left out.
    pub fn snapshot(&self, name: &str, text: &str) {
        let place = self.project.path().canonicalize().unwrap();
        let place = place.to_str().unwrap();
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("../snapshots");
        settings.set_prepend_module_to_snapshot(false);
        settings.add_filter(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "2026-01-01 00:00:00");
        settings.add_filter(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", "[time]");
        settings.add_filter(r"\d+\.\d s\b", "1.0 s");
        settings.add_filter(r"(?m)^ seconds of work.*$", " seconds of work [times]");
        settings.add_filter(r"process \d+ on \S+", "process 1 on [host]");
        settings.bind(|| {
            insta::assert_snapshot!(format!("tracker__{name}"), text.replace(place, "[project]"));
        });
    }
}

pub fn exp(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_exp"))
        .current_dir(folder)
        .args(arguments)
        .output()
        .unwrap()
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn new_run(id: &str, seed: u64, context: &str) -> NewRun {
    let setting = match context {
        "none" => json!("none"),
        _ => json!({"learnable": {"tokens": 8}}),
    };
    NewRun {
        id: id.to_owned(),
        benchmark: "synthetic".to_owned(),
        synthetic: true,
        fold: 1,
        seed,
        settings: json!({
            "benchmark": {"synthetic": {"train": 70, "test": 4}},
            "backbone": "small",
            "prompt": {"class_names": {}},
            "context": setting,
            "temporal": {"mean": {}},
            "train": {"epochs": 2, "learning_rate": {"temporal": 0.01}},
        }),
        classes: vec!["happiness".to_owned(), "sadness".to_owned()],
        levels: vec![Level {
            factor: "context".to_owned(),
            label: context.to_owned(),
        }],
    }
}

/// An experiment with these runs is planned, and each is brought to where its name says.
pub fn made() -> Made {
    let project = tempfile::tempdir().unwrap();
    fs::create_dir_all(project.path().join("experiments/benchmarks")).unwrap();
    let store = Store::open(project.path().join("runs/exp.db")).unwrap();
    let runs = [
        new_run(NONE, 1, "none"),
        new_run(LEARNABLE, 1, "learnable"),
        new_run(FAILED, 2, "none"),
        new_run(RUNNING, 2, "learnable"),
        new_run(QUEUED, u64::MAX, "none"),
    ];
    record(&store, "contexts", &runs);
    let words = ["a happy\tface", "a sad face"];
    let one = begin(&store, NONE, words, Some(DIFF));
    let folder = project
        .path()
        .canonicalize()
        .unwrap()
        .join("runs/exp.files/checkpoints");
    train(&store, &one, &folder, [[0, 1, 1, 0], [0, 0, 1, 0]]);
    store.finish(&one, Some(123_456_789)).unwrap();
    let two = begin(
        &store,
        LEARNABLE,
        ["a happy face", "a truly sad face"],
        None,
    );
    train(&store, &two, &folder, [[0, 0, 1, 1], [0, 0, 1, 1]]);
    store.finish(&two, None).unwrap();
    let failed = begin(&store, FAILED, words, None);
    store
        .fail(&failed, "the loss is NaN in epoch 1, step 3", "first\nlast")
        .unwrap();
    let running = begin(&store, RUNNING, words, None);
    epoch(&store, &running, 1, 1.5);
    store.add_note(NONE, "the first\nof all").unwrap();
    Made {
        project,
        store,
        running,
    }
}

pub fn record(store: &Store, experiment: &str, runs: &[NewRun]) {
    let record = ExperimentRecord {
        name: experiment.to_owned(),
        question: "Does it help?".to_owned(),
        yaml: format!("name: {experiment}\n"),
        compare: None,
        benchmarks: vec!["synthetic".to_owned()],
    };
    store.record_experiment(&record).unwrap();
    store.plan_runs(experiment, runs).unwrap();
}

fn begin(store: &Store, id: &str, prompts: [&str; 2], diff: Option<&str>) -> Claim {
    let claim = store
        .claim(&[id.to_owned()], &[Status::Queued])
        .unwrap()
        .unwrap();
    let provenance = Provenance {
        revision: Some("abc123".to_owned()),
        diff: diff.map(str::to_owned),
        command: ["exp", "run", "experiments/contexts.yaml"]
            .map(str::to_owned)
            .to_vec(),
        version: "0.1.0".to_owned(),
        burn: "0.22.1".to_owned(),
        device: "cpu-f32".to_owned(),
        host: "machine".to_owned(),
        cores: 2,
        ..Provenance::default()
    };
    let prompts = ["happiness", "sadness"]
        .into_iter()
        .zip(prompts)
        .map(|(class, text)| PromptRecord {
            class: class.to_owned(),
            text: text.to_owned(),
            token_ids: vec![1, 2],
        });
    store
        .begin(&claim, &provenance, &prompts.collect::<Vec<_>>(), 0)
        .unwrap();
    claim
}

fn epoch(store: &Store, claim: &Claim, epoch: usize, loss: f64) {
    let point = |series: &str, value| Point {
        series: series.to_owned(),
        epoch,
        value,
    };
    let sink = store.writer().run_sink(claim);
    sink.emit(Event::Epoch {
        epoch,
        points: vec![point("train/loss", loss), point("time/epoch_seconds", 1.0)],
    });
    sink.flush().unwrap();
}

/// Two epochs; the predictions of each, of four clips, are also those of a rule.
fn train(store: &Store, claim: &Claim, folder: &Path, predicted: [[usize; 4]; 2]) {
    let folder = folder.join(claim.run());
    fs::create_dir_all(&folder).unwrap();
    let rules = [Rule::BestTest, Rule::Last];
    for (number, (rule, predicted)) in (1..).zip(rules.into_iter().zip(predicted)) {
        epoch(
            store,
            claim,
            number,
            1.0 / number as f64 + predicted[3] as f64,
        );
        let sink = store.writer().run_sink(claim);
        let predictions = predicted.iter().zip([0, 0, 1, 1]).enumerate();
        let predictions = predictions.map(|(clip, (&predicted, target))| Prediction {
            clip: format!("clip_{clip}"),
            target,
            predicted,
        });
        let predictions = predictions.collect();
        sink.emit(Event::Predictions {
            rule,
            epoch: number,
            predictions,
        });
        let path = folder.join(format!("{}.safetensors", rule.name()));
        fs::write(&path, [0; 1500]).unwrap();
        sink.emit(Event::Checkpoint {
            rule,
            epoch: number,
            path,
        });
        sink.flush().unwrap();
    }
}
