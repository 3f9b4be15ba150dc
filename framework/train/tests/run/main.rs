//! The loop over epochs, with a learner that only pretends.
#![allow(clippy::unwrap_used, missing_docs)]

mod resume;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{LazyLock, Mutex};
use std::time::Duration;

use exp_core::checkpoint::RunCard;
use exp_core::clip::{Clip, Split};
use exp_core::event::{Event, EventSink};
use exp_core::experiment::{Augmentation, DamagedFrame, Normalize, ShortClip, Training};
use exp_core::metrics::Rule;
use exp_data::loader::{Batch, Loader, LoaderSettings};
use exp_data::synthetic::Synthetic;
use exp_model::parameters::{Fit, LoadError};
use exp_train::{Ended, GpuUse, Learner, Loss, Part, Run, Tensors, TrainError, Trained};
use exp_weights::{WeightError, Weights};
use tempfile::TempDir;

const CLASSES: usize = 7;

/// Clips that are kept out of training, where some are.
const HELD_OUT: usize = 6;

/// Answers as it is told to, epoch by epoch: the share of test clips that it gets right.
struct Fake {
    right: Vec<f64>,
    steps_an_epoch: usize,
    factors: Vec<f64>,
    loss: f64,
    /// Losses of the first steps, where they are others.
    losses: Vec<f64>,
    /// What it says of a clip that it gets right.
    logit: f32,
    asked: Cell<usize>,
    /// The shares of held-out clips that it gets right.
    right_held_out: Vec<f64>,
    parameters: usize,
}

impl Learner for Fake {
    fn step(&mut self, _: &Batch, factor: f64) -> Loss {
        self.factors.push(factor);
        self.asked.set(0);
        let loss = self.losses.get(self.factors.len() - 1).copied();
        let loss = loss.unwrap_or(self.loss);
        Box::new(move || loss)
    }

    fn timed_step(&mut self, _: &Batch, _: f64) -> BTreeMap<Part, Duration> {
        unreachable!("training takes no time of its parts")
    }

    fn features(&self, _: &Batch) -> Vec<f32> {
        unreachable!("it is given pixels")
    }

    fn logits(&self, batch: &Batch) -> Vec<f32> {
        let epoch = self.factors.len() / self.steps_an_epoch;
        let right = (self.right[epoch - 1] * 70.0).round() as usize;
        let mut logits = Vec::new();
        for &label in &batch.labels {
            let mut row = [0.0; CLASSES];
            // The held-out clips come after the test clips.
            let is_right = match self.asked.get().checked_sub(70) {
                None => self.asked.get() < right,
                Some(asked) => {
                    let right = self.right_held_out[epoch - 1] * HELD_OUT as f64;
                    asked < right.round() as usize
                }
            };
            if is_right {
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

    fn state(&self) -> Tensors {
        Tensors::new()
    }

    fn resume(&mut self, _: &Weights) -> Result<(), LoadError> {
        unreachable!("nothing was left")
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
        losses: Vec::new(),
        logit: 1.0,
        asked: Cell::new(0),
        right_held_out: Vec::new(),
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

fn card(classes: &[String]) -> RunCard {
    RunCard {
        run: "fake".to_owned(),
        benchmark: "synthetic".to_owned(),
        fold: 1,
        seed: 1,
        settings: serde_json::json!({}),
        texts: classes.iter().map(|class| vec![class.clone()]).collect(),
        classes: classes.to_vec(),
        backbone_sha256: String::new(),
    }
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
    let (held_out, train) = match learner.right_held_out.len() {
        0 => (Vec::new(), &train[..]),
        _ => (train[..HELD_OUT].to_vec(), &train[HELD_OUT..]),
    };
    let result = Run {
        train: Loader::new(train, sizes).unwrap(),
        test: Loader::new(test, sizes).unwrap(),
        held_out: (!held_out.is_empty()).then(|| Loader::new(held_out, sizes).unwrap()),
        augment: &Augmentation::default(),
        training: &training,
        seed: 1,
        checkpoints: folder.path().join("weights"),
        card: card(&classes),
        sink: &heard,
        gpu: &GpuUse::default,
        stop: &|| false,
    }
    .train(learner, None);
    let result = result.map(|ended| match ended {
        Ended::Trained(trained) => trained,
        Ended::Stopped { .. } => panic!("nobody stopped it"),
    });
    let file = |rule: &str| {
        let files = std::fs::read_dir(folder.path().join("weights")).into_iter();
        let mut files = files.flatten().map(|file| file.unwrap().path());
        let found = files.find(|path| {
            path.file_name()
                .unwrap()
                .to_str()
                .unwrap()
                .starts_with(rule)
        });
        found.map_or_else(String::new, |path| std::fs::read_to_string(path).unwrap())
    };
    let weights = vec![file("best_test"), file("last"), file("held_out")];
    (result, heard.0.into_inner().unwrap(), weights)
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
    let best = Rule::BestTest;
    assert_eq!(selected(&events), [(best, 1), (best, 2), (Rule::Last, 4)]);
    assert_eq!(
        weights,
        ["8", "16", ""],
        "steps done when the weights were written"
    );
}

/// The rule and epoch of every selection, each of all test clips.
fn selected(events: &[Event]) -> Vec<(Rule, usize)> {
    let one = |event: &Event| match event {
        Event::Predictions {
            rule,
            epoch,
            predictions,
        } => {
            assert_eq!(predictions.len(), 70);
            Some((*rule, *epoch))
        }
        _ => None,
    };
    events.iter().filter_map(one).collect()
}

/// The held-out clips choose, and the test clips are what is stored.
#[test]
fn held_out_clips_choose_the_first_of_their_best_epochs() {
    let mut learner = fake(&[0.9, 0.4, 0.8, 0.6]);
    learner.right_held_out = vec![1.0 / 6.0, 0.5, 0.5, 0.0];
    let (result, events, weights) = train(&mut learner);
    assert!((result.unwrap().war - 60.0).abs() < 1e-9);
    let expected = [
        (Rule::BestTest, 1),
        (Rule::HeldOut, 1),
        (Rule::HeldOut, 2),
        (Rule::Last, 4),
    ];
    assert_eq!(selected(&events), expected);
    assert_eq!(weights, ["4", "16", "8"]);
    let stored = events.iter().rev().find_map(|event| match event {
        Event::Predictions {
            rule: Rule::HeldOut,
            predictions,
            ..
        } => Some(
            predictions
                .iter()
                .filter(|p| p.target == p.predicted)
                .count(),
        ),
        _ => None,
    });
    assert_eq!(stored, Some(28), "40 % of the test clips");
    let series: Vec<(&str, f64)> = (events.iter())
        .filter_map(|event| match event {
            Event::Epoch { epoch: 2, points } => Some(points),
            _ => None,
        })
        .flatten()
        .filter(|point| point.series.starts_with("held_out/"))
        .map(|point| (point.series.as_str(), point.value))
        .collect();
    let [
        ("held_out/loss", loss),
        ("held_out/uar", uar),
        ("held_out/war", 50.0),
    ] = series[..]
    else {
        panic!("{series:?}")
    };
    assert!(loss > 0.0 && uar > 0.0 && uar <= 100.0);
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
    let (result, events, _) = train(&mut learner);
    let error = result.unwrap_err().to_string();
    assert!(
        error.starts_with("training diverged: the loss was NaN in epoch 1, step 1;"),
        "{error}"
    );
    let [Event::Epoch { epoch: 1, points }] = &events[..] else {
        panic!("{events:?}")
    };
    assert!(points[0].series == "train/loss" && points[0].value.is_nan());
}

/// A loss is read when the next step is under way; it is still the loss of its own step.
#[test]
fn a_loss_is_told_of_the_step_that_had_it() {
    let mut learner = fake(&[0.5, 0.5]);
    learner.losses = vec![4.0, 3.0, 2.0, 1.0, 0.5, f64::INFINITY];
    let (result, events, _) = train(&mut learner);
    let error = result.unwrap_err().to_string();
    assert!(
        error.starts_with("training diverged: the loss was inf in epoch 2, step 2;"),
        "{error}"
    );
    let steps = events.iter().filter_map(|event| match event {
        Event::Step {
            epoch, step, loss, ..
        } => Some((*epoch, *step, *loss)),
        _ => None,
    });
    let expected = [
        (1, 1, 4.0),
        (1, 2, 3.0),
        (1, 3, 2.0),
        (1, 4, 1.0),
        (2, 1, 0.5),
    ];
    assert_eq!(steps.collect::<Vec<_>>(), expected);
    let first = events.iter().find_map(|event| match event {
        Event::Epoch { epoch: 1, points } => Some(points[0].value),
        _ => None,
    });
    assert_eq!(first, Some(2.5), "the mean of all four");
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
    let told = |series: &str| {
        let mut points = events.iter().filter_map(|event| match event {
            Event::Epoch { points, .. } => Some(&points[0]),
            Event::Step { .. } => None,
            other => panic!("{other:?}"),
        });
        points.find(|point| point.series == series).unwrap().value
    };
    assert_eq!(told("train/loss"), 1.0);
    assert!(
        told("test/loss").is_nan(),
        "the figure that shows it is kept"
    );
    assert_eq!(weights, ["", "", ""]);
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
