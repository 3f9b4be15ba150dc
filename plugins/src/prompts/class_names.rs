use std::path::Path;

use exp_core::plugin::{PluginError, PromptSource};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The bare class name, with a full stop as in the reference: `happiness.`.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClassNames {}

impl PromptSource for ClassNames {
    fn texts(&self, classes: &[String], _: &Path) -> Result<Vec<Vec<String>>, PluginError> {
        Ok(classes
            .iter()
            .map(|class| vec![format!("{class}.")])
            .collect())
    }
}
