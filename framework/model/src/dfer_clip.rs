//! DFER-CLIP (Zhao and Patras, "Prompting Visual-Language Models for Dynamic Facial Expression
//! Recognition", BMVC 2023): CLIP's image encoder on every frame, a temporal model over the
//! frames, and the cosine similarity to each class's prompt.

use burn::module::{Initializer, Module, Param};
use burn::tensor::{Device, Tensor};
use exp_core::experiment::Precision;

use crate::clip::{Clip, TextTransformer, VisionTransformer, normalized};
use crate::ops::in_precision;
use crate::prompt::ClassPrompts;
use crate::temporal::TemporalModel;

/// What cosine similarities are divided by to give logits.
pub const TEMPERATURE: f64 = 0.01;

/// Standard deviation of the context vectors' initial values.
pub const CONTEXT_STD: f64 = 0.02;

/// The model. The paths of its parameters begin with `image.`, `temporal.`, `text.` or `context`.
#[derive(Module, Debug)]
pub struct DferClip<T: TemporalModel> {
    /// CLIP's image encoder, trained.
    pub image: VisionTransformer,
    /// The temporal model, trained.
    pub temporal: T,
    /// CLIP's text encoder, frozen; gradients flow through it to the context.
    pub text: TextTransformer,
    /// The learnable context: `[classes, tokens, width]`, or `[1, tokens, width]` where all
    /// classes share it.
    pub context: Option<Param<Tensor<3>>>,
    /// What matrix products are computed in.
    #[module(skip)]
    pub precision: Precision,
}

impl<T: TemporalModel> DferClip<T> {
    /// Puts a model together from a pretrained CLIP and a temporal model, with a context that
    /// fits the prompts. It computes in `f32`.
    pub fn new(clip: Clip, temporal: T, prompts: &ClassPrompts, device: &Device) -> Self {
        let normal = Initializer::Normal {
            mean: 0.0,
            std: CONTEXT_STD,
        };
        Self {
            image: clip.visual,
            temporal,
            text: clip.text.freeze(),
            context: prompts
                .context_shape()
                .map(|shape| normal.init(shape, device)),
            precision: Precision::F32,
        }
    }

    /// Features of every frame: `[batch, frames, 3, height, width]` to
    /// `[batch, frames, features]`.
    pub fn image_features(&self, clips: Tensor<5>) -> Tensor<3> {
        let [batch, frames, channels, height, width] = clips.dims();
        let images = clips.reshape([batch * frames, channels, height, width]);
        let features = in_precision(self.precision, || self.image.forward(images));
        let [_, width] = features.dims();
        features.reshape([batch, frames, width])
    }

    /// Features of clips: `[batch, frames, 3, height, width]` to `[batch, features]`, not
    /// normalised.
    pub fn video_features(&self, clips: Tensor<5>) -> Tensor<2> {
        self.clip_features(self.image_features(clips))
    }

    /// Features of clips from those of their frames: `[batch, frames, features]` to
    /// `[batch, features]`, not normalised.
    pub fn clip_features(&self, frames: Tensor<3>) -> Tensor<2> {
        in_precision(self.precision, || self.temporal.forward(frames))
    }

    /// Features of the classes: `[classes, features]`, not normalised.
    pub fn text_features(&self, prompts: &ClassPrompts) -> Tensor<2> {
        let context = self.context.as_ref().map(|context| context.val());
        in_precision(self.precision, || prompts.features(&self.text, context))
    }
}

/// Logits `[batch, classes]`: cosine similarities over the temperature.
pub fn logits(video: Tensor<2>, text: Tensor<2>) -> Tensor<2> {
    normalized(video)
        .matmul(normalized(text).transpose())
        .div_scalar(TEMPERATURE)
}
