//! One file a command.

pub mod plugins;
pub mod pretrain;
pub mod prompts;
pub mod report;
pub mod run;
pub mod schema;
pub mod weights;
