//! The operations in tensor operations, for any device.

use burn::nn::Linear;
use burn::tensor::activation::{sigmoid, softmax};
use burn::tensor::{Device, Tensor};

use super::Sequences;
use super::linear::{affine, matmul};

pub(super) fn quick_gelu<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    x.clone() * sigmoid(x.mul_scalar(1.702))
}

/// Queries `[sequences * n, width]`, n of each sequence one below the other, at all tokens:
/// `[sequences * n, heads * head_width]`. The mask is added to the scores,
/// `[sequences, heads, n, length]` or what spreads to it.
pub(super) fn attention(
    queries: Tensor<2>,
    input: Sequences,
    projection: &Linear,
    head_width: usize,
    mask: Option<Tensor<4>>,
) -> Tensor<2> {
    let [from, to] = projection.weight.dims();
    let width = to / 3;
    let heads = width / head_width;
    let count = input.tokens.dims()[0] / input.length;
    let asked = queries.dims()[0] / count;
    // Cutting the weights costs less than cutting the activations, in the backward pass above
    // all: there are far fewer of them.
    let part = |index: usize, tokens: Tensor<2>| {
        let columns = index * width..(index + 1) * width;
        let weight = projection.weight.val().slice([0..from, columns.clone()]);
        let bias = projection.bias.as_ref();
        let bias = bias.map(|bias| bias.val().slice([columns]));
        let rows = tokens.dims()[0];
        affine(tokens, weight, bias)
            .reshape([count, rows / count, heads, head_width])
            .swap_dims(1, 2)
    };
    let query = part(0, queries).mul_scalar((head_width as f64).powf(-0.5));
    let (key, value) = (part(1, input.tokens.clone()), part(2, input.tokens));
    let mut scores = matmul(query, key.swap_dims(2, 3));
    if let Some(mask) = mask {
        scores = scores + mask;
    }
    matmul(softmax(scores, 3), value)
        .swap_dims(1, 2)
        .reshape([count * asked, width])
}

/// Zero on and below the diagonal, minus infinity above it: `[tokens, tokens]`.
pub(super) fn causal_mask(tokens: usize, device: &Device) -> Tensor<2> {
    let values: Vec<f32> = (0..tokens * tokens)
        .map(|at| {
            if at % tokens > at / tokens {
                f32::NEG_INFINITY
            } else {
                0.0
            }
        })
        .collect();
    Tensor::<1>::from_floats(values.as_slice(), device).reshape([tokens, tokens])
}
