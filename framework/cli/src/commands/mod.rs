//! One file a command.

pub mod data;
pub mod doctor;
pub mod eval;
pub mod note;
pub mod plugins;
pub mod predict;
pub mod pretrain;
pub mod prompts;
pub mod published;
pub mod report;
pub mod rm;
pub mod run;
pub mod schema;
pub mod store;
pub mod weights;
