//! What can go wrong between a list of clips and a batch of pixels.

use std::io::ErrorKind;
use std::path::PathBuf;

use thiserror::Error;

/// An error of the data path. Messages name the file, what was expected of it and what to do.
#[derive(Debug, Error)]
pub enum DataError {
    /// A file or folder could not be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// A file is there but holds no image that can be decoded.
    #[error(
        "{} is not a readable JPEG or PNG image ({reason}); extract this frame again or take it out of its folder",
        path.display()
    )]
    Decode {
        /// The image file.
        path: PathBuf,
        /// The decoder's reason.
        reason: String,
    },
    /// A frame that a model is to see cannot be decoded, and the rule is to stop.
    #[error("{0}, or let its neighbour stand in for it (`clip.damaged: repeat_neighbour`)")]
    Damaged(Box<DataError>),
    /// The file that keeps decoded frames could not be made.
    #[error(
        "cannot make a file for decoded frames in {}: {source}; name a folder that can be written to, or set `train.cache_gib` to 0",
        folder.display()
    )]
    Cache {
        /// The folder.
        folder: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// A file of frame features cannot be read or written.
    #[error(
        "cannot use the frame features in {}: {source}; files there can be removed, they are made again",
        path.display()
    )]
    Features {
        /// The file.
        path: PathBuf,
        /// The operating system's reason, or that the file is damaged.
        source: std::io::Error,
    },
    /// A clip has no frame.
    #[error("the clip has no frame; extract its frames or take it out of the list")]
    EmptyClip,
    /// An error inside one clip.
    #[error("clip {clip}: {error}")]
    Clip {
        /// Name of the clip.
        clip: String,
        /// What went wrong in it. Not a source: the message has it already.
        error: Box<DataError>,
    },
    /// Training would drop its only, incomplete batch.
    #[error(
        "training has {clips} clips, but a batch takes {batch} and an incomplete batch is dropped, so nothing would be trained; choose a batch of at most {clips}"
    )]
    TooFewClips {
        /// Clips there are.
        clips: usize,
        /// Clips in a batch.
        batch: usize,
    },
    /// A size of the loader is zero.
    #[error("the loader's `{name}` is 0; it must be at least 1")]
    ZeroSetting {
        /// The setting.
        name: &'static str,
    },
    /// A loader's thread ended without delivering its clip.
    #[error("a thread that reads clips ended early; its message stands above, please report it")]
    WorkerLost,
    /// A line of a list file cannot be used.
    #[error("{}:{line}: {message}", file.display())]
    ListLine {
        /// The list file.
        file: PathBuf,
        /// Line number, from 1.
        line: usize,
        /// What was expected, what was found, and what to do.
        message: String,
    },
    /// A list file names no clip at all.
    #[error(
        "{} lists no clip; expected lines of the form `{expected}`",
        file.display()
    )]
    EmptyList {
        /// The list file.
        file: PathBuf,
        /// What a line looks like.
        expected: &'static str,
    },
    /// A list file as a whole cannot be what it is read as.
    #[error("{}: {message}", file.display())]
    List {
        /// The list file.
        file: PathBuf,
        /// What was expected, what was found, and what to do.
        message: String,
    },
    /// A benchmark's folder does not look as its authors hand it out.
    #[error("{} has no {expected}; {advice}", folder.display())]
    Layout {
        /// The folder.
        folder: PathBuf,
        /// What it should have.
        expected: String,
        /// What there is instead, and what to do.
        advice: String,
    },
}

impl DataError {
    /// The same error, with the clip it happened in.
    pub(crate) fn in_clip(self, clip: &str) -> Self {
        DataError::Clip {
            clip: clip.to_owned(),
            error: Box::new(self),
        }
    }

    /// Whether a file of our own could not be written for a reason of the disk's: full, or
    /// write-protected.
    pub fn is_of_the_disk(&self) -> bool {
        let (Self::Cache { source, .. } | Self::Features { source, .. }) = self else {
            return false;
        };
        matches!(
            source.kind(),
            ErrorKind::StorageFull
                | ErrorKind::QuotaExceeded
                | ErrorKind::FileTooLarge
                | ErrorKind::ReadOnlyFilesystem
                | ErrorKind::PermissionDenied
        )
    }
}
