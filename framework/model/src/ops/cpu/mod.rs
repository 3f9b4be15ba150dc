//! The operations in plain loops, compiled for the widest vector unit there is.

pub(super) mod attention;
pub(super) mod gelu;
pub(super) mod linear;
mod math;
pub(super) mod norm;
pub(super) mod sum;

use burn::backend::TensorMetadata;
use burn::backend::flex::FlexTensor;
use burn::tensor::{Shape, TensorData};

/// The same numbers without gaps, in order.
fn contiguous(tensor: FlexTensor) -> FlexTensor {
    tensor.to_contiguous()
}

fn tensor(values: Vec<f32>, shape: Shape) -> FlexTensor {
    FlexTensor::from_data(TensorData::new(values, shape))
}

/// The length of the last dimension.
fn width(tensor: &FlexTensor) -> usize {
    tensor.shape().iter().last().copied().unwrap_or(1).max(1)
}
