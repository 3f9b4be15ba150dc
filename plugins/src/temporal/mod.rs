mod mean;
mod transformer;
mod transformer_mean;

pub use mean::Mean;
pub use transformer::Transformer;
pub use transformer_mean::TransformerMean;

use exp_core::bounded::Within;
use exp_model::temporal::TransformerSizes;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The sizes that both transformers share; the defaults are the paper's.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Sizes {
    /// Blocks.
    depth: Within<1, 32>,
    /// Attention heads.
    heads: Within<1, 64>,
    /// Width of a head.
    head_width: Within<1, 1024>,
    /// Width of the hidden layer of each block's perceptron.
    mlp_width: Within<1, 65536>,
}

impl Default for Sizes {
    fn default() -> Self {
        Self {
            depth: Within::literal(1),
            heads: Within::literal(8),
            head_width: Within::literal(64),
            mlp_width: Within::literal(1024),
        }
    }
}

impl From<&Sizes> for TransformerSizes {
    fn from(sizes: &Sizes) -> Self {
        Self {
            depth: sizes.depth.get(),
            heads: sizes.heads.get(),
            head_width: sizes.head_width.get(),
            mlp_width: sizes.mlp_width.get(),
        }
    }
}
