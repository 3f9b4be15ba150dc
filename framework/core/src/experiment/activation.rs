//! The one thing of a CLIP that no tensor shows.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The activation in the backbone's perceptrons. The tensors of a file do not show which one they
/// were trained with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// x * sigmoid(1.702 x): OpenAI's weights, from wherever they come.
    #[default]
    QuickGelu,
    /// The exact GELU: most weights of OpenCLIP's own, such as those trained on LAION.
    Gelu,
}
