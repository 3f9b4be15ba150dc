//! Attention with softmax, one head of one sequence at a time, all of it in cache.

use burn::backend::TensorMetadata;
use burn::backend::flex::FlexTensor;
use burn::tensor::Shape;
use macerator::{AutoArch, Simd, WithSimd};
use rayon::prelude::*;

use super::math::{exp, largest, sum};
use super::{contiguous, tensor, width};
use crate::ops::HEAD_WIDTH;

/// Widths of scratch are multiples of this.
const COLUMNS: usize = 16;

pub(in crate::ops) fn forward(parts: FlexTensor, length: usize, causal: bool) -> FlexTensor {
    let parts = contiguous(parts);
    let (rows, width) = (parts.shape()[0], width(&parts) / 3);
    let mut out = vec![0.0; rows * width];
    out.par_chunks_mut(length * width)
        .zip(parts.storage::<f32>().par_chunks(3 * length * width))
        .for_each(|(out, parts)| {
            AutoArch::new().dispatch(Forward {
                sequence: Sequence {
                    parts,
                    length,
                    causal,
                },
                out,
            });
        });
    tensor(out, Shape::new([rows, width]))
}

/// The gradient of `parts`, from them and the gradient of the output.
pub(in crate::ops) fn backward(
    parts: FlexTensor,
    grad: FlexTensor,
    length: usize,
    causal: bool,
) -> FlexTensor {
    let (parts, grad) = (contiguous(parts), contiguous(grad));
    let (shape, width) = (parts.shape(), width(&grad));
    let values = parts.storage::<f32>();
    let mut out = vec![0.0; values.len()];
    out.par_chunks_mut(3 * length * width)
        .zip(values.par_chunks(3 * length * width))
        .zip(grad.storage::<f32>().par_chunks(length * width))
        .for_each(|((out, parts), grad)| {
            AutoArch::new().dispatch(Backward {
                sequence: Sequence {
                    parts,
                    length,
                    causal,
                },
                grad,
                out,
            });
        });
    tensor(out, shape)
}

/// Queries, keys and values of one sequence, `[length, 3 * width]`.
struct Sequence<'a> {
    parts: &'a [f32],
    length: usize,
    causal: bool,
}

impl Sequence<'_> {
    /// The width of the queries.
    #[inline(always)]
    fn width(&self) -> usize {
        self.parts.len() / self.length / 3
    }

    /// The width of scores in scratch.
    #[inline(always)]
    fn padded(&self) -> usize {
        self.length.next_multiple_of(COLUMNS)
    }

    /// What each query, scaled, finds in each key, as probabilities: `[length, padded]`, zero where
    /// nothing may be found. `keys` is scratch, `[HEAD_WIDTH, padded]`.
    #[inline(always)]
    fn probabilities(&self, head: usize, keys: &mut [f32], out: &mut [f32]) {
        let (width, padded) = (self.width(), self.padded());
        let first = head * HEAD_WIDTH;
        transpose(
            &self.parts[width + first..],
            3 * width,
            self.length,
            keys,
            padded,
        );
        let queries = Strided(&self.parts[first..], 3 * width, 1);
        product(
            queries,
            [self.length, HEAD_WIDTH],
            keys,
            padded,
            out,
            padded,
            padded,
        );
        let scale = (HEAD_WIDTH as f32).powf(-0.5);
        for (place, row) in out.chunks_exact_mut(padded).enumerate() {
            let seen = if self.causal { place + 1 } else { self.length };
            row[seen..].fill(f32::NEG_INFINITY);
            let top = largest(row);
            for value in row.iter_mut() {
                *value = exp((*value - top) * scale);
            }
            row[seen..].fill(0.0);
            let whole = 1.0 / sum(row, row, |value, _| value);
            for value in row.iter_mut() {
                *value *= whole;
            }
        }
    }
}

struct Forward<'a> {
    sequence: Sequence<'a>,
    /// `[length, width]`.
    out: &'a mut [f32],
}

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self) {
        let Sequence { parts, length, .. } = self.sequence;
        let (width, padded) = (self.sequence.width(), self.sequence.padded());
        let mut keys = vec![0.0; HEAD_WIDTH * padded];
        let mut found = vec![0.0; length * padded];
        for head in 0..width / HEAD_WIDTH {
            self.sequence.probabilities(head, &mut keys, &mut found);
            let first = head * HEAD_WIDTH;
            let values = &parts[2 * width + first..];
            let out = &mut self.out[first..];
            let found = Strided(&found, padded, 1);
            product(
                found,
                [length, length],
                values,
                3 * width,
                out,
                width,
                HEAD_WIDTH,
            );
        }
    }
}

struct Backward<'a> {
    sequence: Sequence<'a>,
    /// `[length, width]`.
    grad: &'a [f32],
    /// `[length, 3 * width]`.
    out: &'a mut [f32],
}

impl WithSimd for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self) {
        let Sequence { parts, length, .. } = self.sequence;
        let (width, padded) = (self.sequence.width(), self.sequence.padded());
        let scale = (HEAD_WIDTH as f32).powf(-0.5);
        let mut turned = vec![0.0; HEAD_WIDTH * padded];
        let mut found = vec![0.0; length * padded];
        let mut scores = vec![0.0; length * padded];
        let square = [length, length];
        for head in 0..width / HEAD_WIDTH {
            let query = head * HEAD_WIDTH;
            let (key, value) = (width + query, 2 * width + query);
            let grad = &self.grad[query..];
            self.sequence.probabilities(head, &mut turned, &mut found);

            let out = &mut self.out[value..];
            let across = Strided(&found, 1, padded);
            product(across, square, grad, width, out, 3 * width, HEAD_WIDTH);

            // Gradients of the probabilities, then, through the softmax, of the scores.
            transpose(&parts[value..], 3 * width, length, &mut turned, padded);
            let rows = Strided(grad, width, 1);
            product(
                rows,
                [length, HEAD_WIDTH],
                &turned,
                padded,
                &mut scores,
                padded,
                padded,
            );
            let rows = scores
                .chunks_exact_mut(padded)
                .zip(found.chunks_exact(padded));
            for (scores, found) in rows {
                let mean = sum(scores, found, |score, found| score * found);
                for (score, found) in scores.iter_mut().zip(found) {
                    *score = found * (*score - mean) * scale;
                }
            }

            let (keys, queries) = (&parts[key..], &parts[query..]);
            let along = Strided(&scores, padded, 1);
            let out = &mut self.out[query..];
            product(along, square, keys, 3 * width, out, 3 * width, HEAD_WIDTH);
            let across = Strided(&scores, 1, padded);
            let out = &mut self.out[key..];
            product(
                across,
                square,
                queries,
                3 * width,
                out,
                3 * width,
                HEAD_WIDTH,
            );
        }
    }
}

/// Rows of a head, `[length, HEAD_WIDTH]` at distances of `stride`, to columns:
/// `[HEAD_WIDTH, padded]`. What lies behind `length` stays as it is.
#[inline(always)]
fn transpose(rows: &[f32], stride: usize, length: usize, out: &mut [f32], padded: usize) {
    for (place, row) in rows.chunks(stride).take(length).enumerate() {
        let columns = out.chunks_exact_mut(padded);
        for (value, column) in row[..HEAD_WIDTH].iter().zip(columns) {
            column[place] = *value;
        }
    }
}

/// A matrix: its values, and the distances of rows and of columns.
#[derive(Clone, Copy)]
struct Strided<'a>(&'a [f32], usize, usize);

/// `left`, `[rows, depth]`, times `right`, `[depth, columns]`, whose rows lie `right_stride` apart, to
/// `out`, whose rows lie `out_stride` apart.
///
/// A row of `out` stays in the first cache while it grows by four products at a time, so that the
/// inner loop computes more than it loads and stores.
#[inline(always)]
fn product(
    left: Strided<'_>,
    [rows, depth]: [usize; 2],
    right: &[f32],
    right_stride: usize,
    out: &mut [f32],
    out_stride: usize,
    columns: usize,
) {
    let Strided(left, down, across) = left;
    for row in 0..rows {
        let out = &mut out[row * out_stride..][..columns];
        out.fill(0.0);
        let factor = |at: usize| left[row * down + at * across];
        let line = |at: usize| &right[at * right_stride..][..columns];
        let mut at = 0;
        while at + 4 <= depth {
            let factors = [factor(at), factor(at + 1), factor(at + 2), factor(at + 3)];
            let one = out.iter_mut().zip(line(at)).zip(line(at + 1));
            for ((((out, a), b), c), d) in one.zip(line(at + 2)).zip(line(at + 3)) {
                let pair = factors[1].mul_add(*b, factors[0].mul_add(*a, *out));
                *out = factors[3].mul_add(*d, factors[2].mul_add(*c, pair));
            }
            at += 4;
        }
        for at in at..depth {
            let factor = factor(at);
            for (out, value) in out.iter_mut().zip(line(at)) {
                *out = factor.mul_add(*value, *out);
            }
        }
    }
}
