//! Linear layers: `x W + b` for rows of `x`, and the gradients.
//!
//! Matrices are multiplied where they lie, transposed or not, and the result is added to the bias
//! that stands there already: nothing is copied, and no pass over the result follows.

use burn::backend::TensorMetadata;
use burn::backend::flex::FlexTensor;
use burn::tensor::Shape;
use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;

use super::{contiguous, tensor};

/// Rows of a product that one thread takes at least. How a product is cut changes none of its bits.
const PORTION: usize = 64;

/// `x` `[rows, from]`, `weight` `[from, to]`, `bias` `[to]`; returns `[rows, to]`.
pub(in crate::ops) fn forward(x: FlexTensor, weight: FlexTensor, bias: FlexTensor) -> FlexTensor {
    let (x, weight, bias) = (contiguous(x), contiguous(weight), contiguous(bias));
    let ([rows, _], [_, to]) = (sides(&x), sides(&weight));
    let mut out = vec![0.0; rows * to];
    out.par_chunks_mut(PORTION * to).for_each(|portion| {
        for row in portion.chunks_exact_mut(to) {
            row.copy_from_slice(bias.storage());
        }
    });
    product(&mut out, [rows, to], Accum::Add, view(&x), view(&weight));
    tensor(out, Shape::new([rows, to]))
}

/// The gradient of `x`, `[rows, from]`, from that of the output.
pub(in crate::ops) fn to_x(weight: FlexTensor, grad: FlexTensor) -> FlexTensor {
    let (weight, grad) = (contiguous(weight), contiguous(grad));
    let ([rows, _], [from, _]) = (sides(&grad), sides(&weight));
    let mut out = vec![0.0; rows * from];
    let weight = view(&weight).transpose();
    product(&mut out, [rows, from], Accum::Replace, view(&grad), weight);
    tensor(out, Shape::new([rows, from]))
}

/// The gradient of `weight`, `[from, to]`.
pub(in crate::ops) fn to_weight(x: FlexTensor, grad: FlexTensor) -> FlexTensor {
    let (x, grad) = (contiguous(x), contiguous(grad));
    let ([_, from], [_, to]) = (sides(&x), sides(&grad));
    let mut out = vec![0.0; from * to];
    let x = view(&x).transpose();
    product(&mut out, [from, to], Accum::Replace, x, view(&grad));
    tensor(out, Shape::new([from, to]))
}

/// The gradient of `bias`, `[to]`: sums over portions of rows, then over portions, so that they do
/// not depend on the number of threads.
pub(in crate::ops) fn to_bias(grad: &FlexTensor) -> FlexTensor {
    let grad = contiguous(grad.clone());
    let [_, to] = sides(&grad);
    let add = |mut sum: Vec<f32>, row: &[f32]| {
        for (sum, value) in sum.iter_mut().zip(row) {
            *sum += value;
        }
        sum
    };
    let portions: Vec<Vec<f32>> = grad
        .storage::<f32>()
        .par_chunks(PORTION * to)
        .map(|portion| portion.chunks_exact(to).fold(vec![0.0; to], add))
        .collect();
    let sum = portions
        .iter()
        .fold(vec![0.0; to], |sum, row| add(sum, row));
    tensor(sum, Shape::new([to]))
}

fn sides(matrix: &FlexTensor) -> [usize; 2] {
    let shape = matrix.shape();
    [shape[0], shape[1]]
}

fn view(matrix: &FlexTensor) -> MatRef<'_, f32> {
    let [rows, columns] = sides(matrix);
    MatRef::from_row_major_slice(matrix.storage(), rows, columns)
}

fn product(
    out: &mut [f32],
    [rows, columns]: [usize; 2],
    accum: Accum,
    left: MatRef<'_, f32>,
    right: MatRef<'_, f32>,
) {
    let parts = rayon::current_num_threads().min(rows / PORTION);
    let out = MatMut::from_row_major_slice_mut(out, rows, columns);
    in_parts(parts, out, accum, left, right);
}

/// In so many parts of rows at once.
fn in_parts(
    parts: usize,
    out: MatMut<'_, f32>,
    accum: Accum,
    left: MatRef<'_, f32>,
    right: MatRef<'_, f32>,
) {
    if parts < 2 {
        return matmul(out, accum, left, right, 1.0, Par::Seq);
    }
    let first = parts / 2;
    let at = out.nrows() * first / parts;
    let (top, bottom) = out.split_at_row_mut(at);
    let (upper, lower) = left.split_at_row(at);
    rayon::join(
        || in_parts(first, top, accum, upper, right),
        || in_parts(parts - first, bottom, accum, lower, right),
    );
}
