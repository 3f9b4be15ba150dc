//! CLIP (Radford et al., "Learning Transferable Visual Models From Natural Language
//! Supervision", ICML 2021) with a vision transformer.
//!
//! Field names follow OpenAI's parameter names, so that a module's path in the tree is the
//! tensor's name in a file.

mod block;
mod cost;
mod sizes;
mod text;
mod vision;

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};
use exp_core::experiment::Activation;

pub use crate::ops::HEAD_WIDTH;
pub use block::layer_norm;
pub use sizes::{ClipSizes, SizeError};
pub use text::TextTransformer;
pub use vision::VisionTransformer;

/// Both towers of CLIP and the scale between them.
#[derive(Module, Debug)]
pub struct Clip {
    /// The image encoder.
    pub visual: VisionTransformer,
    /// The text encoder.
    pub text: TextTransformer,
    /// Logarithm of the factor on cosine similarities, `[1]`. DFER-CLIP does not use it.
    pub logit_scale: Param<Tensor<1>>,
}

impl Clip {
    /// A CLIP with random weights, as OpenAI initialises one.
    pub fn init(sizes: &ClipSizes, device: &Device) -> Self {
        Self {
            visual: VisionTransformer::init(sizes, device),
            text: TextTransformer::init(sizes, device),
            // 1 / 0.07, the initial temperature of the CLIP paper, section 2.4.
            logit_scale: Param::from_data([(1.0f32 / 0.07).ln()], device),
        }
    }

    /// The same with this activation in both encoders, instead of OpenAI's.
    pub fn with_activation(mut self, activation: Activation) -> Self {
        self.visual.transformer = self.visual.transformer.with_activation(activation);
        self.text.transformer = self.text.transformer.with_activation(activation);
        self
    }
}

/// Divides each row by its Euclidean norm: `[rows, width]`.
pub fn normalized(rows: Tensor<2>) -> Tensor<2> {
    let norm = rows.clone().powi_scalar(2).sum_dim(1).sqrt();
    rows / norm
}
