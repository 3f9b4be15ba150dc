//! The exporters: one file each, all behind one trait.

mod csv;
mod html;
mod json;
pub(crate) mod latex;
pub(crate) mod markdown;
mod tensorboard;

use std::path::PathBuf;

use crate::Report;
use crate::summary::READ;

pub use html::{Html, IndexEntry, Live, body, index, index_body, page};
pub use json::{SCHEMA_VERSION, schema};

/// What an exporter made.
#[derive(Debug, Clone, PartialEq)]
pub enum Rendered {
    /// The text of one file.
    Text(String),
    /// Files in a folder, each with its path in it.
    Folder(Vec<(PathBuf, Vec<u8>)>),
}

/// A way to write reports down.
pub trait Exporter: Sync {
    /// Its name on the command line.
    fn name(&self) -> &'static str;

    /// What it is for, in a line.
    fn describes(&self) -> &'static str;

    /// The extension of its file, without the dot; `None` where it makes a folder.
    fn extension(&self) -> Option<&'static str>;

    /// The series of points that it reads; `None`: all that there are.
    fn series(&self) -> Option<&'static [&'static str]> {
        Some(&READ)
    }

    /// Writes down some experiments.
    fn render(&self, reports: &[Report]) -> Result<Rendered, ReportError>;
}

/// All there are; the first is the one unless told otherwise.
pub const EXPORTERS: [&dyn Exporter; 7] = [
    &Html,
    &markdown::Markdown,
    &latex::Latex,
    &csv::Long,
    &csv::Wide,
    &json::Json,
    &tensorboard::TensorBoard,
];

/// Why a report could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A template is wrong, or asks for what is not there.
    #[error("the report's template `{}` failed: {source:#}; this is a mistake in the program, not in your experiment", .source.name().unwrap_or("page.html"))]
    Template {
        /// What the template engine says.
        #[from]
        source: minijinja::Error,
    },
    /// A table could not be written.
    #[error(
        "the table could not be written: {0}; this is a mistake in the program, not in your experiment"
    )]
    Csv(#[from] ::csv::Error),
    /// A JSON document could not be written.
    #[error(
        "the JSON document could not be written: {0}; this is a mistake in the program, not in your experiment"
    )]
    Json(#[from] serde_json::Error),
}
