//! All plugins a binary knows.

use super::table::Table;
use super::traits::{Benchmark, ContextSource, PromptSource};

/// The plugins of a binary, a table a kind. `T` is the trait of temporal models, which needs
/// tensors and is therefore named by the training crate.
pub struct Registry<T: ?Sized> {
    /// Sources of the class texts: `prompt:` in settings.
    pub prompts: Table<dyn PromptSource>,
    /// Learnable contexts: `context:`.
    pub contexts: Table<dyn ContextSource>,
    /// Temporal models: `temporal:`.
    pub temporals: Table<T>,
    /// Benchmarks: `benchmark:` in a protocol file.
    pub benchmarks: Table<dyn Benchmark>,
}

impl<T: ?Sized + 'static> Registry<T> {
    /// A registry without plugins.
    pub fn new() -> Self {
        Self {
            prompts: Table::new("prompt source"),
            contexts: Table::new("context"),
            temporals: Table::new("temporal model"),
            benchmarks: Table::new("benchmark"),
        }
    }
}

impl<T: ?Sized + 'static> Default for Registry<T> {
    fn default() -> Self {
        Self::new()
    }
}
