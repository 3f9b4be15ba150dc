//! Every figure of every run, in one SQLite file.
//!
//! [`Store::open`] opens or makes the file. An experiment is recorded and its runs are planned; a
//! process claims a run and begins it, a [`Writer`] takes the events of its training, and it is
//! finished, failed or interrupted. [`Store::experiment`] gives everything back for a report.
//!
//! All methods block, on a runtime of the store's own, and so must not be called from async code.
//! Any number of threads and programs may use one file: writers take turns, and readers see the
//! state as of their first look and wait for nobody (SQLite's write-ahead log).

mod backup;
mod check;
mod claim;
mod compare;
mod error;
mod evaluations;
mod experiment_record;
mod figures;
mod file_system;
pub mod files;
mod forget;
mod gather;
mod list;
mod llm_calls;
mod memberships;
mod merge;
mod models;
mod one_run;
mod open;
mod plan;
mod process;
mod read;
mod record;
mod requeue;
mod rows;
mod runs;
mod sql;
mod store;
mod text;
mod writer;

pub use check::{CheckReport, Problem, check};
pub use claim::{Claim, HEARTBEAT};
pub use compare::{ChangedRun, PlanChange, SettingChange, compare_plans, compare_settings};
pub use error::StoreError;
pub use evaluations::{EvaluationLine, EvaluationRecord};
pub use file_system::FileSystem;
pub use list::{RunFilter, RunLine, SelectedFigures};
pub use merge::{Conflict, DifferentPoint, DifferentSelection, Merged};
pub use models::RunModels;
pub use record::{
    Checkpoint, ExperimentData, ExperimentRecord, History, Membership, NewRun, Note, PromptRecord,
    RunRecord, Selection, Status,
};
pub use sql::{SqlAnswer, query};
pub use store::Store;
pub use writer::{RunSink, Writer};
