//! The two losses of pretraining.

use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Int, Tensor, TensorData};
use exp_model::clip::{Clip, normalized};

use super::IMAGE_SIZE;
use super::pairs::{Pairs, Vocabulary};
use crate::learner::cross_entropy;

/// Token vectors start with a standard deviation of 0.02; as word classifiers they are stretched.
const WORD_SCALE: f64 = 5.0;

/// Predicts a caption's words from its still: the first entries of a token's vector are the
/// weights of its word, so what is learned of a word stays with its token.
pub(super) struct WordPredictor {
    /// Logarithms of the tokens' frequencies, `[1, tokens]`: what can be said without the still.
    frequencies: Tensor<2>,
    tokens: usize,
}

impl WordPredictor {
    pub fn new(vocabulary: &Vocabulary, device: &Device) -> Self {
        let logarithms: Vec<f32> = vocabulary.frequencies().map(f32::ln).collect();
        let tokens = logarithms.len();
        let data = TensorData::new(logarithms, [1, tokens]);
        Self {
            frequencies: Tensor::from_data(data, device),
            tokens,
        }
    }

    /// Cross entropy of the captions' words, each once, and by how much it is lower than that of
    /// the frequencies alone.
    pub fn loss(&self, clip: &Clip, pairs: &Pairs, device: &Device) -> (Tensor<1>, f64) {
        let count = pairs.captions.len();
        let mut shares = vec![0f32; count * self.tokens];
        for (caption, shares) in pairs
            .captions
            .iter()
            .zip(shares.chunks_exact_mut(self.tokens))
        {
            let mut words = caption.clone();
            words.sort_unstable();
            words.dedup();
            for &word in &words {
                shares[word] = 1.0 / words.len() as f32;
            }
        }
        let shares = Tensor::<2>::from_data(TensorData::new(shares, [count, self.tokens]), device);
        let entropy = |logits: Tensor<2>| {
            (log_softmax(logits, 1) * shares.clone())
                .sum()
                .div_scalar(-(count as f64))
        };
        let features = clip.visual.project(standardised(
            clip.visual.class_tokens(images(pairs, device)),
        ));
        let [_, width] = features.dims();
        let rows = Tensor::<1, Int>::arange(0..self.tokens as i64, device);
        let words = clip.text.embed(rows).slice([0..self.tokens, 0..width]);
        let logits = features.matmul(words.mul_scalar(WORD_SCALE).transpose());
        let loss = entropy(logits + self.frequencies.clone());
        let alone = entropy(self.frequencies.clone().expand([count, self.tokens]));
        let gain = (alone - loss.clone()).into_scalar::<f32>();
        (loss, f64::from(gain))
    }
}

/// The symmetric contrastive loss of a batch, and the share of stills that find their caption.
///
/// Both encoders' last outputs are standardised over the batch, as batch normalisation does, so
/// that making all features equal is no way to lower the loss.
pub(super) fn contrast(clip: &Clip, pairs: &Pairs, device: &Device) -> (Tensor<1>, f64) {
    let count = pairs.captions.len();
    let (images, texts) = last_tokens(clip, pairs, device);
    let images = normalized(clip.visual.project(standardised(images)));
    let texts = normalized(clip.text.project(standardised(texts)));
    // CLIP keeps the scale below 100 (section 2.5).
    let scale = clip.logit_scale.val().clamp_max(100f64.ln()).exp();
    let logits = images.matmul(texts.transpose()) * scale.unsqueeze::<2>();
    let own = Tensor::<1, Int>::arange(0..count as i64, device);
    let found = logits
        .clone()
        .argmax(1)
        .reshape([count])
        .equal(own.clone())
        .int()
        .sum()
        .into_scalar::<i32>();
    let loss = cross_entropy(logits.clone(), own.clone()) + cross_entropy(logits.transpose(), own);
    (loss.mul_scalar(0.5), f64::from(found) / count as f64)
}

/// What both encoders' last norms give: `[batch, width]` each.
pub(super) fn last_tokens(clip: &Clip, pairs: &Pairs, device: &Device) -> (Tensor<2>, Tensor<2>) {
    let (texts, ends) = embedded(clip, &pairs.captions, device);
    (
        clip.visual.class_tokens(images(pairs, device)),
        clip.text.end_tokens(texts, ends),
    )
}

/// Each column with mean zero and standard deviation one over the batch.
fn standardised(tokens: Tensor<2>) -> Tensor<2> {
    let centred = tokens.clone() - tokens.mean_dim(0);
    let variance = centred.clone().powi_scalar(2).mean_dim(0);
    centred / (variance + 1e-6).sqrt()
}

fn images(pairs: &Pairs, device: &Device) -> Tensor<4> {
    let shape = [pairs.captions.len(), 3, IMAGE_SIZE, IMAGE_SIZE];
    Tensor::from_data(TensorData::new(pairs.pixels.clone(), shape), device)
}

/// Embedded captions `[captions, tokens, width]`, and their ends' places in the flattened
/// `[captions * tokens]`.
fn embedded(clip: &Clip, captions: &[Vec<usize>], device: &Device) -> (Tensor<3>, Tensor<1, Int>) {
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
    (embedded.reshape([count, length, width]), ints(ends))
}
