use exp_core::bounded::Within;
use exp_core::plugin::{ContextLayout, ContextSource, Position};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Context vectors that are learned beside the class text, as in CoOp (Zhou et al., "Learning to
/// Prompt for Vision-Language Models", IJCV 2022).
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Learnable {
    /// Context vectors a prompt.
    tokens: Within<1, 32>,
    /// One set of vectors a class, or one that all classes share.
    #[serde(default = "yes")]
    per_class: bool,
    /// Where the class text stands among the vectors.
    #[serde(default)]
    position: Position,
}

fn yes() -> bool {
    true
}

impl ContextSource for Learnable {
    fn layout(&self) -> Option<ContextLayout> {
        Some(ContextLayout {
            tokens: self.tokens.get(),
            per_class: self.per_class,
            position: self.position,
        })
    }
}
