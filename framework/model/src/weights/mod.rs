//! Weights in and out: named tensors in a safetensors file, and Burn modules filled from them.
//!
//! Files hold linear weights as PyTorch does (`[out, in]`) under OpenAI's names.

mod file;
mod module;
mod names;

pub use file::{TokenRows, WeightError, Weights, write};
pub use module::{LoadError, collect, load};
