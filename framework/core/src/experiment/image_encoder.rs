//! What becomes of CLIP's image encoder in training.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::bounded::Within;
use crate::tree::{Diagnostic, Node, decode};

/// What has to be known of figures that were measured with a frozen image encoder.
pub const FROZEN_NOTE: &str =
    "frozen image encoder: not comparable with published results, which train it";

/// What becomes of CLIP's image encoder in training.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImageEncoder {
    /// It is trained with the rest, at a learning rate of its own, as the reference does.
    #[default]
    Trained,
    /// It stays as it is, and sees each clip once for each view: what it says of the frames is kept
    /// in files beside the store, and only what is above it is trained.
    Frozen(Frozen),
}

/// What a frozen image encoder sees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Frozen {
    /// Times that the frames and the random changes of each training clip are drawn, the same for
    /// every seed; the epochs take these views in turn.
    pub views: Within<1, 1000>,
}

impl Default for Frozen {
    fn default() -> Self {
        Self {
            views: Within::literal(4),
        }
    }
}

impl ImageEncoder {
    /// Decodes it; `frozen` without settings has the default ones.
    pub(super) fn decode(node: &Node) -> Result<Self, Diagnostic> {
        match node.tag() {
            Some(("frozen", _, None)) => Ok(Self::Frozen(Frozen::default())),
            _ => decode(node),
        }
    }
}

/// Whether a run's settings, as the store keeps them, freeze the image encoder.
pub fn is_frozen(settings: &Json) -> bool {
    settings.pointer("/image_encoder/frozen").is_some()
}
