//! A prompt source: the text of each class stands in the experiment's file itself.
//!
//! This is the place to look for how to write a prompt source: a type that holds its settings, and
//! [`PromptSource`] for it.

use std::collections::BTreeMap;
use std::path::Path;

use exp_core::plugin::{PluginError, PromptSource};
use exp_core::tree::Diagnostic;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The text of each class, written in the settings.
// This documentation is what `exp plugins` prints and what editors show, here and at the fields.
#[derive(Serialize, Deserialize, JsonSchema)]
// Without it, serde would let a misspelt setting pass.
#[serde(deny_unknown_fields)]
pub struct Inline {
    /// From class to text. Texts of classes that a benchmark does not have are left aside, so one
    /// map serves several benchmarks.
    texts: BTreeMap<String, String>,
}

impl PromptSource for Inline {
    fn texts(&self, classes: &[String], _: &Path) -> Result<Vec<Vec<String>>, PluginError> {
        classes
            .iter()
            .map(|class| match self.texts.get(class) {
                Some(text) => Ok(vec![text.clone()]),
                None => Err(self.without_text(class)),
            })
            .collect()
    }
}

impl Inline {
    /// Any error will do, a plain text too (`"…".into()`): it is shown where the experiment chose
    /// the plugin. A diagnostic can also say what to do.
    fn without_text(&self, class: &str) -> PluginError {
        let known: Vec<&str> = self.texts.keys().map(String::as_str).collect();
        Diagnostic::new(format!("`texts` has none for the class `{class}`"))
            .help(format!("it has texts for: {}", known.join(", ")))
            .into()
    }
}
