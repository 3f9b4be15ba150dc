//! A temporal model: the mean of the frames, weighted by attention that is learned.
//!
//! This is the place to look for how to write a temporal model. It takes three pieces: a type that
//! holds the settings, a Burn module that holds the weights, and the few lines that make one from
//! the other and hand back a learner. Training, checkpoints and every command then work with it;
//! its weights learn at the rate `train.learning_rate.temporal`.

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::activation::{softmax, tanh};
use burn::tensor::{Device, Tensor};
use exp_core::bounded::Within;
use exp_model::temporal::TemporalModel;
use exp_train::{DferClipLearner, Learner, LearnerParts, TemporalPlugin};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The mean of the frame features, each weighted by how much it tells. The weights are those of
/// Ilse, Tomczak and Welling, "Attention-based Deep Multiple Instance Learning" (ICML 2018),
/// equation 8. A frame's weight depends on what it shows and not on when it comes.
// The first sentence is what `exp plugins` prints.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AttentionPooling {
    /// Width of the hidden layer that weighs a frame.
    // A range in the type is checked where the value is written, and stands in the JSON schema.
    hidden: Within<1, 4096>,
}

impl Default for AttentionPooling {
    fn default() -> Self {
        Self {
            hidden: Within::literal(128),
        }
    }
}

impl TemporalPlugin for AttentionPooling {
    fn learner(&self, parts: LearnerParts) -> Box<dyn Learner> {
        let model = Pooling::init(parts.features, self.hidden.get(), &parts.device);
        Box::new(DferClipLearner::new(parts, model))
    }
}

/// The weights: a frame `h` scores `score(tanh(hidden(h)))`.
#[derive(Module, Debug)]
struct Pooling {
    hidden: Linear,
    score: Linear,
}

impl Pooling {
    /// Fresh weights for frame features of a width.
    fn init(features: usize, hidden: usize, device: &Device) -> Self {
        Self {
            hidden: LinearConfig::new(features, hidden).init(device),
            // A bias would add the same to every frame's score, which softmax takes away again.
            score: LinearConfig::new(hidden, 1).with_bias(false).init(device),
        }
    }

    /// How much each frame counts: `[batch, frames, features]` to `[batch, frames, 1]`, with a sum
    /// of 1 over the frames.
    fn weights(&self, frames: Tensor<3>) -> Tensor<3> {
        softmax(self.score.forward(tanh(self.hidden.forward(frames))), 1)
    }
}

impl TemporalModel for Pooling {
    fn forward(&self, frames: Tensor<3>) -> Tensor<2> {
        let [batch, _, width] = frames.dims();
        let weighted = self.weights(frames.clone()) * frames;
        weighted.sum_dim(1).reshape([batch, width])
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use burn::tensor::Distribution;

    use super::*;

    #[test]
    fn the_feature_is_a_weighted_mean_that_no_order_changes() {
        let device = Device::flex();
        let model = Pooling::init(6, 4, &device);
        let frames = Tensor::<3>::random([2, 5, 6], Distribution::Default, &device);
        let sums = model.weights(frames.clone()).sum_dim(1);
        for sum in sums.into_data().iter::<f32>() {
            assert!((sum - 1.0).abs() < 1e-6, "{sum}");
        }
        let clips = model.forward(frames.clone());
        assert_eq!(clips.dims(), [2, 6]);
        let reversed = model.forward(frames.clone().flip([1]));
        let difference = (clips.clone() - reversed).abs().max().into_scalar::<f32>();
        assert!(difference < 1e-6, "{difference}");
        let mean = frames.mean_dim(1).reshape([2, 6]);
        let difference = (clips - mean).abs().max().into_scalar::<f32>();
        assert!(difference > 1e-6, "all frames weigh the same");
    }
}
