use exp_model::temporal::TemporalTransformer;
use exp_train::{DferClipLearner, Learner, LearnerParts, TemporalPlugin};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Sizes;

/// A transformer over the frames without a class token: the mean of its outputs is the clip's
/// feature.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct TransformerMean(Sizes);

impl TemporalPlugin for TransformerMean {
    fn learner(&self, parts: LearnerParts) -> Box<dyn Learner> {
        let (frames, features) = (parts.frames, parts.features);
        let sizes = (&self.0).into();
        let model = TemporalTransformer::init(&sizes, false, frames, features, &parts.device);
        Box::new(DferClipLearner::new(parts, model))
    }
}
