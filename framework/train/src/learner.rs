//! A model that learns from batches, whatever its temporal model is.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::time::{Duration, Instant};

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::{GradientsAccumulator, GradientsParams};
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

/// The mean cross entropy of a step. Reading it waits for the device, so it is best read when the next
/// step is under way.
pub type Loss = Box<dyn FnOnce() -> f64>;

/// A part of a training step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Frames to clip features: the image encoder and the temporal model.
    Frames,
    /// Prompts to class features.
    Texts,
    /// The loss and its gradients.
    Backward,
    /// The change of the parameters.
    Optimiser,
}

/// A model that learns from batches.
pub trait Learner {
    /// One training step on `[batch, frames, 3, size, size]` pixels; every learning rate is
    /// multiplied by `factor`. Returns the mean cross entropy before the step.
    fn step(&mut self, batch: &Batch, factor: f64) -> Loss;

    /// The same step, waiting for the device after each part to tell the time it took.
    fn timed_step(&mut self, batch: &Batch, factor: f64) -> BTreeMap<Part, Duration>;

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
    /// Clips that go through the model at once.
    micro_batch: Option<usize>,
    device: Device,
}

impl<T: TemporalModel> DferClipLearner<T> {
    /// A learner with an untrained temporal model.
    pub fn new(parts: LearnerParts, temporal: T) -> Self {
        let mut model = DferClip::new(parts.clip, temporal, &parts.prompts, &parts.device);
        model.precision = parts.precision;
        Self {
            micro_batch: parts.micro_batch,
            ..Self::with_model(model, parts.prompts, parts.rates, parts.device)
        }
    }

    /// A learner that goes on from a model as it is, with whole batches at once.
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
            micro_batch: None,
            device,
        }
    }

    /// The model as it is now.
    pub fn model(&self) -> &DferClip<T> {
        &self.model
    }

    /// Mean cross entropy of a batch, with gradients.
    pub fn loss(&self, batch: &Batch) -> Tensor<1> {
        self.loss_of(batch, 0..batch.labels.len(), &mut |_| {})
    }

    /// Mean cross entropy of some of a batch's clips. `done` hears of each part of the work.
    fn loss_of(&self, batch: &Batch, clips: Range<usize>, done: &mut dyn FnMut(Part)) -> Tensor<1> {
        let video = video(&self.model, batch, clips.clone(), &self.device);
        done(Part::Frames);
        let text = match &self.fixed_text {
            Some(text) => text.clone(),
            None => self.model.text_features(&self.prompts),
        };
        done(Part::Texts);
        cross_entropy(logits(video, text), labels(batch, clips, &self.device))
    }

    /// One step, some clips after the others: the mean over the batch is the sum over those parts of
    /// their means times their share of the batch, and so are its gradients.
    fn train_on(&mut self, batch: &Batch, factor: f64, done: &mut dyn FnMut(Part)) -> Tensor<1> {
        let count = batch.labels.len();
        let at_once = self.micro_batch.unwrap_or(count).clamp(1, count.max(1));
        let mut grads = GradientsAccumulator::new();
        let mut losses = Vec::new();
        for first in (0..count).step_by(at_once) {
            let clips = first..count.min(first + at_once);
            let share = clips.len() as f64 / count as f64;
            let loss = self.loss_of(batch, clips, done).mul_scalar(share);
            losses.push(loss.clone().inner());
            let of_part = GradientsParams::from_grads(loss.backward(), &self.model);
            grads.accumulate(&self.model, of_part);
            done(Part::Backward);
        }
        self.model = self
            .optimiser
            .step(self.model.clone(), grads.grads(), factor);
        done(Part::Optimiser);
        Tensor::cat(losses, 0).sum()
    }
}

impl<T: TemporalModel> Learner for DferClipLearner<T> {
    fn step(&mut self, batch: &Batch, factor: f64) -> Loss {
        let loss = self.train_on(batch, factor, &mut |_| {});
        Box::new(move || f64::from(loss.into_scalar::<f32>()))
    }

    fn timed_step(&mut self, batch: &Batch, factor: f64) -> BTreeMap<Part, Duration> {
        let device = self.device.clone();
        let mut parts = BTreeMap::new();
        let mut start = Instant::now();
        self.train_on(batch, factor, &mut |part| {
            // A device that failed says so where its results are read.
            let _ = device.sync();
            *parts.entry(part).or_default() += start.elapsed();
            start = Instant::now();
        });
        parts
    }

    fn features(&self, batch: &Batch) -> Vec<f32> {
        let clips = 0..batch.labels.len();
        let pixels = pixels(batch, clips, &self.device.clone().inner());
        let features = self.model.clone().valid().image_features(pixels);
        features.into_data().iter::<f32>().collect()
    }

    fn logits(&self, batch: &Batch) -> Vec<f32> {
        let device = self.device.clone().inner();
        let model = self.model.clone().valid();
        let video = video(&model, batch, 0..batch.labels.len(), &device);
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

/// Features of some of a batch's clips, `[clips, features]`, from their pixels or from what the image
/// encoder said of them.
fn video<T: TemporalModel>(
    model: &DferClip<T>,
    batch: &Batch,
    clips: Range<usize>,
    device: &Device,
) -> Tensor<2> {
    let Some(features) = &batch.features else {
        return model.video_features(pixels(batch, clips, device));
    };
    let [all, frames, ..] = batch.shape;
    let clip = features.len() / all;
    let values = features[clips.start * clip..clips.end * clip].to_vec();
    let data = TensorData::new(values, [clips.len(), frames, clip / frames]);
    model.clip_features(Tensor::from_data(data, device))
}

fn pixels(batch: &Batch, clips: Range<usize>, device: &Device) -> Tensor<5> {
    let [_, frames, channels, height, width] = batch.shape;
    let clip = frames * channels * height * width;
    let values = batch.pixels[clips.start * clip..clips.end * clip].to_vec();
    let shape = [clips.len(), frames, channels, height, width];
    Tensor::from_data(TensorData::new(values, shape), device)
}

fn labels(batch: &Batch, clips: Range<usize>, device: &Device) -> Tensor<1, Int> {
    let labels = batch.labels[clips].iter().map(|&label| label as i32);
    let labels: Vec<i32> = labels.collect();
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
