//! Training: the learner, the loop over epochs, the optimiser's groups, checkpoints, and the
//! pretraining of the small CLIP.

mod clock;
mod error;
mod evaluate;
mod figures;
mod frozen;
mod learner;
mod optimiser;
mod pass;
mod plugin;
pub mod pretrain;
mod run;
mod state;

pub use clock::GpuUse;
pub use error::TrainError;
pub use evaluate::{Evaluation, evaluate};
pub use learner::{DferClipLearner, Learner, Loss, Part, Tensors};
pub use optimiser::Rates;
pub use plugin::{LearnerParts, Registry, TemporalPlugin};
pub use run::{Ended, Run, Trained};
pub use state::{StateError, TrainingState, discard_state};
