//! Texts for the classes: CLIP's tokenizer and sets of descriptions.

mod clean;
pub mod description_set;
pub mod tokenizer;

pub use description_set::{DescriptionSet, DescriptionSetError};
pub use tokenizer::{TokenizeError, Tokenizer};
