use std::path::Path;

use exp_core::plugin::{PluginError, PromptSource};
use exp_prompts::description_set::DescriptionSet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A description for each class, from a set in the folder `prompts`.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Descriptions {
    /// The set's name: that of its file without `.yaml`.
    set: String,
}

impl PromptSource for Descriptions {
    fn texts(&self, classes: &[String], library: &Path) -> Result<Vec<String>, PluginError> {
        Ok(DescriptionSet::load(library, &self.set)?.for_classes(classes)?)
    }
}
