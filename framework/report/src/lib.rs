//! Reports: what the runs of an experiment measured, summed up once and shown as a page or as
//! plain text.
//!
//! A [`Report`] holds the store's data of an experiment and its [`Summary`], in which every figure
//! is computed from the predictions of single clips. The exporters ([`export`]) and
//! [`terminal::table`] only show it.

mod across;
mod beside;
pub mod charts;
mod describe;
mod document;
pub mod export;
mod figure;
pub mod published;
mod report;
pub mod similarity;
pub mod statistics;
pub mod summary;
mod templates;
pub mod terminal;
pub mod text;
pub mod verdict;

pub use export::ReportError;
pub use figure::{Figure, SeedValue};
pub use report::{Report, View};
pub use summary::{Summary, summarize};
pub use verdict::{Options, Verdict, VerdictError, verdict};
