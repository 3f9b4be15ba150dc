//! Reports: what the runs of an experiment measured, summed up once and shown as a page or as
//! plain text.
//!
//! [`summarize`] turns the store's data into a [`Summary`], in which every figure is computed from
//! the predictions of single clips; [`html::page`] and [`terminal::table`] only show it.

pub mod charts;
mod describe;
mod figure;
pub mod html;
pub mod published;
pub mod similarity;
pub mod statistics;
pub mod summary;
pub mod terminal;
pub mod text;
pub mod verdict;

pub use figure::{Figure, SeedValue};
pub use html::ReportError;
pub use summary::{Summary, summarize};
pub use verdict::{Options, Verdict, verdict};
