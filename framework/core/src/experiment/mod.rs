//! From an experiment's YAML to a plan of runs.
//!
//! Four layers of settings, the later one wins: the benchmark's protocol file, the experiment's
//! `base`, the grid point, and `--set` on the command line.

mod activation;
mod augment;
mod fields;
mod identity;
mod image_encoder;
mod plan;
mod precision;
mod schema;
mod settings;
mod source;
mod spec;

pub use activation::Activation;
pub use augment::{Augmentation, RandomResizedCrop};
pub use identity::{Identity, TRAINING_MEANING, run_id};
pub use image_encoder::{FROZEN_NOTE, Frozen, ImageEncoder, is_frozen};
pub use plan::{Level, PlannedRun, plan};
pub use precision::{CUDA_F32, Precision, TF32_NOTE};
pub use schema::{experiment_schema, protocol_schema};
pub use settings::{
    ClipSettings, DamagedFrame, Decays, LearningRates, Normalize, Settings, ShortClip, TAGGED,
    Training, held_out_share,
};
pub use source::ClipSource;
pub use spec::{Axis, Compare, Experiment};
