use std::path::Path;

use exp_core::plugin::{PluginError, PromptSource};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One sentence for all classes, with the class name in it.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// The sentence; `{class}` stands for the class name.
    #[serde(default)]
    text: Sentence,
}

/// A sentence with a place for the class name.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub(super) struct Sentence(String);

const CLASS: &str = "{class}";

impl Default for Sentence {
    fn default() -> Self {
        Self("an expression of {class}.".to_owned())
    }
}

impl TryFrom<String> for Sentence {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.contains(CLASS) {
            return Ok(Self(text));
        }
        Err(format!(
            "expected a sentence with `{CLASS}` where the class name goes, found `{text}`"
        ))
    }
}

impl From<Sentence> for String {
    fn from(sentence: Sentence) -> Self {
        sentence.0
    }
}

impl Sentence {
    /// The sentence with a class's name in its place.
    pub(super) fn of(&self, class: &str) -> String {
        self.0.replace(CLASS, class)
    }
}

impl Clone for Sentence {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl PromptSource for Template {
    fn texts(&self, classes: &[String], _: &Path) -> Result<Vec<Vec<String>>, PluginError> {
        Ok(classes
            .iter()
            .map(|class| vec![self.text.of(class)])
            .collect())
    }
}
