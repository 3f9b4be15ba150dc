//! What an experiment is, without tensors and without I/O: settings and their layers, the plan of
//! runs, run identity, clips, metrics, events, and the plugin traits that need no tensor.

pub mod bounded;
pub mod checkpoint;
pub mod clip;
pub mod event;
pub mod experiment;
pub mod llm_call;
pub mod metrics;
pub mod official;
pub mod plugin;
pub mod provenance;
pub mod tree;
