//! The pre-norm transformer block of both towers.

use burn::module::{Initializer, Module, Param};
use burn::nn::{LayerNorm, LayerNormConfig, Linear, LinearConfig};
use burn::tensor::activation::{gelu, sigmoid, softmax};
use burn::tensor::module::linear;
use burn::tensor::{Device, Tensor};

use exp_core::experiment::Activation;

use super::sizes::HEAD_WIDTH;

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

    /// `[batch, tokens, width]` to the same. `mask`, `[tokens, tokens]`, is added to the scores.
    pub fn forward(&self, mut tokens: Tensor<3>, mask: Option<Tensor<2>>) -> Tensor<3> {
        for block in &self.resblocks {
            tokens = block.forward(tokens, mask.clone());
        }
        tokens
    }
}

impl Block {
    fn forward(&self, tokens: Tensor<3>, mask: Option<Tensor<2>>) -> Tensor<3> {
        let attended = self.attn.forward(self.ln_1.forward(tokens.clone()), mask);
        let tokens = tokens + attended;
        let thought = self.mlp.forward(self.ln_2.forward(tokens.clone()));
        tokens + thought
    }
}

impl Attention {
    fn forward(&self, tokens: Tensor<3>, mask: Option<Tensor<2>>) -> Tensor<3> {
        let [batch, count, width] = tokens.dims();
        let heads = width / HEAD_WIDTH;
        // Cutting the weights costs less than cutting the activations, in the backward pass above
        // all: there are far fewer of them.
        let part = |index: usize| {
            let columns = index * width..(index + 1) * width;
            let weight = self.in_proj.weight.val().slice([0..width, columns.clone()]);
            let bias = self
                .in_proj
                .bias
                .as_ref()
                .map(|bias| bias.val().slice([columns]));
            linear(tokens.clone(), weight, bias)
                .reshape([batch, count, heads, HEAD_WIDTH])
                .swap_dims(1, 2)
        };
        let (query, key, value) = (part(0), part(1), part(2));
        let query = query.mul_scalar((HEAD_WIDTH as f64).powf(-0.5));
        let mut scores = query.matmul(key.swap_dims(2, 3));
        if let Some(mask) = mask {
            scores = scores + mask.unsqueeze::<4>();
        }
        let mixed = softmax(scores, 3).matmul(value);
        self.out_proj
            .forward(mixed.swap_dims(1, 2).reshape([batch, count, width]))
    }
}

impl Mlp {
    fn forward(&self, tokens: Tensor<3>) -> Tensor<3> {
        let hidden = self.c_fc.forward(tokens);
        self.c_proj.forward(match self.activation {
            Activation::QuickGelu => quick_gelu(hidden),
            Activation::Gelu => gelu(hidden),
        })
    }
}

/// x * sigmoid(1.702 x), the approximation of GELU that OpenAI's CLIP was trained with.
fn quick_gelu(x: Tensor<3>) -> Tensor<3> {
    x.clone() * sigmoid(x.mul_scalar(1.702))
}

/// Layer normalisation with CLIP's epsilon.
pub fn layer_norm(width: usize, device: &Device) -> LayerNorm {
    LayerNormConfig::new(width).with_epsilon(1e-5).init(device)
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
