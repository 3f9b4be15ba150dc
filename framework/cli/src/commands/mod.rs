//! One file a command.

pub mod data;
pub mod eval;
pub mod plugins;
pub mod predict;
pub mod pretrain;
pub mod prompts;
pub mod published;
pub mod report;
pub mod run;
pub mod schema;
pub mod serve;
pub mod weights;
