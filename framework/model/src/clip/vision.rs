//! CLIP's image encoder.

use burn::module::{Initializer, Module, Param};
use burn::nn::{LayerNorm, Linear, LinearConfig};
use burn::tensor::{Device, Tensor, TensorData};

use super::block::{Transformer, layer_norm, standardised};
use super::sizes::ClipSizes;
use crate::ops::{self, Wanted};

/// A vision transformer whose class token becomes the image's feature.
#[derive(Module, Debug)]
pub struct VisionTransformer {
    /// The patch convolution, whose stride is its size: a linear layer over the pixels of a patch.
    conv1: Linear,
    class_embedding: Param<Tensor<1>>,
    positional_embedding: Param<Tensor<2>>,
    ln_pre: LayerNorm,
    pub(super) transformer: Transformer,
    ln_post: LayerNorm,
    proj: Param<Tensor<2>>,
    patch: usize,
}

impl VisionTransformer {
    /// Random weights, drawn as OpenAI's code does but for the positions.
    pub fn init(sizes: &ClipSizes, device: &Device) -> Self {
        let width = sizes.vision_width;
        let side = sizes.image / sizes.patch;
        let std = (width as f64).powf(-0.5);
        let normal = Initializer::Normal { mean: 0.0, std };
        Self {
            conv1: LinearConfig::new(3 * sizes.patch * sizes.patch, width)
                .with_bias(false)
                .init(device),
            class_embedding: normal.init([width], device),
            positional_embedding: Param::from_data(sine_positions(side, width), device),
            ln_pre: layer_norm(width, device),
            transformer: Transformer::init(width, sizes.vision_layers, device),
            ln_post: layer_norm(width, device),
            proj: normal.init([width, sizes.embed], device),
            patch: sizes.patch,
        }
    }

    /// Images `[batch, 3, height, width]` to features `[batch, features]`, not normalised.
    pub fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        self.project(self.class_tokens(images))
    }

    /// Class tokens `[batch, width]` to features `[batch, features]`.
    pub fn project(&self, tokens: Tensor<2>) -> Tensor<2> {
        tokens.matmul(self.proj.val())
    }

    /// The same encoder with its last norm rescaled, so that these class tokens `[batch, width]`,
    /// which came out of it, would have had mean zero and standard deviation one.
    pub fn standardised_on(mut self, tokens: Tensor<2>) -> Self {
        self.ln_post = standardised(self.ln_post, tokens);
        self
    }

    /// The same encoder for values `x` where this one was trained on `(x - mean) / deviation`.
    pub fn absorbing(mut self, mean: f32, deviation: f32) -> Self {
        let weight = self.conv1.weight.val();
        // What the mean added to each patch is now taken from its position: [1, width].
        let shift = weight.clone().sum_dim(0).mul_scalar(mean / deviation);
        let positions = self.positional_embedding.val();
        let [count, width] = positions.dims();
        let class = positions.clone().slice([0..1, 0..width]);
        let patches = positions.slice([1..count, 0..width]) - shift;
        let leaf = |values: Tensor<2>| Param::from_tensor(values.detach());
        self.conv1.weight = leaf(weight.div_scalar(deviation));
        self.positional_embedding = leaf(Tensor::cat(vec![class, patches], 0));
        self
    }

    /// Images `[batch, 3, height, width]` to class tokens behind the last norm, `[batch, width]`.
    pub fn class_tokens(&self, images: Tensor<4>) -> Tensor<2> {
        let [batch, channels, height, width] = images.dims();
        let (rows, columns) = (height / self.patch, width / self.patch);
        let patches = images
            .reshape([batch, channels, rows, self.patch, columns, self.patch])
            .permute([0, 2, 4, 1, 3, 5])
            .reshape([batch, rows * columns, channels * self.patch * self.patch]);
        let patches = ops::linear(&self.conv1, patches);
        let [_, _, width] = patches.dims();
        let class = self.class_embedding.val().reshape([1, 1, width]);
        let tokens = Tensor::cat(vec![class.expand([batch, 1, width]), patches], 1);
        let tokens = tokens + self.positional_embedding.val().unsqueeze::<3>();
        let tokens = ops::layer_norm(&self.ln_pre, tokens);
        let class = self.transformer.forward(tokens, false, &Wanted::First);
        ops::layer_norm(&self.ln_post, class)
    }
}

/// Positions as sines and cosines of the row and the column, zero for the class token:
/// `[side * side + 1, width]`. From these a small transformer learns sooner to look at a place than
/// from random ones (Beyer, Zhai and Kolesnikov, "Better plain ViT baselines for ImageNet-1k",
/// 2022). Wavelengths run from 4 to 40 patches.
fn sine_positions(side: usize, width: usize) -> TensorData {
    let quarter = width / 4;
    let mut values = vec![0f32; width];
    for (row, column) in (0..side * side).map(|patch| (patch / side, patch % side)) {
        for wave in [f32::sin, f32::cos] {
            for place in [row, column] {
                let turns = (0..quarter).map(|k| 1.5 * 10f32.powf(-(k as f32) / quarter as f32));
                values.extend(turns.map(|turn| 0.7 * wave(place as f32 * turn)));
            }
        }
    }
    TensorData::new(values, [side * side + 1, width])
}
