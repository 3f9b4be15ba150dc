//! CLIP and DFER-CLIP in Burn, and their parameters in and out.

pub mod backbone;
pub mod clip;
pub mod device;
pub mod dfer_clip;
mod names;
pub mod ops;
pub mod parameters;
pub mod prompt;
pub mod temporal;
