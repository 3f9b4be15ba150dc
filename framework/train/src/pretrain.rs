//! Contrastive pretraining of the small CLIP on drawn faces and their captions (Radford et al.,
//! "Learning Transferable Visual Models From Natural Language Supervision", ICML 2021, figure 3).

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use burn::optim::{AdamWConfig, GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, Int, Tensor, TensorData};
use exp_data::decode::Frame;
use exp_data::resize::resize;
use exp_data::synthetic::{SIZE, still, still_caption};
use exp_model::clip::{Clip, ClipSizes, normalized};
use exp_model::weights::{WeightError, collect, write};
use exp_prompts::tokenizer::{CONTEXT_LENGTH, TokenizeError, Tokenizer};

use crate::learner::cross_entropy;

/// Height and width of the images that the small CLIP takes.
pub const IMAGE_SIZE: usize = 48;

/// Height and width of a patch.
const PATCH: usize = 12;

/// How the small CLIP is trained. The defaults make the file that ships.
#[derive(Debug, Clone, PartialEq)]
pub struct Pretraining {
    /// The seed of the stills and of the initial weights. The benchmark's faces come from other
    /// seeds, so no identity is in both.
    pub seed: u64,
    /// Optimiser steps.
    pub steps: usize,
    /// Pairs of still and caption a step.
    pub batch: usize,
    /// The largest learning rate of AdamW, reached after the warm-up and lowered by a cosine.
    pub learning_rate: f64,
    /// Steps of warm-up.
    pub warm_up: usize,
    /// A token seen less often than this in all captions is not kept: its vector would be noise.
    pub least_seen: usize,
}

impl Default for Pretraining {
    fn default() -> Self {
        Self {
            seed: 20_260_101,
            steps: 1500,
            batch: 128,
            learning_rate: 1e-3,
            warm_up: 100,
            least_seen: 50,
        }
    }
}

/// Told after every step: the step, counted from 1, its loss, and the share of stills of the
/// batch whose own caption was the most similar one.
pub type Progress<'a> = &'a mut dyn FnMut(usize, f64, f64);

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

/// The captions' tokens: which there are, and how often each was seen.
struct Vocabulary {
    ids: Vec<u32>,
    seen: Vec<usize>,
    rows: BTreeMap<u32, usize>,
}

/// A batch of pairs.
struct Pairs {
    /// `[batch, 3, size, size]`, values in [0, 1].
    pixels: Vec<f32>,
    /// Rows of the token table of each caption.
    captions: Vec<Vec<usize>>,
}

impl Pretraining {
    /// Trains a small CLIP and writes it to `path` as float16.
    pub fn run(
        &self,
        path: &Path,
        device: &Device,
        progress: Progress<'_>,
    ) -> Result<(), PretrainError> {
        let tokenizer = Tokenizer::new();
        let vocabulary = self.vocabulary(&tokenizer)?;
        let device = device.clone().autodiff();
        device.seed(self.seed);
        let mut clip = Clip::init(&sizes(vocabulary.ids.len()), &device);
        let mut optimiser = optimiser();
        let pairs = self.pairs(&vocabulary.rows);
        for step in 1..=self.steps {
            let pairs = pairs.recv().map_err(|_| PretrainError::Drawing)??;
            let (loss, hits) = contrast(&clip, &pairs, &device);
            let value = f64::from(loss.clone().into_scalar::<f32>());
            let grads = GradientsParams::from_grads(loss.backward(), &clip);
            clip = optimiser.step(self.rate(step), clip, grads);
            progress(step, value, hits);
        }
        self.save(path, &clip, &vocabulary)
    }

    /// Linear warm-up, then half a cosine down to zero.
    fn rate(&self, step: usize) -> f64 {
        if step <= self.warm_up {
            return self.learning_rate * step as f64 / self.warm_up as f64;
        }
        let done = (step - self.warm_up) as f64 / (self.steps - self.warm_up).max(1) as f64;
        self.learning_rate * 0.5 * (1.0 + (std::f64::consts::PI * done).cos())
    }

    fn count(&self) -> u64 {
        (self.steps * self.batch) as u64
    }

    /// Tokens of all captions that will be seen.
    fn vocabulary(&self, tokenizer: &Tokenizer) -> Result<Vocabulary, PretrainError> {
        let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
        for index in 0..self.count() {
            let (_, caption) = still_caption(self.seed, index);
            for id in tokenizer.tokenize(&caption)? {
                *counts.entry(id).or_insert(0) += 1;
            }
        }
        Ok(Vocabulary {
            rows: counts.keys().copied().zip(0..).collect(),
            ids: counts.keys().copied().collect(),
            seen: counts.values().copied().collect(),
        })
    }

    /// Draws batches in a thread of their own, a few ahead.
    fn pairs(&self, rows: &BTreeMap<u32, usize>) -> Receiver<Result<Pairs, TokenizeError>> {
        let (sender, receiver) = sync_channel(4);
        let (this, rows) = (self.clone(), rows.clone());
        thread::spawn(move || {
            let tokenizer = Tokenizer::new();
            for step in 0..this.steps {
                let first = (step * this.batch) as u64;
                let pairs = draw(
                    this.seed,
                    first..first + this.batch as u64,
                    &tokenizer,
                    &rows,
                );
                if sender.send(pairs).is_err() {
                    return;
                }
            }
        });
        receiver
    }

    /// Keeps the tokens that were seen often enough.
    fn save(&self, path: &Path, clip: &Clip, vocabulary: &Vocabulary) -> Result<(), PretrainError> {
        let kept: Vec<usize> = (0..vocabulary.ids.len())
            .filter(|&row| vocabulary.seen[row] >= self.least_seen)
            .collect();
        let ids: Vec<u32> = kept.iter().map(|&row| vocabulary.ids[row]).collect();
        let mut tensors = collect(clip, false);
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
        Ok(write(path, &tensors, Some(&ids), true)?)
    }
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

/// AdamW as the CLIP paper sets it for its vision transformers (table 19).
fn optimiser() -> ModuleOptimizer {
    AdamWConfig::new()
        .with_beta_1(0.9)
        .with_beta_2(0.98)
        .with_epsilon(1e-6)
        .with_weight_decay(0.1)
        .init()
}

fn draw(
    seed: u64,
    indices: std::ops::Range<u64>,
    tokenizer: &Tokenizer,
    rows: &BTreeMap<u32, usize>,
) -> Result<Pairs, TokenizeError> {
    let mut pairs = Pairs {
        pixels: Vec::new(),
        captions: Vec::new(),
    };
    for index in indices {
        let still = still(seed, index);
        let frame = Frame {
            width: SIZE,
            height: SIZE,
            rgb: still.rgb,
        };
        let small = resize(&frame, IMAGE_SIZE, IMAGE_SIZE).rgb;
        for channel in 0..3 {
            let values = small.iter().skip(channel).step_by(3);
            pairs
                .pixels
                .extend(values.map(|&value| f32::from(value) / 255.0));
        }
        let ids = tokenizer.tokenize(&still.caption)?;
        // Every token of every caption has a row.
        pairs
            .captions
            .push(ids.iter().filter_map(|id| rows.get(id).copied()).collect());
    }
    Ok(pairs)
}

/// The symmetric contrastive loss of a batch, and the share of stills that find their caption.
fn contrast(clip: &Clip, pairs: &Pairs, device: &Device) -> (Tensor<1>, f64) {
    let count = pairs.captions.len();
    let shape = [count, 3, IMAGE_SIZE, IMAGE_SIZE];
    let images = Tensor::<4>::from_data(TensorData::new(pairs.pixels.clone(), shape), device);
    let images = normalized(clip.visual.forward(images));
    let texts = normalized(text_features(clip, &pairs.captions, device));
    // CLIP keeps the scale below 100 (section 2.5).
    let scale = clip.logit_scale.val().clamp_max(100f64.ln()).exp();
    let logits = images.matmul(texts.transpose()) * scale.unsqueeze::<2>();
    let own = Tensor::<1, Int>::arange(0..count as i64, device);
    let hits = logits
        .clone()
        .argmax(1)
        .reshape([count])
        .equal(own.clone())
        .int()
        .sum()
        .into_scalar::<i32>();
    let loss = cross_entropy(logits.clone(), own.clone()) + cross_entropy(logits.transpose(), own);
    (loss.mul_scalar(0.5), f64::from(hits) / count as f64)
}

fn text_features(clip: &Clip, captions: &[Vec<usize>], device: &Device) -> Tensor<2> {
    let count = captions.len();
    let length = captions.iter().map(Vec::len).max().unwrap_or(1);
    let mut rows = Vec::with_capacity(count * length);
    let mut ends = Vec::with_capacity(count);
    for (index, caption) in captions.iter().enumerate() {
        ends.push((index * length + caption.len() - 1) as i32);
        let padding = std::iter::repeat_n(&0, length - caption.len());
        rows.extend(caption.iter().chain(padding).map(|&row| row as i32));
    }
    let ints = |values: Vec<i32>| {
        let count = values.len();
        Tensor::<1, Int>::from_data(TensorData::new(values, [count]), device)
    };
    let embedded = clip.text.embed(ints(rows));
    let [_, width] = embedded.dims();
    clip.text
        .forward(embedded.reshape([count, length, width]), ints(ends))
}
