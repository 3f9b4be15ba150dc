//! Layer normalisation.

use burn::backend::TensorMetadata;
use burn::backend::flex::FlexTensor;
use burn::tensor::Shape;
use macerator::{AutoArch, Simd, WithSimd};
use rayon::prelude::*;

use super::math::sum;
use super::{contiguous, tensor, width};
use crate::ops::EPSILON;

/// Rows that one thread takes at a time. Sums over rows are made of sums over this many, so that
/// they do not depend on the number of threads.
const PORTION: usize = 32;

/// Gradients of the inputs.
pub(in crate::ops) struct Gradients {
    pub(in crate::ops) x: FlexTensor,
    pub(in crate::ops) gamma: Option<FlexTensor>,
    pub(in crate::ops) beta: Option<FlexTensor>,
}

pub(in crate::ops) fn forward(x: FlexTensor, gamma: FlexTensor, beta: FlexTensor) -> FlexTensor {
    let (x, gamma, beta) = (contiguous(x), contiguous(gamma), contiguous(beta));
    let (shape, width) = (x.shape(), width(&x));
    let x = x.storage::<f32>();
    let (gamma, beta) = (gamma.storage::<f32>(), beta.storage::<f32>());
    let mut out = vec![0.0; x.len()];
    out.par_chunks_mut(PORTION * width)
        .zip(x.par_chunks(PORTION * width))
        .for_each(|(out, x)| {
            AutoArch::new().dispatch(Forward {
                x,
                gamma,
                beta,
                out,
            });
        });
    tensor(out, shape)
}

/// With `trained`, the gradients of `gamma` and `beta` as well.
pub(in crate::ops) fn backward(
    x: FlexTensor,
    gamma: FlexTensor,
    grad: FlexTensor,
    trained: bool,
) -> Gradients {
    let (x, gamma, mut grad) = (contiguous(x), contiguous(gamma), contiguous(grad));
    let width = width(&x);
    let portion = PORTION * width;
    let kept = if trained { 2 * width } else { 0 };
    let portions = x.storage::<f32>().len().div_ceil(portion);
    // Of each portion of rows, the gradients of `gamma` and of `beta`.
    let mut sums = vec![0.0; portions * kept];
    let one = |grad: &mut [f32], x: &[f32], sums: &mut [f32]| {
        AutoArch::new().dispatch(Backward {
            x,
            gamma: gamma.storage::<f32>(),
            grad,
            sums,
        });
    };
    let work = grad
        .storage_mut::<f32>()
        .par_chunks_mut(portion)
        .zip(x.storage::<f32>().par_chunks(portion));
    match trained {
        true => work
            .zip(sums.par_chunks_mut(kept))
            .for_each(|((grad, x), sums)| one(grad, x, sums)),
        false => work.for_each(|(grad, x)| one(grad, x, &mut [])),
    }
    let total = |start: usize| {
        let mut total = vec![0.0; width];
        for sums in sums.chunks(kept) {
            for (total, value) in total.iter_mut().zip(&sums[start..start + width]) {
                *total += value;
            }
        }
        tensor(total, Shape::new([width]))
    };
    Gradients {
        x: grad,
        gamma: trained.then(|| total(0)),
        beta: trained.then(|| total(width)),
    }
}

struct Forward<'a> {
    x: &'a [f32],
    gamma: &'a [f32],
    beta: &'a [f32],
    out: &'a mut [f32],
}

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self) {
        let width = self.gamma.len();
        for (out, x) in self
            .out
            .chunks_exact_mut(width)
            .zip(self.x.chunks_exact(width))
        {
            let (mean, scale) = moments(x);
            let affine = self.gamma.iter().zip(self.beta);
            for ((out, x), (gamma, beta)) in out.iter_mut().zip(x).zip(affine) {
                *out = ((x - mean) * scale).mul_add(*gamma, *beta);
            }
        }
    }
}

/// Mean, and one over the standard deviation.
#[inline(always)]
fn moments(row: &[f32]) -> (f32, f32) {
    let count = row.len() as f32;
    let mean = sum(row, row, |value, _| value) / count;
    let variance = sum(row, row, |value, _| (value - mean) * (value - mean)) / count;
    (mean, 1.0 / (variance + EPSILON as f32).sqrt())
}

struct Backward<'a> {
    x: &'a [f32],
    gamma: &'a [f32],
    grad: &'a mut [f32],
    /// Gradients of `gamma` and `beta`, added to; or nothing.
    sums: &'a mut [f32],
}

impl WithSimd for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self) {
        let gamma = self.gamma;
        let width = gamma.len();
        for (grad, x) in self
            .grad
            .chunks_exact_mut(width)
            .zip(self.x.chunks_exact(width))
        {
            let (mean, scale) = moments(x);
            if let Some((to_gamma, to_beta)) = self.sums.split_at_mut_checked(width) {
                let sums = to_gamma.iter_mut().zip(to_beta);
                for ((grad, x), (to_gamma, to_beta)) in grad.iter().zip(x).zip(sums) {
                    *to_gamma += grad * ((x - mean) * scale);
                    *to_beta += grad;
                }
            }
            for (grad, gamma) in grad.iter_mut().zip(gamma) {
                *grad *= gamma;
            }
            let count = width as f32;
            let along_one = sum(grad, grad, |grad, _| grad) / count;
            let along_x = sum(grad, x, |grad, x| grad * ((x - mean) * scale)) / count;
            for (grad, x) in grad.iter_mut().zip(x) {
                let normal = (x - mean) * scale;
                *grad = scale * (*grad - along_one - normal * along_x);
            }
        }
    }
}
