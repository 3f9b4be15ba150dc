//! Clips on disk and the way from there to batches of pixels: list files, frame sampling, decoding,
//! augmentation, the loader; from videos to such clips; and the drawn benchmark `synthetic`.

pub mod adjust;
pub mod augment;
pub mod benchmarks;
mod cache;
pub mod check;
pub mod decode;
mod error;
mod features;
mod format;
pub mod frame_list;
mod held_out;
mod jpeg;
pub mod loader;
mod manifest;
mod natural;
mod png;
pub mod resize;
pub mod rows;
pub mod sampling;
pub mod strip;
pub mod synthetic;
pub mod transform;
pub mod video;

pub use cache::FrameCache;
pub use error::DataError;
pub use features::{FeatureFiles, View};
pub use held_out::{HeldOutClips, hold_out};
pub use manifest::manifest_hash;
