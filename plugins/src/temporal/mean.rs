use burn::module::Module;
use burn::tensor::Tensor;
use exp_model::temporal::TemporalModel;
use exp_train::{DferClipLearner, Learner, LearnerParts, TemporalPlugin};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// No temporal model: the mean of the frame features, which no order of the frames changes.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mean {}

/// The mean over frames. It has nothing to learn.
#[derive(Module, Debug)]
struct MeanOverFrames {
    /// Burn derives no module without a field.
    frames: usize,
}

impl TemporalModel for MeanOverFrames {
    fn forward(&self, frames: Tensor<3>) -> Tensor<2> {
        let [batch, _, width] = frames.dims();
        frames.mean_dim(1).reshape([batch, width])
    }
}

impl TemporalPlugin for Mean {
    fn learner(&self, parts: LearnerParts) -> Box<dyn Learner> {
        let model = MeanOverFrames {
            frames: parts.frames,
        };
        Box::new(DferClipLearner::new(parts, model))
    }
}
