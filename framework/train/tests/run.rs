//! The loop over epochs, with a learner that only pretends.
#![allow(clippy::unwrap_used, missing_docs)]

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{LazyLock, Mutex};

use exp_core::checkpoint::RunCard;
use exp_core::clip::{Clip, Split};
use exp_core::event::{Event, EventSink};
use exp_core::experiment::{Augmentation, DamagedFrame, Normalize, ShortClip, Training};
use exp_core::metrics::Rule;
use exp_data::loader::{Batch, Loader, LoaderSettings};
use exp_data::synthetic::Synthetic;
use exp_model::parameters::{Fit, LoadError};
use exp_train::{Learner, Run, TrainError, Trained};
use exp_weights::{WeightError, Weights};
use tempfile::TempDir;

const CLASSES: usize = 7;

/// Answers as it is told to, epoch by epoch: the share of test clips that it gets right.
struct Fake {
    right: Vec<f64>,
    steps_an_epoch: usize,
    factors: Vec<f64>,
    loss: f64,
    /// What it says of a clip that it gets right.
    logit: f32,
    asked: Cell<usize>,
    parameters: usize,
}

impl Learner for Fake {
    fn step(&mut self, _: &Batch, factor: f64) -> f64 {
        self.factors.push(factor);
        self.asked.set(0);
        self.loss
    }

    fn logits(&self, batch: &Batch) -> Vec<f32> {
        let epoch = self.factors.len() / self.steps_an_epoch;
        let right = (self.right[epoch - 1] * 70.0).round() as usize;
        let mut logits = Vec::new();
        for &label in &batch.labels {
            let mut row = [0.0; CLASSES];
            if self.asked.get() < right {
                row[label] = self.logit;
            } else {
                row[(label + 1) % CLASSES] = 1.0;
            }
            self.asked.set(self.asked.get() + 1);
            logits.extend(row);
        }
        logits
    }

    fn save(&self, path: &Path, _: &BTreeMap<String, String>) -> Result<(), WeightError> {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, self.factors.len().to_string()).unwrap();
        Ok(())
    }

    fn load(&mut self, _: &Weights) -> Result<Fit, LoadError> {
        unreachable!("training loads nothing")
    }

    fn trained(&self) -> BTreeMap<String, usize> {
        (0..self.parameters)
            .map(|index| (index.to_string(), 1))
            .collect()
    }
}

fn fake(right: &[f64]) -> Fake {
    Fake {
        right: right.to_vec(),
        steps_an_epoch: 4,
        factors: Vec::new(),
        loss: 1.0,
        logit: 1.0,
        asked: Cell::new(0),
        parameters: 1,
    }
}

/// Clips that all tests share.
static FACES: LazyLock<(TempDir, Split)> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let faces = Synthetic {
        seed: 1,
        train: 70,
        test: 70,
    };
    let split = faces.write(&folder.path().join("faces"), &|_, _| {});
    (folder, split.unwrap())
});

#[derive(Default)]
struct Heard(Mutex<Vec<Event>>);

impl EventSink for Heard {
    fn emit(&self, event: Event) {
        self.0.lock().unwrap().push(event);
    }
}

fn train(learner: &mut Fake) -> (Result<Trained, TrainError>, Vec<Event>, Vec<String>) {
    let sizes = LoaderSettings {
        frames: 1,
        size: 8,
        batch: 16,
        workers: 1,
        normalize: Normalize::None,
        short: ShortClip::RepeatLast,
        damaged: DamagedFrame::Stop,
    };
    train_with(learner, sizes)
}

fn train_with(
    learner: &mut Fake,
    sizes: LoaderSettings,
) -> (Result<Trained, TrainError>, Vec<Event>, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let Split {
        classes,
        train,
        test,
        ..
    } = FACES.1.clone();
    let training: Training = serde_json::from_value(serde_json::json!({
        "epochs": learner.right.len(), "batch": 16, "decay": {"at": [1, 3], "gamma": 0.5},
    }))
    .unwrap();
    let heard = Heard::default();
    let result = Run {
        train: Loader::new(train, sizes).unwrap(),
        test: Loader::new(test, sizes).unwrap(),
        augment: &Augmentation::default(),
        training: &training,
        seed: 1,
        checkpoints: folder.path().join("weights"),
        card: RunCard {
            run: "fake".to_owned(),
            benchmark: "synthetic".to_owned(),
            fold: 1,
            seed: 1,
            settings: serde_json::json!({}),
            texts: classes.iter().map(|class| vec![class.clone()]).collect(),
            classes,
            backbone_sha256: String::new(),
        },
        sink: &heard,
    }
    .train(learner);
    let weights = ["best_test", "last"].map(|rule| {
        let path = folder.path().join(format!("weights/{rule}.safetensors"));
        std::fs::read_to_string(path).unwrap_or_default()
    });
    (result, heard.0.into_inner().unwrap(), weights.into())
}

#[test]
fn clips_left_out_and_frames_replaced_are_counted_where_a_rule_allows_them() {
    let figures = |events: &[Event]| -> Vec<(String, f64)> {
        let points = events.iter().filter_map(|event| match event {
            Event::Epoch { points, .. } => Some(points),
            _ => None,
        });
        points
            .flatten()
            .filter(|point| point.series.starts_with("data/"))
            .map(|point| (point.series.clone(), point.value))
            .collect()
    };
    let (_, events, _) = train(&mut fake(&[0.5]));
    assert_eq!(figures(&events), []);

    // Of the drawn clips, which have 12 to 30 frames, a few are shorter.
    let frames = 13;
    let short = |clip: &&Clip| clip.frames.len() < frames;
    let dropped =
        FACES.1.train.iter().filter(short).count() + FACES.1.test.iter().filter(short).count();
    assert!(dropped > 0);
    let sizes = LoaderSettings {
        frames,
        size: 8,
        batch: 16,
        workers: 1,
        normalize: Normalize::None,
        short: ShortClip::Drop,
        damaged: DamagedFrame::RepeatNeighbour,
    };
    let (_, events, _) = train_with(&mut fake(&[0.5]), sizes);
    let expected = [
        ("data/dropped_clips", dropped as f64),
        ("data/damaged_frames", 0.0),
    ];
    assert_eq!(
        figures(&events),
        expected.map(|(name, count)| (name.to_owned(), count))
    );
}

#[test]
fn the_first_of_the_best_epochs_and_the_last_are_kept() {
    let mut learner = fake(&[0.5, 0.8, 0.8, 0.6]);
    let (result, events, weights) = train(&mut learner);
    assert!((result.unwrap().war - 60.0).abs() < 1e-9);
    let kept: Vec<(Rule, usize)> = events
        .iter()
        .filter_map(|event| match event {
            Event::Predictions {
                rule,
                epoch,
                predictions,
            } => {
                assert_eq!(predictions.len(), 70);
                Some((*rule, *epoch))
            }
            _ => None,
        })
        .collect();
    let best = Rule::BestTest;
    assert_eq!(kept, [(best, 1), (best, 2), (Rule::Last, 4)]);
    assert_eq!(
        weights,
        ["8", "16"],
        "steps done when the weights were written"
    );
}

#[test]
fn the_rates_change_after_the_epochs_named() {
    let mut learner = fake(&[0.5, 0.5, 0.5, 0.5]);
    train(&mut learner).0.unwrap();
    let epochs = [1.0, 0.5, 0.5, 0.25];
    let expected: Vec<f64> = epochs.iter().flat_map(|&factor| [factor; 4]).collect();
    assert_eq!(
        learner.factors, expected,
        "70 clips give four whole batches of 16"
    );
}

#[test]
fn a_loss_that_is_no_number_ends_the_run_with_its_place() {
    let mut learner = fake(&[0.5]);
    learner.loss = f64::NAN;
    let error = train(&mut learner).0.unwrap_err().to_string();
    assert!(
        error.starts_with("training diverged: the loss was NaN in epoch 1, step 1;"),
        "{error}"
    );
}

/// The loss of a step is that before it: what the last step broke only shows in the evaluation.
#[test]
fn weights_that_the_last_step_broke_are_no_result() {
    let mut learner = fake(&[0.5]);
    learner.logit = f32::NAN;
    let (result, events, weights) = train(&mut learner);
    let error = result.unwrap_err().to_string();
    assert!(
        error.starts_with("training diverged: the loss was NaN in epoch 1, step 4;"),
        "{error}"
    );
    assert!(
        events
            .iter()
            .all(|event| matches!(event, Event::Step { .. }))
    );
    assert_eq!(weights, ["", ""]);
}

#[test]
fn nothing_to_train_is_an_error() {
    let mut learner = fake(&[0.5]);
    learner.parameters = 0;
    assert!(matches!(
        train(&mut learner).0,
        Err(TrainError::NothingToTrain)
    ));
}
