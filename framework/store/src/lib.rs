//! Every figure of every run, in one SQLite file.
//!
//! [`Store::open`] opens or makes the file. An experiment is recorded and its runs are planned; a
//! run is started, a [`Writer`] takes the events of its training, and it is finished or failed.
//! [`Store::experiment`] gives everything back for a report.
//!
//! All methods block, on a runtime of the store's own, and so must not be called from async code.
//! Any number of threads and programs may use one file: writers take turns, and readers see the
//! state as of their first look and wait for nobody (SQLite's write-ahead log).

mod error;
mod evaluations;
mod figures;
mod gather;
mod llm_calls;
mod open;
mod read;
mod record;
mod rows;
mod runs;
mod store;
mod text;
mod writer;

pub use error::StoreError;
pub use evaluations::EvaluationRecord;
pub use record::{
    Checkpoint, ExperimentData, ExperimentRecord, NewRun, PromptRecord, RunRecord, Selection,
    Status,
};
pub use store::Store;
pub use writer::{RunSink, Writer};
