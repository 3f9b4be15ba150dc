//! A store with many runs, as training leaves it, for pages that must stay small and quick.
#![allow(dead_code, clippy::unwrap_used, missing_docs)]

use exp_core::event::{Event, EventSink, Point, Prediction};
use exp_core::experiment::{Compare, Level};
use exp_core::metrics::{Metric, Rule};
use exp_core::provenance::Provenance;
use exp_store::{ExperimentRecord, NewRun, PromptRecord, Status, Store};

const CLASSES: [&str; 7] = [
    "happiness",
    "sadness",
    "neutral",
    "anger",
    "surprise",
    "disgust",
    "fear",
];

/// What an experiment has a run for each combination of.
#[derive(Clone, Copy)]
pub struct Shape {
    /// Levels of the first and of the second factor.
    pub levels: (usize, usize),
    pub seeds: usize,
    pub folds: usize,
    pub epochs: usize,
    /// Test clips of a fold.
    pub clips: usize,
}

impl Shape {
    pub fn runs(&self) -> usize {
        self.levels.0 * self.levels.1 * self.seeds * self.folds
    }
}

/// The name of the experiment.
pub const NAME: &str = "large";

/// Writes one experiment with all of its runs, done but for one in a hundred.
pub fn fill(store: &Store, shape: Shape) {
    store
        .record_experiment(&ExperimentRecord {
            name: NAME.to_owned(),
            question: "Which of very many settings is best?".to_owned(),
            yaml: "name: large\n".repeat(20),
            compare: Some(Compare {
                factor: "context".to_owned(),
                baseline: "learnable (tokens 0)".to_owned(),
                metric: Metric::Uar,
                rule: Rule::Last,
            }),
            benchmarks: vec!["dfew".to_owned()],
        })
        .unwrap();
    let plan = plan(shape);
    store.plan_runs(NAME, &plan).unwrap();
    for (index, run) in plan.iter().enumerate() {
        train(store, run, index, shape);
    }
}

fn plan(shape: Shape) -> Vec<NewRun> {
    let mut plan = Vec::new();
    for first in 0..shape.levels.0 {
        for second in 0..shape.levels.1 {
            for seed in 1..=shape.seeds {
                for fold in 1..=shape.folds {
                    plan.push(new_run(plan.len(), (first, second), seed, fold, shape));
                }
            }
        }
    }
    plan
}

fn new_run(index: usize, at: (usize, usize), seed: usize, fold: usize, shape: Shape) -> NewRun {
    let level = |factor: &str, label: String| Level {
        factor: factor.to_owned(),
        label,
    };
    NewRun {
        // Spread over all digits, as hashes are.
        id: format!(
            "{:032x}",
            (index as u128 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
        ),
        benchmark: "dfew".to_owned(),
        synthetic: false,
        fold: fold as u32,
        seed: seed as u64,
        settings: serde_json::json!({
            "benchmark": {"frame_list": {"root": "/data/dfew", "train": "train.txt", "test": "test.txt"}},
            "backbone": "vit_b_32", "prompt": {"descriptions": {"set": "observed-7"}},
            "context": {"learnable": {"tokens": at.0, "per_class": true, "position": "end"}},
            "temporal": {"transformer": {"depth": at.1, "heads": 8}},
            "clip": {"frames": 16, "size": 224, "short": "repeat_last", "damaged": "stop"},
            "augment": {"crop": true, "flip": 0.5, "rotate": 4.0, "jitter": 0.5},
            "train": {"epochs": shape.epochs, "batch": 8, "rate": 0.01, "momentum": 0.9,
                "decay": 0.0001, "milestones": [30, 40], "gamma": 0.1, "workers": 4},
        }),
        classes: CLASSES.map(str::to_owned).to_vec(),
        levels: vec![
            level("context", format!("learnable (tokens {})", at.0)),
            level("temporal.transformer.depth", at.1.to_string()),
        ],
    }
}

fn train(store: &Store, run: &NewRun, index: usize, shape: Shape) {
    let claim = store
        .claim(std::slice::from_ref(&run.id), &[Status::Queued])
        .unwrap();
    let claim = claim.unwrap();
    let prompt = |class: &&str| PromptRecord {
        class: (*class).to_owned(),
        text: format!("an expression of {class} with raised cheeks and narrowed eyes"),
        token_ids: (0..14).collect(),
    };
    let prompts: Vec<PromptRecord> = CLASSES.iter().map(prompt).collect();
    store.begin(&claim, &provenance(), &prompts, 0).unwrap();
    let mut random = Random(index as u64);
    let sink = store.writer().run_sink(&claim);
    for epoch in 1..=shape.epochs {
        let points = series().map(|series| Point {
            series,
            epoch,
            value: random.next() * 10.0 + 60.0 * (1.0 - (-(epoch as f64) / 12.0).exp()),
        });
        sink.emit(Event::Epoch {
            epoch,
            points: points.collect(),
        });
    }
    for rule in [Rule::BestTest, Rule::Last] {
        let predictions: Vec<Prediction> = (0..shape.clips)
            .map(|clip| {
                let target = clip % CLASSES.len();
                let hit = random.next() < 0.6 + 0.01 * (index % 7) as f64;
                let other = (random.next() * CLASSES.len() as f64) as usize;
                Prediction {
                    clip: format!("test/fold{}/{clip:05}", run.fold),
                    target,
                    predicted: if hit { target } else { other },
                }
            })
            .collect();
        sink.emit(Event::Predictions {
            rule,
            epoch: shape.epochs,
            predictions,
        });
    }
    match index % 100 {
        99 => store
            .fail(
                &claim,
                "the training loss is not finite in epoch 4, step 11; try a smaller learning rate",
                "epoch 3: loss 1.84\nepoch 4: loss 2.31\nthe loss is not finite\n",
            )
            .unwrap(),
        // Every process takes a little more or less memory.
        _ => store
            .finish(&claim, Some(1_500_000_000 + 4096 * index as u64))
            .unwrap(),
    }
    if index.is_multiple_of(50) {
        store
            .add_note(&run.id, "on a machine that others used, too")
            .unwrap();
    }
}

/// What training records of each epoch.
fn series() -> impl Iterator<Item = String> {
    let recalls = CLASSES.iter().map(|class| format!("test/recall/{class}"));
    let others = [
        "train/loss",
        "test/loss",
        "test/uar",
        "test/war",
        "time/epoch_seconds",
        "time/waited_seconds",
        "time/waited_share",
        "time/clips_per_second",
    ];
    others.into_iter().map(str::to_owned).chain(recalls)
}

/// Of all runs alike but for the memory that they took, with a diff as long as one is while someone works.
fn provenance() -> Provenance {
    Provenance {
        revision: Some("5d0c7a91be2f4c338a6c0f1d27e9b4a8c6d5e3f2".to_owned()),
        diff: Some("-old line of code\n+new line of code\n".repeat(200)),
        command: ["exp", "run", "experiments/large.yaml"]
            .map(str::to_owned)
            .to_vec(),
        version: "0.1.0".to_owned(),
        device: "cuda-f32".to_owned(),
        device_name: "a GPU".to_owned(),
        host: "workstation".to_owned(),
        system: "Debian GNU/Linux 13".to_owned(),
        cores: 16,
        manifest: "9f2b6c01d4e8a7350b1c2d3e4f5061728394a5b6c7d8e9f00112233445566778".to_owned(),
        backbone: "vit_b_32".to_owned(),
        weights: "40d365715913c9da98579312b702a82c18be219cc2a73407c4526f58eba950af".to_owned(),
        ..Provenance::default()
    }
}

/// A small generator with a fixed sequence (Knuth's MMIX constants); numbers in [0, 1).
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}
