//! The plugin trait of temporal models.

use burn::tensor::Device;
use exp_core::experiment::Precision;
use exp_model::clip::Clip;
use exp_model::prompt::ClassPrompts;

use crate::learner::Learner;
use crate::optimiser::Rates;

/// All plugins of a binary.
pub type Registry = exp_core::plugin::Registry<dyn TemporalPlugin>;

/// What a learner is made of.
pub struct LearnerParts {
    /// The pretrained CLIP, on `device`.
    pub clip: Clip,
    /// The prompts of the classes.
    pub prompts: ClassPrompts,
    /// Frames a clip.
    pub frames: usize,
    /// Width of the features of a frame.
    pub features: usize,
    /// The optimiser's settings.
    pub rates: Rates,
    /// Clips that go through the model at once; `None` for the whole batch.
    pub micro_batch: Option<usize>,
    /// What matrix products are computed in.
    pub precision: Precision,
    /// The device, with gradients.
    pub device: Device,
}

/// How frame features become a clip feature.
///
/// A Burn module cannot be a trait object, so a plugin hands back the learner that trains it:
/// `Box::new(DferClipLearner::new(parts, module))`, where the module implements
/// [`TemporalModel`](exp_model::temporal::TemporalModel) and has the device of the parts.
pub trait TemporalPlugin: Send + Sync {
    /// A learner with fresh weights for the temporal model.
    ///
    /// The device's random numbers are seeded before the call, and nobody else draws from them
    /// until it returns. Afterwards runs may train side by side and share them: a module that draws
    /// while it trains (dropout) needs a generator of its own, or a run would not repeat.
    fn learner(&self, parts: LearnerParts) -> Box<dyn Learner>;
}
