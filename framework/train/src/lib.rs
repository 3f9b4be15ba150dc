//! Training: the learner, the loop over epochs, the optimiser's groups, checkpoints, and the
//! pretraining of the small CLIP.

mod error;
mod evaluate;
mod learner;
mod optimiser;
mod plugin;
pub mod pretrain;
mod run;

pub use error::TrainError;
pub use evaluate::{Evaluation, evaluate};
pub use learner::{DferClipLearner, Learner};
pub use optimiser::Rates;
pub use plugin::{LearnerParts, Registry, TemporalPlugin};
pub use run::{Run, Trained};
