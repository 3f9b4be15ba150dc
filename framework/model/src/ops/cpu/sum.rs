//! Sums of tensors.

use burn::backend::flex::FlexTensor;
use rayon::prelude::*;

use super::contiguous;

/// Values that one thread takes at a time.
const PORTION: usize = 1 << 14;

/// `x + factor * y`, in the place of `x` where nothing else holds it.
pub(in crate::ops) fn add_scaled(x: FlexTensor, y: FlexTensor, factor: f32) -> FlexTensor {
    let (mut x, y) = (contiguous(x), contiguous(y));
    x.storage_mut::<f32>()
        .par_chunks_mut(PORTION)
        .zip(y.storage::<f32>().par_chunks(PORTION))
        .for_each(|(x, y)| {
            for (x, y) in x.iter_mut().zip(y) {
                *x += factor * y;
            }
        });
    x
}
