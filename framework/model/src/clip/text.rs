//! CLIP's text encoder.

use burn::module::{Initializer, Module, Param};
use burn::nn::{Embedding, EmbeddingConfig, LayerNorm};
use burn::tensor::{Device, Int, Tensor};

use super::block::{Transformer, layer_norm, standardised};
use super::sizes::ClipSizes;
use crate::ops::{self, Wanted};

/// A causal transformer over token embeddings.
#[derive(Module, Debug)]
pub struct TextTransformer {
    token_embedding: Embedding,
    positional_embedding: Param<Tensor<2>>,
    pub(super) transformer: Transformer,
    ln_final: LayerNorm,
    text_projection: Param<Tensor<2>>,
}

impl TextTransformer {
    /// Random weights as OpenAI's code draws them.
    pub fn init(sizes: &ClipSizes, device: &Device) -> Self {
        let width = sizes.text_width;
        let normal = |std| Initializer::Normal { mean: 0.0, std };
        Self {
            token_embedding: EmbeddingConfig::new(sizes.tokens, width)
                .with_initializer(normal(0.02))
                .init(device),
            positional_embedding: normal(0.01).init([sizes.context, width], device),
            transformer: Transformer::init(width, sizes.text_layers, device),
            ln_final: layer_norm(width, device),
            text_projection: normal((width as f64).powf(-0.5)).init([width, sizes.embed], device),
        }
    }

    /// The device its parameters live on.
    pub fn device(&self) -> Device {
        self.positional_embedding.val().device()
    }

    /// How many tokens a text may have.
    pub fn positions(&self) -> usize {
        self.positional_embedding.dims()[0]
    }

    /// The width of a token's embedding.
    pub fn width(&self) -> usize {
        self.positional_embedding.dims()[1]
    }

    /// The embeddings of rows of the token table, `[rows, width]`, without positions.
    pub fn embed(&self, rows: Tensor<1, Int>) -> Tensor<2> {
        self.token_embedding.weight.val().select(0, rows)
    }

    /// Embedded texts `[texts, tokens, width]` to features `[texts, features]`, not normalised.
    ///
    /// `ends`, `[texts]`, are the places of the end-of-text tokens in the flattened
    /// `[texts * tokens]`. The encoder is causal: what follows an end changes nothing, so texts
    /// need no more tokens than the longest of them has.
    pub fn forward(&self, texts: Tensor<3>, ends: Tensor<1, Int>) -> Tensor<2> {
        self.project(self.end_tokens(texts, ends))
    }

    /// End tokens `[texts, width]` to features `[texts, features]`.
    pub fn project(&self, tokens: Tensor<2>) -> Tensor<2> {
        tokens.matmul(self.text_projection.val())
    }

    /// The same encoder with its last norm rescaled, so that these end tokens `[texts, width]`,
    /// which came out of it, would have had mean zero and standard deviation one.
    pub fn standardised_on(mut self, tokens: Tensor<2>) -> Self {
        self.ln_final = standardised(self.ln_final, tokens);
        self
    }

    /// Embedded texts as in [`forward`](Self::forward) to end-of-text tokens behind the last norm,
    /// `[texts, width]`.
    pub fn end_tokens(&self, texts: Tensor<3>, ends: Tensor<1, Int>) -> Tensor<2> {
        let [_, tokens, width] = texts.dims();
        let positions = self.positional_embedding.val().slice([0..tokens, 0..width]);
        let texts = texts + positions.unsqueeze::<3>();
        let ends = self.transformer.forward(texts, true, &Wanted::At(ends));
        ops::layer_norm(&self.ln_final, ends)
    }
}
