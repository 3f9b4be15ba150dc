//! What goes wrong with weight files.

use std::path::PathBuf;

/// A file that cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum WeightError {
    /// The file cannot be opened, or reading from it fails.
    #[error("cannot read the weights in {path}: {error}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The file is of no kind that holds weights.
    #[error(
        "{name} is not a weight file: expected safetensors or a PyTorch file (.pt, .pth, .bin), found {found}"
    )]
    Kind {
        /// The file.
        name: String,
        /// What it seems to be.
        found: String,
    },
    /// The file is damaged, or holds what is not supported.
    #[error("cannot use the weights in {name}: {reason}")]
    Format {
        /// The file.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// The file cannot be written.
    #[error("cannot write {path}: {error}")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
}
