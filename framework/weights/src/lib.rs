//! Weight files of every kind, read as data: nothing in them is ever executed.

mod weights;

pub use weights::{Container, Layout, TokenRows, WeightError, Weights, write};
