//! QuickGELU: x * sigmoid(1.702 x).

use burn::backend::TensorMetadata;
use burn::backend::flex::FlexTensor;
use macerator::{AutoArch, Simd, WithSimd};
use rayon::prelude::*;

use super::math::sigmoid;
use super::{contiguous, tensor};

/// Numbers that one thread takes at a time.
const PORTION: usize = 16 * 1024;

/// Numbers that a thread computes in its first cache before they go to memory.
const BLOCK: usize = 1024;

const SLOPE: f32 = 1.702;

pub(in crate::ops) fn forward(x: FlexTensor) -> FlexTensor {
    let x = contiguous(x);
    let shape = x.shape();
    let (blocks, rest) = x.storage::<f32>().as_chunks::<BLOCK>();
    // Collected, since memory that is set to zero first is written twice, once by one thread alone.
    let mut out = Vec::with_capacity(blocks.len() + 1);
    blocks
        .par_iter()
        .with_min_len(PORTION / BLOCK)
        .map(|x| {
            let mut out = [0.0; BLOCK];
            AutoArch::new().dispatch(Forward { x, out: &mut out });
            out
        })
        .collect_into_vec(&mut out);
    let mut out = out.into_flattened();
    let start = out.len();
    out.resize(start + rest.len(), 0.0);
    AutoArch::new().dispatch(Forward {
        x: rest,
        out: &mut out[start..],
    });
    tensor(out, shape)
}

/// The gradient of the input, from the input and the gradient of the output.
pub(in crate::ops) fn backward(x: FlexTensor, grad: FlexTensor) -> FlexTensor {
    let (x, mut grad) = (contiguous(x), contiguous(grad));
    grad.storage_mut::<f32>()
        .par_chunks_mut(PORTION)
        .zip(x.storage::<f32>().par_chunks(PORTION))
        .for_each(|(grad, x)| AutoArch::new().dispatch(Backward { x, grad }));
    grad
}

struct Forward<'a> {
    x: &'a [f32],
    out: &'a mut [f32],
}

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self) {
        for (out, x) in self.out.iter_mut().zip(self.x) {
            *out = x * sigmoid(SLOPE * x);
        }
    }
}

struct Backward<'a> {
    x: &'a [f32],
    grad: &'a mut [f32],
}

impl WithSimd for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self) {
        for (grad, x) in self.grad.iter_mut().zip(self.x) {
            let sigmoid = sigmoid(SLOPE * x);
            *grad *= sigmoid * (SLOPE * x).mul_add(1.0 - sigmoid, 1.0);
        }
    }
}
