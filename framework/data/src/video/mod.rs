//! From videos to frames of faces: decoding by the program `ffmpeg`, a face detector, and a square
//! around the face that is cut out of a clip's frames.

mod boxes;
mod clip;
mod error;
mod face;
mod ffmpeg;
mod job;
mod log;
mod source;
mod yunet;

pub use clip::{NoFace, Outcome, PreparedClip, Record, SIDE, Settings, prepare_clip};
pub use error::VideoError;
pub use face::{Face, Square, main_face};
pub use job::Job;
pub use yunet::FaceDetector;
