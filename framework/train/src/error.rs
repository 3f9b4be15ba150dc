//! Why a run failed.

use exp_data::DataError;
use exp_model::backbone::BackboneError;
use exp_model::prompt::PromptError;
use exp_weights::WeightError;

use crate::state::StateError;

/// Why a run failed.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// A clip cannot be read.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The backbone cannot be loaded.
    #[error(transparent)]
    Backbone(#[from] BackboneError),
    /// A prompt cannot be encoded.
    #[error(transparent)]
    Prompt(#[from] PromptError),
    /// A checkpoint cannot be written.
    #[error(transparent)]
    Weights(#[from] WeightError),
    /// A checkpoint's settings cannot be written down.
    #[error("cannot write what a checkpoint says of itself")]
    Card(#[from] serde_json::Error),
    /// Figures could not be kept.
    #[error("{0}")]
    Sink(String),
    /// The state to go on from does not fit.
    #[error(transparent)]
    State(#[from] StateError),
    /// The loss is no number any more.
    #[error(
        "training diverged: the loss was {loss} in epoch {epoch}, step {step}; a smaller learning \
         rate may help"
    )]
    Diverged {
        /// The epoch, counted from 1.
        epoch: usize,
        /// The step in it, counted from 1.
        step: usize,
        /// NaN or an infinity.
        loss: f64,
    },
    /// The settings leave nothing to learn.
    #[error(
        "there is nothing to train: the temporal model has no parameters, nothing is learned around \
         the prompts, and `train.learning_rate.image` is 0"
    )]
    NothingToTrain,
    /// A model of other classes than the benchmark's.
    #[error(
        "the model gave {logits} logits for {clips} clips and {classes} classes: it was made for \
         another number of classes"
    )]
    Logits {
        /// How many logits it gave.
        logits: usize,
        /// How many clips it was asked about.
        clips: usize,
        /// How many classes the benchmark has.
        classes: usize,
    },
    /// A benchmark's fold has no test clip.
    #[error("there is no test clip, so nothing could be measured")]
    NoTestClip,
}

impl TrainError {
    /// Whether something could not be written down: a full disk, say. The run itself is sound, and
    /// goes on from its last state once there is room.
    pub fn is_of_the_disk(&self) -> bool {
        match self {
            Self::Weights(WeightError::Write { .. })
            | Self::State(StateError::Unwritten(WeightError::Write { .. }))
            | Self::Sink(_) => true,
            Self::Data(error) => error.is_of_the_disk(),
            _ => false,
        }
    }
}
