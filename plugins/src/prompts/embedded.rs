use std::path::Path;

use exp_core::plugin::{PluginError, PromptSource};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The class texts that a checkpoint of DFER-CLIP's authors carries, already embedded; for
/// evaluating such a checkpoint as it was trained.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Embedded {}

impl PromptSource for Embedded {
    fn texts(&self, _: &[String], _: &Path) -> Result<Vec<Vec<String>>, PluginError> {
        Err(
            "`embedded` has no texts to train with: they are in a checkpoint that `exp eval` \
             evaluates"
                .into(),
        )
    }

    fn is_embedded(&self) -> bool {
        true
    }
}
