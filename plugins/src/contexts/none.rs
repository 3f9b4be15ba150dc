use exp_core::plugin::{ContextLayout, ContextSource};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Nothing is learned around the class texts, so their features are constants.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoContext {}

impl ContextSource for NoContext {
    fn layout(&self) -> Option<ContextLayout> {
        None
    }
}
