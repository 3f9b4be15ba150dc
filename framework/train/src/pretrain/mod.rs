//! Pretraining of the small CLIP on drawn faces and their captions.
//!
//! First the image encoder learns to predict which words a still's caption has (Joulin et al.,
//! "Learning Visual Features from Large Weakly Supervised Data", ECCV 2016); then both encoders
//! learn to find each other in a batch (Radford et al., "Learning Transferable Visual Models From
//! Natural Language Supervision", ICML 2021, figure 3). The first part is there because the second
//! alone gets nowhere with so few pairs: a fresh image encoder tells nothing apart yet, and the
//! contrastive loss then finds it best to make all features equal.

mod loss;
mod pairs;

use std::collections::BTreeMap;
use std::path::Path;

use burn::module::Module;
use burn::optim::{AdamWConfig, GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, Tensor};
use exp_model::clip::{Clip, ClipSizes};
use exp_model::parameters::{Which, collect};
use exp_prompts::tokenizer::{CONTEXT_LENGTH, TokenizeError, Tokenizer};
use exp_weights::{WeightError, write};

use loss::{WordPredictor, contrast, last_tokens};
use pairs::{Pairs, Vocabulary, draw};

/// Height and width of the images that the small CLIP takes.
pub const IMAGE_SIZE: usize = 48;

/// Height and width of a patch.
const PATCH: usize = 12;

/// Mean and standard deviation of the stills' values in [0, 1], about. Training sees normalised
/// values; the first layer absorbs this in the end, so that the model takes values in [0, 1].
const MEAN: f32 = 0.5;
const DEVIATION: f32 = 0.25;

/// Batches whose statistics the last norms absorb in the end.
const STATISTICS: usize = 32;

/// How the small CLIP is trained. The defaults make the file that ships.
#[derive(Debug, Clone, PartialEq)]
pub struct Pretraining {
    /// The seed of the stills and of the initial weights. The benchmark's faces come from other
    /// streams of random numbers, so no identity is in both.
    pub seed: u64,
    /// Steps in which the image encoder predicts words.
    pub word_steps: usize,
    /// Contrastive steps after these.
    pub contrast_steps: usize,
    /// Pairs of still and caption a step.
    pub batch: usize,
    /// The largest learning rate of AdamW: reached after a warm-up, and lowered to zero by half a
    /// cosine during the contrastive steps.
    pub learning_rate: f64,
    /// Steps of warm-up at the start of each part.
    pub warm_up: usize,
    /// A token seen less often than this in all captions is not kept: its vector would be noise.
    pub least_seen: usize,
}

impl Default for Pretraining {
    fn default() -> Self {
        Self {
            seed: 20_260_101,
            word_steps: 1500,
            contrast_steps: 1500,
            batch: 64,
            learning_rate: 1e-3,
            warm_up: 100,
            least_seen: 50,
        }
    }
}

/// What a step brought.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Progress {
    /// The image encoder predicted words.
    Words {
        /// How much better than the words' frequencies alone, in nats a word.
        gain: f64,
    },
    /// Both encoders were contrasted.
    Contrast {
        /// The loss.
        loss: f64,
        /// Share of the batch's stills whose own caption was the most similar one.
        found: f64,
    },
}

/// Why pretraining failed.
#[derive(Debug, thiserror::Error)]
pub enum PretrainError {
    /// A caption cannot be tokenised.
    #[error(transparent)]
    Token(#[from] TokenizeError),
    /// The file cannot be written.
    #[error(transparent)]
    Weights(#[from] WeightError),
    /// The thread that draws stills ended early.
    #[error("the thread that draws stills ended early; its message stands above")]
    Drawing,
}

impl Pretraining {
    /// Optimiser steps in all.
    pub fn steps(&self) -> usize {
        self.word_steps + self.contrast_steps
    }

    /// Trains a small CLIP and writes it to `path` as float16. `progress` is told of every step.
    pub fn run(
        &self,
        path: &Path,
        device: &Device,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(), PretrainError> {
        let tokenizer = Tokenizer::new();
        let count = (self.steps() * self.batch) as u64;
        let vocabulary = Vocabulary::of_captions(self.seed, count, &tokenizer)?;
        let training = device.clone().autodiff();
        training.seed(self.seed);
        let mut clip = Clip::init(&sizes(vocabulary.len()), &training);
        let batches = draw(self.seed, self.steps(), self.batch, &vocabulary);
        let next = || -> Result<Pairs, PretrainError> {
            Ok(batches.recv().map_err(|_| PretrainError::Drawing)??)
        };

        let words = WordPredictor::new(&vocabulary, &training);
        let mut optimiser = adam_w();
        for step in 1..=self.word_steps {
            let (loss, gain) = words.loss(&clip, &next()?, &training);
            let grads = GradientsParams::from_grads(loss.backward(), &clip);
            clip = optimiser.step(self.warm_rate(step), clip, grads);
            progress(Progress::Words { gain });
        }

        let mut optimiser = adam_w();
        let mut kept: Vec<Pairs> = Vec::new();
        for step in 1..=self.contrast_steps {
            let pairs = next()?;
            let (loss, found) = contrast(&clip, &pairs, &training);
            let value = f64::from(loss.clone().into_scalar::<f32>());
            let grads = GradientsParams::from_grads(loss.backward(), &clip);
            clip = optimiser.step(self.cosine_rate(step), clip, grads);
            progress(Progress::Contrast { loss: value, found });
            if step + STATISTICS > self.contrast_steps {
                kept.push(pairs);
            }
        }
        save(
            path,
            &finished(clip, &kept, device),
            &vocabulary,
            self.least_seen,
        )
    }

    fn warm_rate(&self, step: usize) -> f64 {
        self.learning_rate * (step as f64 / self.warm_up as f64).min(1.0)
    }

    fn cosine_rate(&self, step: usize) -> f64 {
        let done = step as f64 / self.contrast_steps as f64;
        self.warm_rate(step) * 0.5 * (1.0 + (std::f64::consts::PI * done).cos())
    }
}

/// AdamW as the CLIP paper sets it for its vision transformers (table 19), with less weight decay:
/// the model is small.
fn adam_w() -> ModuleOptimizer {
    AdamWConfig::new()
        .with_beta_1(0.9)
        .with_beta_2(0.98)
        .with_epsilon(1e-6)
        .with_weight_decay(0.02)
        .init()
}

fn sizes(tokens: usize) -> ClipSizes {
    ClipSizes {
        embed: 64,
        image: IMAGE_SIZE,
        patch: PATCH,
        vision_width: 128,
        vision_layers: 3,
        context: CONTEXT_LENGTH,
        tokens,
        text_width: 128,
        text_layers: 3,
    }
}

/// The CLIP with everything absorbed that training did around it: the standardisation of both
/// last outputs, by the statistics of these batches, and the normalisation of pixels.
fn finished(clip: Clip, batches: &[Pairs], device: &Device) -> Clip {
    let mut clip = clip.valid();
    let (images, texts): (Vec<Tensor<2>>, Vec<Tensor<2>>) = batches
        .iter()
        .map(|pairs| last_tokens(&clip, pairs, device))
        .unzip();
    if !batches.is_empty() {
        clip.visual = clip.visual.standardised_on(Tensor::cat(images, 0));
        clip.text = clip.text.standardised_on(Tensor::cat(texts, 0));
    }
    clip.visual = clip.visual.absorbing(MEAN, DEVIATION);
    clip
}

/// Writes the tensors, with rows for the tokens that were seen often enough.
fn save(
    path: &Path,
    clip: &Clip,
    vocabulary: &Vocabulary,
    least_seen: usize,
) -> Result<(), PretrainError> {
    let (kept, ids) = vocabulary.seen_at_least(least_seen);
    let mut tensors: BTreeMap<String, (Vec<usize>, Vec<f32>)> = collect(clip, Which::All);
    if let Some((shape, values)) = tensors.get_mut("token_embedding.weight") {
        let width = shape[1];
        *values = kept
            .iter()
            .flat_map(|&row| values[row * width..(row + 1) * width].to_vec())
            .collect();
        shape[0] = kept.len();
    }
    if let Some((shape, _)) = tensors.get_mut("visual.conv1.weight") {
        // Files hold the patch layer as the convolution that it is.
        *shape = vec![shape[0], 3, PATCH, PATCH];
    }
    Ok(write(path, &tensors, Some(&ids), true, &BTreeMap::new())?)
}
