//! Texts for the classes: CLIP's tokenizer and sets of descriptions.

pub mod check;
mod class_words;
mod clean;
pub mod description_set;
pub mod diff;
pub mod import;
pub mod llm;
mod ordered;
mod plain;
pub mod provenance;
pub mod python_lists;
pub mod tokenizer;

pub use check::{Fault, Limits, check_texts};
pub use description_set::{DescriptionSet, DescriptionSetError};
pub use import::{ImportError, import};
pub use tokenizer::{TokenizeError, Tokenizer};
