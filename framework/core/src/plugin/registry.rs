//! All plugins a binary knows.

use super::table::Table;
use super::traits::{Benchmark, ContextSource, PromptSource};
use crate::tree::{Diagnostic, Node};

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

    /// Checks the names of the plugins in one layer of settings. Another layer may replace a plugin
    /// wholly, and a misspelt name would go with it unseen.
    pub fn check_names(&self, layer: &Node) -> Result<(), Diagnostic> {
        let check = |key, names: &dyn Fn(&Node) -> Result<(), Diagnostic>| {
            layer.get(key).map_or(Ok(()), names)
        };
        check("benchmark", &|node| self.benchmarks.check_name(node))?;
        check("prompt", &|node| self.prompts.check_name(node))?;
        check("context", &|node| self.contexts.check_name(node))?;
        check("temporal", &|node| self.temporals.check_name(node))
    }
}

impl<T: ?Sized + 'static> Default for Registry<T> {
    fn default() -> Self {
        Self::new()
    }
}
