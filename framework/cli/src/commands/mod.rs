//! One file a command.

pub mod data;
pub mod plugins;
pub mod pretrain;
pub mod report;
pub mod run;
pub mod schema;
