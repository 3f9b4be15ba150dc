//! The state of a run that is not done: what to go on from, in one file that is whole or not there.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use exp_core::event::Prediction;
use exp_core::metrics::Rule;
use exp_weights::{WeightError, Weights, write};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::learner::{Learner, Tensors};
use crate::pass::Pass;
use crate::run::{Trained, model_file};

/// The file in the run's folder of checkpoints.
const FILE: &str = "state.safetensors";

/// The entry of its metadata that holds [`Progress`].
const ENTRY: &str = "exp_state";

/// Why there is nothing to go on from, though there is a file.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The file cannot be read as weights.
    #[error("the state of the run cannot be used: {0}")]
    Unreadable(#[from] WeightError),
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
    #[error("the state of the run does not fit the model: {0}")]
    Unfit(#[from] exp_model::parameters::LoadError),
    /// It cannot be written down.
    #[error("cannot write down how far the run has come: {0}")]
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
    /// The best epoch so far.
    pub best: Option<Best>,
    /// SHA-256 of the tensors.
    pub tensors: String,
}

/// The best epoch on the test clips.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Best {
    /// The epoch, counted from 1.
    pub epoch: usize,
    /// Its WAR in percent.
    pub war: f64,
    /// The clips' names, their labels and what was predicted.
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
        let weights = Weights::open(&path)?;
        let text = weights.metadata().get(ENTRY);
        let text = text.ok_or_else(|| damaged(format!("its metadata have no `{ENTRY}`")))?;
        let progress: Progress =
            serde_json::from_str(text).map_err(|error| damaged(error.to_string()))?;
        if progress.run != run {
            return Err(StateError::OtherRun {
                path,
                found: progress.run,
                run: run.to_owned(),
            });
        }
        let mut tensors = Tensors::new();
        for name in weights.names() {
            let shape = weights.shape(name).unwrap_or_default().to_vec();
            tensors.insert(name.to_owned(), (shape, weights.read(name)?));
        }
        let progress_alone = Progress {
            tensors: String::new(),
            ..progress.clone()
        };
        if digest(&progress_alone, &tensors)? != progress.tensors {
            return Err(damaged(
                "its contents are not those that were written".to_owned(),
            ));
        }
        if let Some(best) = &progress.best {
            let model = model_file(folder, Rule::BestTest, best.epoch);
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
    let mut progress = progress.clone();
    progress.tensors = digest(&progress, &tensors)?;
    let entry = (ENTRY.to_owned(), serde_json::to_string(&progress)?);
    write(
        &folder.join(FILE),
        &tensors,
        None,
        false,
        &BTreeMap::from([entry]),
    )?;
    Ok(())
}

/// Removes the state of a run that is done, if there is one.
pub fn discard_state(folder: &Path) -> io::Result<()> {
    match std::fs::remove_file(folder.join(FILE)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// SHA-256 of how far the run has come and of all names, shapes and values.
fn digest(progress: &Progress, tensors: &Tensors) -> Result<String, StateError> {
    let mut hash = Sha256::new();
    hash.update(serde_json::to_vec(progress)?);
    for (name, (shape, values)) in tensors {
        hash.update(format!("{name}{shape:?}"));
        for value in values {
            hash.update(value.to_le_bytes());
        }
    }
    Ok(hash
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}
