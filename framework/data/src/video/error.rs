//! What can go wrong on the way from a video to frames of a face.

use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::error::DataError;

/// An error while videos become frames. Messages say what to do.
#[derive(Debug, Error)]
pub enum VideoError {
    /// There is no program `ffmpeg`.
    #[error(
        "videos are decoded by the program `ffmpeg`, and there is none on the PATH; install it: \
         `sudo apt install ffmpeg` (Debian, Ubuntu), `sudo dnf install ffmpeg-free` (Fedora), \
         `brew install ffmpeg` (macOS), `winget install ffmpeg` (Windows)"
    )]
    NoFfmpeg,
    /// The program `ffmpeg` cannot be used.
    #[error("cannot run `ffmpeg`: {0}")]
    Ffmpeg(std::io::Error),
    /// ffmpeg found something that it cannot decode.
    #[error("{} cannot be decoded: {reason}; try to play it, and get or convert it again", path.display())]
    Broken {
        /// The video.
        path: PathBuf,
        /// ffmpeg's words.
        reason: String,
    },
    /// A frame has another size than those before it.
    #[error(
        "frame {frame} has {found:?} pixels (width, height), those before it {expected:?}; a clip's frames \
         must have one size, since a square of one size is cut out of all of them"
    )]
    Size {
        /// Number of the frame, from 1.
        frame: usize,
        /// Its width and height.
        found: (usize, usize),
        /// That of the frames before it.
        expected: (usize, usize),
    },
    /// The file of boxes gives one to a frame that the clip does not have.
    #[error("the boxes name frame {frame}, but the clip has {frames}")]
    BoxBeyond {
        /// The frame with a box, from 1.
        frame: usize,
        /// How many there are.
        frames: usize,
    },
    /// The built-in detector's weights cannot be read.
    #[error("the built-in face detector is damaged ({0}); build the program again")]
    Detector(String),
    /// The input holds nothing to prepare, or names clash in it.
    #[error("{}: {message}", path.display())]
    Input {
        /// The input's file or folder.
        path: PathBuf,
        /// What was expected, what was found, and what to do.
        message: String,
    },
    /// A line of the file of boxes cannot be used.
    #[error("{}: {message}", path.display())]
    Boxes {
        /// The file.
        path: PathBuf,
        /// What is wrong and in which line.
        message: String,
    },
    /// The output folder was made with other settings, or another process writes to it.
    #[error("{}: {message}", path.display())]
    Output {
        /// The output folder.
        path: PathBuf,
        /// What is wrong and what to do.
        message: String,
    },
    /// A frame could not be written.
    #[error("cannot write the frame {}: {reason}", path.display())]
    Encode {
        /// The frame's file.
        path: PathBuf,
        /// The encoder's reason.
        reason: jpeg_encoder::EncodingError,
    },
    /// A file could not be read, written or moved.
    #[error("cannot {action} {}: {reason}", path.display())]
    Io {
        /// What was to be done.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The operating system's reason.
        reason: std::io::Error,
    },
    /// A folder holds no frames, or each twice.
    #[error("{0}")]
    Frames(String),
    /// A frame of a folder cannot be read.
    #[error(transparent)]
    Frame(#[from] DataError),
}

impl VideoError {
    /// For `map_err`: an operating system's error with what was to be done.
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |reason| VideoError::Io {
            action,
            path,
            reason,
        }
    }
}
