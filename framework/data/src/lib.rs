//! Clips on disk and the way from there to batches of pixels: list files, frame sampling, decoding,
//! augmentation, the loader; from videos to such clips; and the drawn benchmark `synthetic`.

pub mod adjust;
pub mod augment;
pub mod decode;
mod error;
pub mod frame_list;
pub mod loader;
mod manifest;
mod natural;
pub mod resize;
pub mod sampling;
pub mod synthetic;
pub mod transform;
pub mod video;

pub use error::DataError;
pub use manifest::manifest_hash;
