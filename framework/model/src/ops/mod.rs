//! Operations that take most of the time beside matrix products, each in one pass with a backward
//! pass of its own on the CPU. Other devices, and numbers other than 32-bit floats, take the same
//! operations in tensor operations.

mod autodiff;
mod cpu;
mod linear;
mod plain;

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, Flex, backend_extension};
use burn::nn::{LayerNorm, Linear};
use burn::tensor::{DType, Device, Int, Tensor};

pub use linear::{in_precision, linear};

/// Added to the variance in every layer normalisation, as in CLIP.
pub const EPSILON: f64 = 1e-5;

/// The width of an attention head that the CPU's attention is written for: that of every CLIP that
/// OpenAI published.
pub const HEAD_WIDTH: usize = 64;

/// The operations on tensors of one backend. Rows are all dimensions but the last.
#[backend_extension(Flex, Autodiff)]
pub(crate) trait Fused: Backend {
    /// `x * sigmoid(1.702 x)`, of any shape.
    fn quick_gelu(x: FloatTensor<Self>) -> FloatTensor<Self>;

    /// Rows to mean zero and variance one, times `gamma` plus `beta`, both `[width]`.
    fn normalised_rows(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
    ) -> FloatTensor<Self>;

    /// `x weight + bias`: `[rows, from]`, `[from, to]` and `[to]` to `[rows, to]`.
    fn affine(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
    ) -> FloatTensor<Self>;

    /// `x + factor * y`, of one shape.
    fn add_scaled(x: FloatTensor<Self>, y: FloatTensor<Self>, factor: f32) -> FloatTensor<Self>;

    /// Queries, keys and values side by side, `[sequences * length, 3 * width]`, to
    /// `[sequences * length, width]`; heads are [`HEAD_WIDTH`] wide.
    fn attended(parts: FloatTensor<Self>, length: usize, causal: bool) -> FloatTensor<Self>;
}

impl Fused for Flex {
    fn quick_gelu(x: FloatTensor<Self>) -> FloatTensor<Self> {
        cpu::gelu::forward(x)
    }

    fn normalised_rows(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        cpu::norm::forward(x, gamma, beta)
    }

    fn affine(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        cpu::linear::forward(x, weight, bias)
    }

    fn add_scaled(x: FloatTensor<Self>, y: FloatTensor<Self>, factor: f32) -> FloatTensor<Self> {
        cpu::sum::add_scaled(x, y, factor)
    }

    fn attended(parts: FloatTensor<Self>, length: usize, causal: bool) -> FloatTensor<Self> {
        cpu::attention::forward(parts, length, causal)
    }
}

fn on_cpu<const D: usize>(tensor: &Tensor<D>) -> bool {
    tensor.dtype() == DType::F32 && tensor.device().inner() == Device::flex()
}

/// x * sigmoid(1.702 x), the approximation of GELU that OpenAI's CLIP was trained with.
pub fn quick_gelu<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    match on_cpu(&x) {
        true => Tensor::from_dispatch(Dispatch::quick_gelu(x.into_dispatch())),
        false => plain::quick_gelu(x),
    }
}

/// `x + factor * y`, in the place of `x` where nothing else holds it.
pub fn add_scaled<const D: usize>(x: Tensor<D>, y: Tensor<D>, factor: f32) -> Tensor<D> {
    match on_cpu(&x) && on_cpu(&y) {
        true => Tensor::from_dispatch(Dispatch::add_scaled(
            x.into_dispatch(),
            y.into_dispatch(),
            factor,
        )),
        false => x + y.mul_scalar(factor),
    }
}

/// Layer normalisation over the last dimension.
pub fn layer_norm<const D: usize>(norm: &LayerNorm, x: Tensor<D>) -> Tensor<D> {
    match &norm.beta {
        Some(beta) if on_cpu(&x) => Tensor::from_dispatch(Dispatch::normalised_rows(
            x.into_dispatch(),
            norm.gamma.val().into_dispatch(),
            beta.val().into_dispatch(),
        )),
        _ => norm.forward(x),
    }
}

/// Sequences of tokens one below the other.
#[derive(Debug, Clone)]
pub struct Sequences {
    /// `[sequences * length, width]`.
    pub tokens: Tensor<2>,
    /// Tokens of a sequence.
    pub length: usize,
}

/// Tokens that the rest of a model wants of a stack of blocks: one of each sequence.
#[derive(Debug, Clone)]
// One is made for a whole stack of blocks: its size costs nothing.
#[allow(clippy::large_enum_variant)]
pub enum Wanted {
    /// The first.
    First,
    /// Those at these places among all tokens, `[sequences]`, in the sequences' order.
    At(Tensor<1, Int>),
}

impl Sequences {
    /// From `[sequences, length, width]`.
    pub fn new(tokens: Tensor<3>) -> Self {
        let [count, length, width] = tokens.dims();
        Self {
            tokens: tokens.reshape([count * length, width]),
            length,
        }
    }

    /// The wanted tokens, `[sequences, width]`.
    pub fn select(&self, wanted: &Wanted) -> Tensor<2> {
        let [rows, width] = self.tokens.dims();
        let count = rows / self.length;
        let tokens = self.tokens.clone();
        match wanted {
            Wanted::First => tokens
                .reshape([count, self.length, width])
                .slice([0..count, 0..1, 0..width])
                .reshape([count, width]),
            Wanted::At(places) => tokens.select(0, places.clone()),
        }
    }
}

/// What every token of a sequence, or every token up to itself, has to say to each token:
/// `[sequences * length, width]` to the same. `projection` makes queries, keys and values.
pub fn self_attention(
    input: Sequences,
    projection: &Linear,
    head_width: usize,
    causal: bool,
) -> Tensor<2> {
    let length = input.length;
    if on_cpu(&input.tokens) && head_width == HEAD_WIDTH {
        let parts = linear(projection, input.tokens);
        let out = Dispatch::attended(parts.into_dispatch(), length, causal);
        return Tensor::from_dispatch(out);
    }
    let queries = input.tokens.clone();
    let mask = causal.then(|| plain::causal_mask(length, &queries.device()).unsqueeze::<4>());
    plain::attention(queries, input, projection, head_width, mask)
}

/// [`self_attention`] for the wanted tokens only: `[sequences, width]`.
pub fn attention_of(
    wanted: &Wanted,
    input: Sequences,
    projection: &Linear,
    head_width: usize,
    causal: bool,
) -> Tensor<2> {
    let queries = input.select(wanted);
    let mask = causal.then(|| {
        let mask = plain::causal_mask(input.length, &queries.device());
        let [count, _] = queries.dims();
        let rows = match wanted {
            Wanted::First => mask.narrow(0, 0, 1).expand([count, input.length]),
            Wanted::At(places) => {
                mask.select(0, places.clone().remainder_scalar(input.length as i32))
            }
        };
        rows.reshape([count, 1, 1, input.length])
    });
    plain::attention(queries, input, projection, head_width, mask)
}

#[cfg(test)]
mod tests;
