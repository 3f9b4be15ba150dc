//! Weight files of every kind, read as data: nothing in them is ever executed. And the download of
//! published ones.

pub mod fetch;
mod weights;

pub use weights::{Container, Layout, TokenRows, WeightError, Weights, write};
