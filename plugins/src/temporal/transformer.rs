use exp_model::temporal::TemporalTransformer;
use exp_train::{DferClipLearner, Learner, LearnerParts, TemporalPlugin};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Sizes;

/// The paper's temporal model: a transformer over the frames whose class token is the clip's
/// feature.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Transformer(Sizes);

impl TemporalPlugin for Transformer {
    fn learner(&self, parts: LearnerParts) -> Box<dyn Learner> {
        let (frames, features) = (parts.frames, parts.features);
        let sizes = (&self.0).into();
        let model = TemporalTransformer::init(&sizes, true, frames, features, &parts.device);
        Box::new(DferClipLearner::new(parts, model))
    }
}
