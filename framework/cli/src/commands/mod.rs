//! One file a command.

pub mod bench;
pub mod data;
pub mod diff;
pub mod doctor;
pub mod eval;
pub mod gc;
pub mod logs;
pub mod note;
pub mod plugins;
pub mod predict;
pub mod pretrain;
pub mod prompts;
pub mod published;
pub mod report;
pub mod repro;
pub mod rm;
pub mod run;
pub mod runs;
pub mod schema;
pub mod serve;
pub mod show;
pub mod store;
pub mod weights;
