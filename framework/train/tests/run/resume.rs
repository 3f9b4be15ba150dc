//! Runs that are stopped, killed and gone on with end as if nothing had happened.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Mutex;
use std::time::Duration;

use exp_core::clip::Clip;
use exp_core::event::{Event, EventSink, Point};
use exp_core::experiment::{Augmentation, DamagedFrame, Normalize, ShortClip, Training};
use exp_data::FeatureFiles;
use exp_data::loader::{Batch, Loader, LoaderSettings};
use exp_model::parameters::{Fit, LoadError};
use exp_train::{
    Ended, GpuUse, Learner, Loss, Part, Run, StateError, Tensors, TrainError, TrainingState,
    discard_state,
};
use exp_weights::{WeightError, Weights, write};
use tempfile::TempDir;

use super::{CLASSES, FACES, card};

const EPOCHS: usize = 4;
/// Clips that are kept out of training.
const HELD_OUT: usize = 6;
/// Of the other 64 clips in batches of 16.
const STEPS: usize = 4;
const VIEWS: usize = 2;

/// Two numbers that every batch changes, the second one like a momentum.
#[derive(Default)]
struct Tiny {
    value: f32,
    speed: f32,
    /// Steps that this learner took.
    steps: Rc<Cell<usize>>,
}

impl Learner for Tiny {
    fn step(&mut self, batch: &Batch, factor: f64) -> Loss {
        let values = batch.features.as_ref().unwrap_or(&batch.pixels);
        let mean = values.iter().sum::<f32>() / values.len() as f32;
        self.speed = 0.9 * self.speed + mean;
        self.value += factor as f32 * self.speed;
        self.steps.set(self.steps.get() + 1);
        let loss = f64::from(self.value.sin() + mean);
        Box::new(move || loss)
    }

    fn timed_step(&mut self, _: &Batch, _: f64) -> BTreeMap<Part, Duration> {
        unreachable!("training takes no time of its parts")
    }

    fn features(&self, batch: &Batch) -> Vec<f32> {
        let [_, frames, ..] = batch.shape;
        let side = batch.pixels.len() / frames;
        let frames = batch.pixels.chunks(side);
        frames
            .map(|frame| frame.iter().sum::<f32>() / side as f32)
            .collect()
    }

    fn logits(&self, batch: &Batch) -> Vec<f32> {
        let values = batch.features.as_ref().unwrap_or(&batch.pixels);
        let side = values.len() / batch.labels.len();
        let means = values
            .chunks(side)
            .map(|clip| clip.iter().sum::<f32>() / side as f32);
        means
            .flat_map(|mean| {
                (0..CLASSES)
                    .map(move |class| (self.value * 37.0 * (class + 1) as f32 + mean * 91.0).sin())
            })
            .collect()
    }

    fn save(&self, path: &Path, about: &BTreeMap<String, String>) -> Result<(), WeightError> {
        write(path, &self.state(), None, false, about)
    }

    fn load(&mut self, _: &Weights) -> Result<Fit, LoadError> {
        unreachable!("training loads nothing")
    }

    fn state(&self) -> Tensors {
        let number = |value: f32| (vec![1], vec![value]);
        Tensors::from([
            ("temporal.value".to_owned(), number(self.value)),
            ("momentum.temporal.value".to_owned(), number(self.speed)),
        ])
    }

    fn resume(&mut self, state: &Weights) -> Result<(), LoadError> {
        self.value = state.read("temporal.value")?[0];
        self.speed = state.read("momentum.temporal.value")?[0];
        Ok(())
    }

    fn trained(&self) -> BTreeMap<String, usize> {
        BTreeMap::from([("temporal".to_owned(), 1)])
    }
}

/// A store that keeps what it was told, as the real one does: later figures replace earlier ones,
/// and what was not made to last is lost with the program.
#[derive(Default)]
struct Kept {
    figures: BTreeMap<(String, usize), u64>,
    selections: BTreeMap<&'static str, (usize, String)>,
}

struct Sink<'a> {
    kept: &'a Mutex<Kept>,
    waiting: Mutex<Vec<Event>>,
    /// Events and syncs until the program is killed.
    left: Cell<usize>,
}

// One thread uses it at a time; training demands more.
struct Shared<'a>(Mutex<Sink<'a>>);

const KILLED: &str = "killed";

impl Sink<'_> {
    fn live(&self) {
        match self.left.get().checked_sub(1) {
            Some(left) => self.left.set(left),
            None => panic!("{KILLED}"),
        }
    }
}

impl EventSink for Shared<'_> {
    fn emit(&self, event: Event) {
        let sink = self.0.lock().unwrap_or_else(|poison| poison.into_inner());
        if !matches!(event, Event::Step { .. }) {
            sink.live();
            sink.waiting.lock().unwrap().push(event);
        }
    }

    fn sync(&self) -> Result<(), String> {
        let sink = self.0.lock().unwrap_or_else(|poison| poison.into_inner());
        sink.live();
        let mut kept = sink.kept.lock().unwrap();
        for event in sink.waiting.lock().unwrap().drain(..) {
            match event {
                Event::Epoch { points, .. } => {
                    let lasting = |point: &Point| !point.series.starts_with("time/");
                    for point in points.into_iter().filter(lasting) {
                        kept.figures
                            .insert((point.series, point.epoch), point.value.to_bits());
                    }
                }
                Event::Predictions {
                    rule,
                    epoch,
                    predictions,
                } => {
                    kept.selections
                        .insert(rule.name(), (epoch, format!("{predictions:?}")));
                }
                Event::Checkpoint { path, .. } => assert!(path.is_file()),
                Event::Features { .. } | Event::Step { .. } => {}
            }
        }
        drop(kept);
        sink.live();
        Ok(())
    }
}

/// One attempt at a run: it goes on from where the last one was left, for so many `events` and
/// `steps`.
fn attempt(
    folder: &Path,
    kept: &Mutex<Kept>,
    minutes: f64,
    events: usize,
    steps: usize,
) -> Result<Ended, TrainError> {
    let stop = |taken| taken >= steps;
    attempt_with(folder, kept, minutes, events, &stop, None)
}

/// The same, stopped by the number of steps taken, with a frozen image encoder where there is a folder for features.
fn attempt_with(
    folder: &Path,
    kept: &Mutex<Kept>,
    minutes: f64,
    events: usize,
    stop: &dyn Fn(usize) -> bool,
    features: Option<&Path>,
) -> Result<Ended, TrainError> {
    let sizes = LoaderSettings {
        frames: 1,
        size: 8,
        batch: 16,
        workers: 2,
        normalize: Normalize::None,
        short: ShortClip::RepeatLast,
        damaged: DamagedFrame::Stop,
    };
    let training: Training = serde_json::from_value(serde_json::json!({
        "epochs": EPOCHS, "batch": 16, "decay": {"at": [1, 3], "gamma": 0.5},
        "checkpoint_minutes": minutes,
    }))
    .unwrap();
    let split = FACES.1.clone();
    let state = TrainingState::read(folder, "fake").unwrap();
    // As the store does when a run goes on.
    let done = state.as_ref().map_or(0, TrainingState::epochs_done);
    {
        let mut kept = kept.lock().unwrap();
        kept.figures.retain(|(_, epoch), _| *epoch <= done);
        kept.selections.retain(|_, (epoch, _)| *epoch <= done);
    }
    let mut learner = Tiny::default();
    let taken = learner.steps.clone();
    let sink = Shared(Mutex::new(Sink {
        kept,
        waiting: Mutex::default(),
        left: Cell::new(events),
    }));
    let loader = |clips: Vec<Clip>| {
        let loader = Loader::new(clips, sizes).unwrap();
        let Some(features) = features else {
            return loader;
        };
        let files = FeatureFiles {
            folder: features.to_owned(),
            encoder: "mean".to_owned(),
            views: VIEWS,
        };
        loader.with_features(files).unwrap()
    };
    let augment = Augmentation {
        brightness: Some([0.5, 1.5]),
        ..Augmentation::default()
    };
    let mut train = split.train;
    let rest = train.split_off(HELD_OUT);
    Run {
        train: loader(rest),
        test: loader(split.test),
        held_out: Some(loader(train)),
        augment: &augment,
        training: &training,
        seed: 1,
        checkpoints: folder.to_owned(),
        card: card(&split.classes),
        sink: &sink,
        // Three joules a step, however often the run is left.
        gpu: &|| GpuUse {
            joules: Some(100.0 + 3.0 * taken.get() as f64),
            memory: Some(5 << 30),
        },
        stop: &|| stop(taken.get()),
    }
    .train(&mut learner, state)
}

/// Everything that a run leaves.
fn left(folder: &Path, kept: &Mutex<Kept>) -> (String, BTreeMap<String, Vec<u8>>) {
    discard_state(folder).unwrap();
    discard_state(folder).unwrap();
    let kept = kept.lock().unwrap();
    let files = fs::read_dir(folder).unwrap().map(|file| {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        (name, fs::read(path).unwrap())
    });
    (
        format!("{:?}{:?}", kept.figures, kept.selections),
        files.collect(),
    )
}

fn undisturbed() -> (String, BTreeMap<String, Vec<u8>>) {
    let (folder, kept) = (tempfile::tempdir().unwrap(), Mutex::default());
    let ended = attempt(folder.path(), &kept, 10.0, usize::MAX, usize::MAX).unwrap();
    assert!(matches!(ended, Ended::Trained(_)));
    let left = left(folder.path(), &kept);
    let joules = |epoch| ("gpu/joules".to_owned(), epoch);
    for epoch in 1..=EPOCHS {
        let joules = f64::from_bits(kept.lock().unwrap().figures[&joules(epoch)]);
        assert_eq!(joules, 3.0 * STEPS as f64);
    }
    assert_eq!(
        left.1.len(),
        3,
        "the two best models and the last: {:?}",
        left.1.keys()
    );
    left
}

#[test]
fn a_run_that_is_stopped_after_every_step_ends_as_one_that_is_not() {
    let (folder, kept) = (tempfile::tempdir().unwrap(), Mutex::default());
    let mut stops = Vec::new();
    while let Ended::Stopped { epoch, step } =
        attempt(folder.path(), &kept, 10.0, usize::MAX, 1).unwrap()
    {
        stops.push((epoch, step));
        assert!(stops.len() < 100);
    }
    assert_eq!(stops.len(), EPOCHS * STEPS, "{stops:?}");
    assert_eq!(left(folder.path(), &kept), undisturbed());
}

/// Wherever a program is killed: between two events, before they are safe, before the state says so.
#[test]
fn a_run_that_is_killed_between_any_two_events_loses_nothing() {
    let expected = undisturbed();
    let mut killed = 0;
    for events in 1.. {
        let (folder, kept) = (tempfile::tempdir().unwrap(), Mutex::default());
        let killed_once = || {
            let once = || attempt(folder.path(), &kept, 0.0, events, usize::MAX);
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(once)).is_err()
        };
        if !killed_once() {
            break;
        }
        killed += 1;
        // What was being written when the power failed.
        fs::write(folder.path().join("state.safetensors.part"), "half").unwrap();
        kept.clear_poison();
        attempt(folder.path(), &kept, 10.0, usize::MAX, usize::MAX).unwrap();
        assert_eq!(left(folder.path(), &kept), expected, "killed at {events}");
    }
    assert!(killed > EPOCHS * STEPS * 2, "{killed}");
}

fn stopped() -> TempDir {
    let (folder, kept) = (tempfile::tempdir().unwrap(), Mutex::default());
    attempt(folder.path(), &kept, 10.0, usize::MAX, 1).unwrap();
    folder
}

#[test]
fn every_bit_of_a_state_is_checked() {
    let folder = stopped();
    let path = folder.path().join("state.safetensors");
    let sound = fs::read(&path).unwrap();
    for index in 0..sound.len() {
        let mut bytes = sound.clone();
        bytes[index] ^= 1;
        fs::write(&path, &bytes).unwrap();
        let error = TrainingState::read(folder.path(), "fake").unwrap_err();
        assert!(
            error.to_string().contains("the state"),
            "byte {index}: {error}"
        );
        fs::write(&path, &sound[..index]).unwrap();
        assert!(
            TrainingState::read(folder.path(), "fake").is_err(),
            "cut at {index}"
        );
    }
    fs::write(&path, &sound).unwrap();
    assert!(
        TrainingState::read(folder.path(), "fake")
            .unwrap()
            .is_some()
    );
    let other = TrainingState::read(folder.path(), "another");
    assert!(matches!(other, Err(StateError::OtherRun { .. })));
    discard_state(folder.path()).unwrap();
    assert!(
        TrainingState::read(folder.path(), "fake")
            .unwrap()
            .is_none()
    );
}

#[test]
fn what_cannot_be_kept_stops_the_run() {
    struct Full;
    impl EventSink for Full {
        fn emit(&self, _: Event) {}
        fn sync(&self) -> Result<(), String> {
            Err("the disk is full".to_owned())
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let split = FACES.1.clone();
    let sizes = LoaderSettings {
        frames: 1,
        size: 8,
        batch: 16,
        workers: 1,
        normalize: Normalize::None,
        short: ShortClip::RepeatLast,
        damaged: DamagedFrame::Stop,
    };
    let result = Run {
        train: Loader::new(split.train, sizes).unwrap(),
        test: Loader::new(split.test, sizes).unwrap(),
        held_out: None,
        augment: &Augmentation::default(),
        training: &Training::default(),
        seed: 1,
        checkpoints: folder.path().to_owned(),
        card: card(&split.classes),
        sink: &Full,
        gpu: &GpuUse::default,
        stop: &|| false,
    }
    .train(&mut Tiny::default(), None);
    assert_eq!(result.unwrap_err().to_string(), "the disk is full");
}

#[test]
fn a_state_whose_best_model_is_gone_is_of_no_use() {
    let (folder, kept) = (tempfile::tempdir().unwrap(), Mutex::default());
    for _ in 0..=STEPS {
        attempt(folder.path(), &kept, 10.0, usize::MAX, 1).unwrap();
    }
    for name in ["best_test-1.safetensors", "held_out-1.safetensors"] {
        let gone = folder.path().join(name);
        let model = fs::read(&gone).unwrap();
        fs::remove_file(&gone).unwrap();
        let error = TrainingState::read(folder.path(), "fake").unwrap_err();
        assert!(
            error.to_string().starts_with(&gone.display().to_string()),
            "{error}"
        );
        fs::write(&gone, model).unwrap();
    }
}

/// All files of features.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    fs::read_dir(folder)
        .unwrap()
        .flat_map(|folder| fs::read_dir(folder.unwrap().path()).unwrap())
        .map(|file| file.unwrap().path())
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect()
}

/// Fresh, from what is there, from what is damaged, and stopped now and then: all the same.
#[test]
fn a_frozen_encoder_sees_each_clip_once_and_nothing_depends_on_when() {
    let trained = |features: &Path, every: usize| {
        let (folder, kept) = (tempfile::tempdir().unwrap(), Mutex::default());
        let (asked, mut stops) = (Cell::new(0), 0);
        let stop = |_| {
            asked.set(asked.get() + 1);
            asked.get() % every == 0
        };
        while let Ended::Stopped { .. } = attempt_with(
            folder.path(),
            &kept,
            10.0,
            usize::MAX,
            &stop,
            Some(features),
        )
        .unwrap()
        {
            stops += 1;
        }
        (left(folder.path(), &kept), stops)
    };
    let features = tempfile::tempdir().unwrap();
    let (expected, _) = trained(features.path(), usize::MAX);
    assert_ne!(expected, undisturbed());
    let made = files(features.path());
    assert_eq!(made.len(), (70 - HELD_OUT) * VIEWS + 70 + HELD_OUT);
    assert_eq!(trained(features.path(), usize::MAX).0, expected);

    for (index, (path, bytes)) in made.iter().enumerate().step_by(9) {
        let mut damaged = bytes.clone();
        damaged[index % bytes.len()] ^= 1;
        fs::write(path, &damaged).unwrap();
    }
    fs::write(made.keys().next().unwrap(), "").unwrap();
    assert_eq!(trained(features.path(), usize::MAX).0, expected);
    assert!(files(features.path()) == made, "made again, bit for bit");

    let others = tempfile::tempdir().unwrap();
    let (stopped, stops) = trained(others.path(), 13);
    assert!(stops > 10, "{stops}");
    assert_eq!(stopped, expected);
}
