//! A model that learns from batches, whatever its temporal model is.

use std::collections::BTreeMap;
use std::path::Path;

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Int, Tensor, TensorData};
use exp_data::loader::Batch;
use exp_model::dfer_clip::{DferClip, logits};
use exp_model::parameters::{Fit, LoadError, Which, collect, load};
use exp_model::prompt::ClassPrompts;
use exp_model::temporal::TemporalModel;
use exp_weights::{WeightError, Weights, write};

use crate::optimiser::{Optimiser, Rates};
use crate::plugin::LearnerParts;

/// Tensors by name: their shapes and values.
pub type Tensors = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

/// A model that learns from batches.
pub trait Learner {
    /// One training step on `[batch, frames, 3, size, size]` pixels; every learning rate is
    /// multiplied by `factor`. Returns the mean cross entropy before the step.
    fn step(&mut self, batch: &Batch, factor: f64) -> f64;

    /// What the image encoder says of each frame of a batch of pixels, `[batch * frames * features]`
    /// in row order, without training. A later batch may hold it instead of the pixels; the image
    /// encoder must be frozen then.
    fn features(&self, batch: &Batch) -> Vec<f32>;

    /// Logits of a batch, `[batch * classes]` in row order, without training.
    fn logits(&self, batch: &Batch) -> Vec<f32>;

    /// Writes all trained parameters to a safetensors file, with what it is to say of itself.
    fn save(&self, path: &Path, about: &BTreeMap<String, String>) -> Result<(), WeightError>;

    /// Takes over all trained parameters from a file. Returns how its tensors fit; what is missing
    /// or of another shape is an error, and nothing is changed.
    fn load(&mut self, weights: &Weights) -> Result<Fit, LoadError>;

    /// Everything that a later learner of the same kind needs to go on: the trained parameters under
    /// their names, and the optimiser's momentum. Shapes and values, rows first.
    fn state(&self) -> Tensors;

    /// Goes on from what [`state`](Self::state) gave. What is missing or of another shape is an
    /// error, and nothing is changed.
    fn resume(&mut self, state: &Weights) -> Result<(), LoadError>;

    /// How many parameters are trained, by group: `image`, `temporal`, `context`.
    fn trained(&self) -> BTreeMap<String, usize>;
}

/// The learner of a DFER-CLIP with any temporal model.
pub struct DferClipLearner<T: TemporalModel> {
    model: DferClip<T>,
    prompts: ClassPrompts,
    /// Without a learnable context the class features are constants: `[classes, features]`.
    fixed_text: Option<Tensor<2>>,
    optimiser: Optimiser,
    device: Device,
}

impl<T: TemporalModel> DferClipLearner<T> {
    /// A learner with an untrained temporal model.
    pub fn new(parts: LearnerParts, temporal: T) -> Self {
        let model = DferClip::new(parts.clip, temporal, &parts.prompts, &parts.device);
        Self::with_model(model, parts.prompts, parts.rates, parts.device)
    }

    /// A learner that goes on from a model as it is.
    pub fn with_model(
        mut model: DferClip<T>,
        prompts: ClassPrompts,
        rates: Rates,
        device: Device,
    ) -> Self {
        model.visit(&mut Initialise);
        if rates.image == 0.0 {
            model.image = model.image.freeze();
        }
        let fixed_text = model
            .context
            .is_none()
            .then(|| model.text_features(&prompts).detach());
        Self {
            model,
            prompts,
            fixed_text,
            optimiser: Optimiser::new(rates),
            device,
        }
    }

    /// The model as it is now.
    pub fn model(&self) -> &DferClip<T> {
        &self.model
    }

    /// Mean cross entropy of a batch, with gradients.
    pub fn loss(&self, batch: &Batch) -> Tensor<1> {
        let video = video(&self.model, batch, &self.device);
        let text = match &self.fixed_text {
            Some(text) => text.clone(),
            None => self.model.text_features(&self.prompts),
        };
        cross_entropy(logits(video, text), labels(batch, &self.device))
    }
}

impl<T: TemporalModel> Learner for DferClipLearner<T> {
    fn step(&mut self, batch: &Batch, factor: f64) -> f64 {
        let loss = self.loss(batch);
        let value = loss.clone().into_scalar::<f32>();
        let grads = GradientsParams::from_grads(loss.backward(), &self.model);
        self.model = self.optimiser.step(self.model.clone(), grads, factor);
        f64::from(value)
    }

    fn features(&self, batch: &Batch) -> Vec<f32> {
        let pixels = pixels(batch, &self.device.clone().inner());
        let features = self.model.clone().valid().image_features(pixels);
        features.into_data().iter::<f32>().collect()
    }

    fn logits(&self, batch: &Batch) -> Vec<f32> {
        let device = self.device.clone().inner();
        let model = self.model.clone().valid();
        let video = video(&model, batch, &device);
        let text = match &self.fixed_text {
            Some(text) => text.clone().inner(),
            None => model.text_features(&self.prompts.clone().inner()),
        };
        logits(video, text).into_data().iter::<f32>().collect()
    }

    fn save(&self, path: &Path, about: &BTreeMap<String, String>) -> Result<(), WeightError> {
        write(
            path,
            &collect(&self.model, Which::Trained),
            None,
            false,
            about,
        )
    }

    fn load(&mut self, weights: &Weights) -> Result<Fit, LoadError> {
        let (model, fit) = load(self.model.clone(), weights, Which::Trained)?;
        self.model = model;
        Ok(fit)
    }

    fn state(&self) -> Tensors {
        let mut state = collect(&self.model, Which::Trained);
        state.extend(self.optimiser.momentum());
        state
    }

    fn resume(&mut self, state: &Weights) -> Result<(), LoadError> {
        let (model, _) = load(self.model.clone(), state, Which::Trained)?;
        self.optimiser
            .resume(&model, state, &self.device.clone().inner())?;
        self.model = model;
        Ok(())
    }

    fn trained(&self) -> BTreeMap<String, usize> {
        let mut groups = BTreeMap::new();
        for (name, (_, values)) in collect(&self.model, Which::Trained) {
            let group = name.split('.').next().unwrap_or(&name).to_owned();
            *groups.entry(group).or_insert(0) += values.len();
        }
        groups
    }
}

/// Burn draws a parameter's initial value when it is first used; here all are drawn at once, while
/// the random numbers are this learner's alone.
struct Initialise;

impl ModuleVisitor for Initialise {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        param.val();
    }
}

/// Features of clips, `[batch, features]`, from their pixels or from what the image encoder said of
/// them.
fn video<T: TemporalModel>(model: &DferClip<T>, batch: &Batch, device: &Device) -> Tensor<2> {
    let Some(features) = &batch.features else {
        return model.video_features(pixels(batch, device));
    };
    let [clips, frames, ..] = batch.shape;
    let shape = [clips, frames, features.len() / (clips * frames)];
    let data = TensorData::new(features.clone(), shape);
    model.temporal.forward(Tensor::from_data(data, device))
}

fn pixels(batch: &Batch, device: &Device) -> Tensor<5> {
    Tensor::from_data(TensorData::new(batch.pixels.clone(), batch.shape), device)
}

fn labels(batch: &Batch, device: &Device) -> Tensor<1, Int> {
    let labels: Vec<i32> = batch.labels.iter().map(|&label| label as i32).collect();
    let count = labels.len();
    Tensor::from_data(TensorData::new(labels, [count]), device)
}

/// Mean over the batch of the negative log-probability of the label.
pub(crate) fn cross_entropy(logits: Tensor<2>, labels: Tensor<1, Int>) -> Tensor<1> {
    let [count] = labels.dims();
    log_softmax(logits, 1)
        .gather(1, labels.reshape([count, 1]))
        .mean()
        .neg()
}
