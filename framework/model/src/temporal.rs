//! From frame features to one clip feature.

use burn::module::{Initializer, Module, ModuleDisplay, Param};
use burn::nn::{LayerNorm, Linear, LinearConfig};
use burn::tensor::activation::gelu_approximate;
use burn::tensor::{Device, Tensor};

use crate::clip::layer_norm;
use crate::ops::{self, Sequences, Wanted, self_attention};

/// A module that turns the features of a clip's frames into one feature of the clip.
pub trait TemporalModel: Module + ModuleDisplay + 'static {
    /// `[batch, frames, features]` to `[batch, features]`. Linear layers through
    /// [`ops::linear`](crate::ops::linear()) follow the setting `train.precision`.
    fn forward(&self, frames: Tensor<3>) -> Tensor<2>;
}

/// The sizes of a temporal transformer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransformerSizes {
    /// Blocks.
    pub depth: usize,
    /// Attention heads.
    pub heads: usize,
    /// Width of a head; `heads * head_width` need not be the width of the features.
    pub head_width: usize,
    /// Width of the hidden layer of each block's perceptron.
    pub mlp_width: usize,
}

/// The reference's temporal transformer: learned positions, pre-norm blocks, no final norm.
#[derive(Module, Debug)]
pub struct TemporalTransformer {
    /// `[1, 1, features]`; without it the output is the mean over frames.
    cls_token: Option<Param<Tensor<3>>>,
    /// `[1, tokens, features]`.
    pos_embedding: Param<Tensor<3>>,
    layers: Vec<Layer>,
}

#[derive(Module, Debug)]
struct Layer {
    norm_1: LayerNorm,
    to_qkv: Linear,
    to_out: Linear,
    norm_2: LayerNorm,
    fc: Linear,
    proj: Linear,
    heads: usize,
}

impl TemporalTransformer {
    /// Random weights as the reference draws them: class token and positions from N(0, 1), linear
    /// layers from U(-1/sqrt(fan in), 1/sqrt(fan in)).
    pub fn init(
        sizes: &TransformerSizes,
        class_token: bool,
        frames: usize,
        features: usize,
        device: &Device,
    ) -> Self {
        let normal = Initializer::Normal {
            mean: 0.0,
            std: 1.0,
        };
        let inner = sizes.heads * sizes.head_width;
        let linear = |from, to| LinearConfig::new(from, to).init(device);
        let layers = (0..sizes.depth)
            .map(|_| Layer {
                norm_1: layer_norm(features, device),
                to_qkv: LinearConfig::new(features, 3 * inner)
                    .with_bias(false)
                    .init(device),
                to_out: linear(inner, features),
                norm_2: layer_norm(features, device),
                fc: linear(features, sizes.mlp_width),
                proj: linear(sizes.mlp_width, features),
                heads: sizes.heads,
            })
            .collect();
        let tokens = frames + usize::from(class_token);
        Self {
            cls_token: class_token.then(|| normal.init([1, 1, features], device)),
            pos_embedding: normal.init([1, tokens, features], device),
            layers,
        }
    }
}

impl TemporalModel for TemporalTransformer {
    fn forward(&self, frames: Tensor<3>) -> Tensor<2> {
        let [batch, _, width] = frames.dims();
        let tokens = match &self.cls_token {
            Some(class) => Tensor::cat(vec![class.val().expand([batch, 1, width]), frames], 1),
            None => frames,
        };
        let mut sequences = Sequences::new(tokens + self.pos_embedding.val());
        for layer in &self.layers {
            sequences.tokens = layer.forward(sequences.clone());
        }
        match self.cls_token {
            Some(_) => sequences.select(&Wanted::First),
            None => sequences
                .tokens
                .reshape([batch, sequences.length, width])
                .mean_dim(1)
                .reshape([batch, width]),
        }
    }
}

impl Layer {
    fn forward(&self, sequences: Sequences) -> Tensor<2> {
        let Sequences { tokens, length } = sequences;
        let input = Sequences {
            tokens: ops::layer_norm(&self.norm_1, tokens.clone()),
            length,
        };
        let [_, inner] = self.to_qkv.weight.dims();
        let mixed = self_attention(input, &self.to_qkv, inner / 3 / self.heads, false);
        let tokens = tokens + ops::linear(&self.to_out, mixed);
        let hidden = ops::linear(&self.fc, ops::layer_norm(&self.norm_2, tokens.clone()));
        tokens + ops::linear(&self.proj, gelu_approximate(hidden))
    }
}
