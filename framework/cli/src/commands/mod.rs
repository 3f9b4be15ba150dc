//! One file a command.

pub mod data;
pub mod doctor;
pub mod eval;
pub mod note;
pub mod diff;
pub mod eval;
pub mod gc;
pub mod logs;
pub mod plugins;
pub mod predict;
pub mod pretrain;
pub mod prompts;
pub mod published;
pub mod report;
pub mod rm;
pub mod repro;
pub mod run;
pub mod runs;
pub mod schema;
pub mod store;
pub mod show;
pub mod weights;
