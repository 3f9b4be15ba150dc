//! CLIP's image encoder.

use burn::module::{Initializer, Module, Param};
use burn::nn::{LayerNorm, Linear, LinearConfig};
use burn::tensor::{Device, Tensor};

use super::block::{Transformer, layer_norm};
use super::sizes::ClipSizes;

/// A vision transformer whose class token becomes the image's feature.
#[derive(Module, Debug)]
pub struct VisionTransformer {
    /// The patch convolution, whose stride is its size: a linear layer over the pixels of a patch.
    conv1: Linear,
    class_embedding: Param<Tensor<1>>,
    positional_embedding: Param<Tensor<2>>,
    ln_pre: LayerNorm,
    transformer: Transformer,
    ln_post: LayerNorm,
    proj: Param<Tensor<2>>,
    patch: usize,
}

impl VisionTransformer {
    /// Random weights as OpenAI's code draws them.
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
            positional_embedding: normal.init([side * side + 1, width], device),
            ln_pre: layer_norm(width, device),
            transformer: Transformer::init(width, sizes.vision_layers, device),
            ln_post: layer_norm(width, device),
            proj: normal.init([width, sizes.embed], device),
            patch: sizes.patch,
        }
    }

    /// Images `[batch, 3, height, width]` to features `[batch, features]`, not normalised.
    pub fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        let [batch, channels, height, width] = images.dims();
        let (rows, columns) = (height / self.patch, width / self.patch);
        let patches = images
            .reshape([batch, channels, rows, self.patch, columns, self.patch])
            .permute([0, 2, 4, 1, 3, 5])
            .reshape([batch, rows * columns, channels * self.patch * self.patch]);
        let patches = self.conv1.forward(patches);
        let [_, count, width] = patches.dims();
        let class = self.class_embedding.val().reshape([1, 1, width]);
        let tokens = Tensor::cat(vec![class.expand([batch, 1, width]), patches], 1);
        let tokens = tokens + self.positional_embedding.val().unsqueeze::<3>();
        let tokens = self.transformer.forward(self.ln_pre.forward(tokens), None);
        let class = tokens
            .slice([0..batch, 0..1, 0..width])
            .reshape([batch, width]);
        debug_assert_eq!(count, rows * columns);
        self.ln_post.forward(class).matmul(self.proj.val())
    }
}
