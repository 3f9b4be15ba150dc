//! Clips of a benchmark and how a benchmark is split for training and testing.

use std::path::PathBuf;

/// One video clip: a folder of face frames with a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clip {
    /// The clip's folder relative to the benchmark's root, with `/` between its parts. It names the
    /// clip in the store and in reports, and stays the same when the data move.
    pub name: String,
    /// The frame files in the order of time.
    pub frames: Vec<PathBuf>,
    /// Index into [`Split::classes`].
    pub label: usize,
    /// Who is seen, where the benchmark says so.
    pub subject: Option<String>,
}

/// One fold of a benchmark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// Class names in label order.
    pub classes: Vec<String>,
    /// Clips that training may see.
    pub train: Vec<Clip>,
    /// Clips that are only predicted.
    pub test: Vec<Clip>,
}
