//! Linear layers.

use burn::backend::Dispatch;
use burn::nn::Linear;
use burn::tensor::Tensor;
use burn::tensor::module::linear as plain;

use super::{Fused, on_cpu};

/// What a linear layer makes of the last dimension of `x`.
pub fn linear<const D: usize>(layer: &Linear, x: Tensor<D>) -> Tensor<D> {
    let weight = layer.weight.val();
    let Some(bias) = layer.bias.as_ref().filter(|_| on_cpu(&x)) else {
        return plain(x, weight, layer.bias.as_ref().map(|bias| bias.val()));
    };
    let mut dims = x.dims();
    let [from, to] = weight.dims();
    let rows = dims[..D - 1].iter().product();
    let out = Tensor::<2>::from_dispatch(Dispatch::affine(
        x.reshape([rows, from]).into_dispatch(),
        weight.into_dispatch(),
        bias.val().into_dispatch(),
    ));
    dims[D - 1] = to;
    out.reshape(dims)
}
