//! CLIP and DFER-CLIP in Burn, and their weights in and out.

pub mod backbone;
pub mod clip;
pub mod device;
pub mod dfer_clip;
pub mod prompt;
pub mod temporal;
pub mod weights;
