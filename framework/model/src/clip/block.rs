//! The pre-norm transformer block of both towers.

use burn::module::{Initializer, Module, Param};
use burn::nn::{LayerNorm, LayerNormConfig, Linear, LinearConfig};
use burn::tensor::activation::gelu;
use burn::tensor::{Device, Tensor};

use exp_core::experiment::Activation;

use crate::ops::{
    self, EPSILON, HEAD_WIDTH, Sequences, Wanted, attention_of, quick_gelu, self_attention,
};

/// A stack of blocks.
#[derive(Module, Debug)]
pub struct Transformer {
    /// The blocks in order.
    pub resblocks: Vec<Block>,
}

/// Attention, then a two-layer perceptron, each on normalised input and added to it.
#[derive(Module, Debug)]
pub struct Block {
    ln_1: LayerNorm,
    attn: Attention,
    ln_2: LayerNorm,
    mlp: Mlp,
}

#[derive(Module, Debug)]
struct Attention {
    in_proj: Linear,
    out_proj: Linear,
}

#[derive(Module, Debug)]
struct Mlp {
    c_fc: Linear,
    c_proj: Linear,
    #[module(skip)]
    activation: Activation,
}

impl Transformer {
    /// Random weights as OpenAI's code draws them: standard deviations that shrink with width
    /// and depth.
    pub fn init(width: usize, layers: usize, device: &Device) -> Self {
        let attn = (width as f64).powf(-0.5);
        let proj = attn * (2.0 * layers as f64).powf(-0.5);
        let fc = (2.0 * width as f64).powf(-0.5);
        let normal = |from: usize, to: usize, std: f64| {
            let mut layer = LinearConfig::new(from, to)
                .with_initializer(Initializer::Normal { mean: 0.0, std })
                .init(device);
            layer.bias = Some(Initializer::Zeros.init([to], device));
            layer
        };
        let resblocks = (0..layers)
            .map(|_| Block {
                ln_1: layer_norm(width, device),
                attn: Attention {
                    in_proj: normal(width, 3 * width, attn),
                    out_proj: normal(width, width, proj),
                },
                ln_2: layer_norm(width, device),
                mlp: Mlp {
                    c_fc: normal(width, 4 * width, fc),
                    c_proj: normal(4 * width, width, proj),
                    activation: Activation::QuickGelu,
                },
            })
            .collect();
        Self { resblocks }
    }

    /// The same with this activation in all blocks.
    pub fn with_activation(mut self, activation: Activation) -> Self {
        for block in &mut self.resblocks {
            block.mlp.activation = activation;
        }
        self
    }

    /// `[batch, tokens, width]` to the wanted token of each sequence, `[batch, width]`. In a causal
    /// stack no token learns of those behind it.
    ///
    /// Nothing else comes out of the last block, so it computes keys and values of all tokens and
    /// the rest of the wanted ones only.
    pub fn forward(&self, tokens: Tensor<3>, causal: bool, wanted: &Wanted) -> Tensor<2> {
        let mut sequences = Sequences::new(tokens);
        let Some((last, blocks)) = self.resblocks.split_last() else {
            return sequences.select(wanted);
        };
        for block in blocks {
            sequences.tokens = block.forward(sequences.clone(), causal);
        }
        last.forward_of(wanted, sequences, causal)
    }
}

impl Block {
    fn forward(&self, sequences: Sequences, causal: bool) -> Tensor<2> {
        let Sequences { tokens, length } = sequences;
        let input = Sequences {
            tokens: ops::layer_norm(&self.ln_1, tokens.clone()),
            length,
        };
        let mixed = self_attention(input, &self.attn.in_proj, HEAD_WIDTH, causal);
        self.rest(tokens, mixed)
    }

    fn forward_of(&self, wanted: &Wanted, sequences: Sequences, causal: bool) -> Tensor<2> {
        let tokens = sequences.select(wanted);
        let input = Sequences {
            tokens: ops::layer_norm(&self.ln_1, sequences.tokens),
            length: sequences.length,
        };
        let mixed = attention_of(wanted, input, &self.attn.in_proj, HEAD_WIDTH, causal);
        self.rest(tokens, mixed)
    }

    /// What follows the attention, token by token.
    fn rest(&self, tokens: Tensor<2>, mixed: Tensor<2>) -> Tensor<2> {
        let tokens = tokens + ops::linear(&self.attn.out_proj, mixed);
        let thought = self
            .mlp
            .forward(ops::layer_norm(&self.ln_2, tokens.clone()));
        tokens + thought
    }
}

impl Mlp {
    fn forward(&self, tokens: Tensor<2>) -> Tensor<2> {
        let hidden = ops::linear(&self.c_fc, tokens);
        let hidden = match self.activation {
            Activation::QuickGelu => quick_gelu(hidden),
            Activation::Gelu => gelu(hidden),
        };
        ops::linear(&self.c_proj, hidden)
    }
}

/// Layer normalisation with CLIP's epsilon.
pub fn layer_norm(width: usize, device: &Device) -> LayerNorm {
    LayerNormConfig::new(width)
        .with_epsilon(EPSILON)
        .init(device)
}

/// A norm rescaled so that each of its outputs, `[rows, width]`, would have had mean zero and
/// standard deviation one.
pub(super) fn standardised(mut norm: LayerNorm, outputs: Tensor<2>) -> LayerNorm {
    let [_, width] = outputs.dims();
    let mean = outputs.clone().mean_dim(0);
    let deviation = (outputs - mean.clone()).powi_scalar(2).mean_dim(0).sqrt() + 1e-6;
    let (mean, deviation) = (mean.reshape([width]), deviation.reshape([width]));
    let leaf = |values: Tensor<1>| Param::from_tensor(values.detach());
    norm.beta = norm
        .beta
        .map(|bias| leaf((bias.val() - mean) / deviation.clone()));
    norm.gamma = leaf(norm.gamma.val() / deviation);
    norm
}

#[cfg(test)]
mod tests;
