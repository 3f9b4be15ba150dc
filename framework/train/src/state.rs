//! The state of a run that is not done: what to go on from, in one file that is whole or not there.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use exp_core::event::Prediction;
use exp_core::metrics::Rule;
use exp_weights::{WeightError, Weights, write};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::learner::Learner;
use crate::pass::Pass;
use crate::run::{Trained, model_file};

/// The file in the run's folder of checkpoints.
const FILE: &str = "state.safetensors";

/// The entry of its metadata that holds [`Progress`], and that of the checksum over this text and
/// all tensors.
const PROGRESS: &str = "exp_state";
const CHECKSUM: &str = "sha256";

/// Values that are hashed at a time.
const CHUNK: usize = 1 << 14;

/// Why there is nothing to go on from, though there is a file.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The file cannot be read as weights.
    #[error("the state of the run cannot be used: {0}")]
    Unreadable(WeightError),
    /// The file cannot be written.
    #[error(transparent)]
    Unwritten(WeightError),
    /// Something in it changed since it was written, or it is none.
    #[error("the state of the run in {path} is damaged: {found}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        found: String,
    },
    /// It is another run's.
    #[error("the state in {path} is that of run {found}, not of run {run}")]
    OtherRun {
        /// The file.
        path: PathBuf,
        /// Whose it is.
        found: String,
        /// Whose it should be.
        run: String,
    },
    /// A model that it counts on is gone.
    #[error("{path} is missing, the model of epoch {epoch}, which was the best one")]
    ModelGone {
        /// The model's file.
        path: PathBuf,
        /// Its epoch.
        epoch: usize,
    },
    /// Its tensors are not those of this model.
    #[error("the state of the run does not fit the model")]
    Unfit(#[from] exp_model::parameters::LoadError),
    /// It cannot be written down.
    #[error("cannot write down how far the run has come")]
    Progress(#[from] serde_json::Error),
}

/// How far a run has come.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Progress {
    /// The run's content id.
    pub run: String,
    /// Epochs that are trained and evaluated.
    pub epochs: usize,
    /// What the epoch in work has brought so far.
    pub pass: Pass,
    /// The figures of the last of them.
    pub last: Trained,
    /// The best epoch so far on the test clips.
    pub best: Option<Best>,
    /// That on the clips that are kept out of training, where there are any.
    pub held_out: Option<Best>,
}

impl Progress {
    /// The best epochs so far, each with the rule that selects it.
    pub(crate) fn bests(&self) -> impl Iterator<Item = (Rule, &Best)> {
        let both = [
            (Rule::BestTest, &self.best),
            (Rule::HeldOut, &self.held_out),
        ];
        both.into_iter()
            .filter_map(|(rule, best)| Some((rule, best.as_ref()?)))
    }

    /// The best epoch so far under a rule that asks for one.
    pub(crate) fn best_mut(&mut self, rule: Rule) -> Option<&mut Option<Best>> {
        match rule {
            Rule::Last => None,
            Rule::BestTest => Some(&mut self.best),
            Rule::HeldOut => Some(&mut self.held_out),
        }
    }
}

/// A best epoch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Best {
    /// The epoch, counted from 1.
    pub epoch: usize,
    /// The WAR that it was chosen by, in percent.
    pub war: f64,
    /// The test clips' names, their labels and what was predicted.
    predictions: Vec<(String, usize, usize)>,
}

impl Best {
    pub(crate) fn new(epoch: usize, war: f64, predictions: &[Prediction]) -> Self {
        let row = |p: &Prediction| (p.clip.clone(), p.target, p.predicted);
        Self {
            epoch,
            war,
            predictions: predictions.iter().map(row).collect(),
        }
    }

    pub(crate) fn predictions(&self) -> Vec<Prediction> {
        let row = |(clip, target, predicted): &(String, usize, usize)| Prediction {
            clip: clip.clone(),
            target: *target,
            predicted: *predicted,
        };
        self.predictions.iter().map(row).collect()
    }
}

/// What a run that was left goes on from.
#[derive(Debug)]
pub struct TrainingState {
    pub(crate) progress: Progress,
    weights: Weights,
}

impl TrainingState {
    /// Reads the state of a run out of its folder of checkpoints; `None` where there is none.
    ///
    /// # Errors
    /// When the file is damaged or another run's: every bit of it is checked.
    pub fn read(folder: &Path, run: &str) -> Result<Option<Self>, StateError> {
        let path = folder.join(FILE);
        if !path.exists() {
            return Ok(None);
        }
        let damaged = |found: String| StateError::Damaged {
            path: path.clone(),
            found,
        };
        let weights = Weights::open(&path).map_err(StateError::Unreadable)?;
        let entry = |name: &str| {
            let entry = weights.metadata().get(name);
            entry.ok_or_else(|| damaged(format!("its metadata have no `{name}`")))
        };
        let (text, expected) = (entry(PROGRESS)?, entry(CHECKSUM)?);
        let mut checksum = Checksum::of(text);
        for name in weights.names() {
            let shape = weights.shape(name).unwrap_or_default();
            checksum.add(
                name,
                shape,
                &weights.read(name).map_err(StateError::Unreadable)?,
            );
        }
        if checksum.digits() != *expected {
            return Err(damaged(
                "its contents are not those that were written".to_owned(),
            ));
        }
        let progress: Progress =
            serde_json::from_str(text).map_err(|error| damaged(error.to_string()))?;
        if progress.run != run {
            return Err(StateError::OtherRun {
                path,
                found: progress.run,
                run: run.to_owned(),
            });
        }
        for (rule, best) in progress.bests() {
            let model = model_file(folder, rule, best.epoch);
            if !model.is_file() {
                return Err(StateError::ModelGone {
                    path: model,
                    epoch: best.epoch,
                });
            }
        }
        Ok(Some(Self { progress, weights }))
    }

    /// How many epochs are trained and evaluated.
    pub fn epochs_done(&self) -> usize {
        self.progress.epochs
    }

    /// How many steps of the next epoch are done.
    pub fn steps_done(&self) -> usize {
        self.progress.pass.steps
    }

    /// Makes a fresh learner the one that was left.
    pub(crate) fn restore(&self, learner: &mut dyn Learner) -> Result<(), StateError> {
        Ok(learner.resume(&self.weights)?)
    }
}

/// Makes this the state to go on from.
pub(crate) fn commit(
    folder: &Path,
    progress: &Progress,
    learner: &dyn Learner,
) -> Result<(), StateError> {
    let tensors = learner.state();
    let text = serde_json::to_string(progress)?;
    let mut checksum = Checksum::of(&text);
    for (name, (shape, values)) in &tensors {
        checksum.add(name, shape, values);
    }
    let metadata = BTreeMap::from([
        (PROGRESS.to_owned(), text),
        (CHECKSUM.to_owned(), checksum.digits()),
    ]);
    write(&folder.join(FILE), &tensors, None, false, &metadata).map_err(StateError::Unwritten)
}

/// Removes the state of a run that is done, if there is one.
pub fn discard_state(folder: &Path) -> io::Result<()> {
    match std::fs::remove_file(folder.join(FILE)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// SHA-256 of how far the run has come and of all names, shapes and values.
struct Checksum(Sha256);

impl Checksum {
    fn of(progress: &str) -> Self {
        Self(Sha256::new_with_prefix(progress))
    }

    fn add(&mut self, name: &str, shape: &[usize], values: &[f32]) {
        self.0.update(format!("{name}{shape:?}"));
        for chunk in values.chunks(CHUNK) {
            let bytes: Vec<u8> = chunk.iter().flat_map(|value| value.to_le_bytes()).collect();
            self.0.update(&bytes);
        }
    }

    fn digits(self) -> String {
        let digest = self.0.finalize();
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
