//! Linear layers and products, in the precision that was asked for.

use std::cell::Cell;

use burn::backend::Dispatch;
use burn::nn::Linear;
use burn::tensor::module::linear as product;
use burn::tensor::{DType, Tensor};
use exp_core::experiment::Precision;

use super::{Fused, on_cpu};

thread_local! {
    /// What products on this thread are computed in.
    static PRECISION: Cell<Precision> = const { Cell::new(Precision::F32) };
}

/// Does some work whose linear layers and products are computed in a precision, as in PyTorch's
/// `autocast`. Their inputs and outputs, and all gradients, are 32-bit floats whatever it is. The
/// backward pass needs no such call: it is computed as the forward pass was.
pub fn in_precision<T>(precision: Precision, work: impl FnOnce() -> T) -> T {
    /// Puts back what was before, after a panic too.
    struct Before(Precision);
    impl Drop for Before {
        fn drop(&mut self) {
            PRECISION.set(self.0);
        }
    }
    let _before = Before(PRECISION.replace(precision));
    work()
}

/// A linear layer, `[.., from]` to `[.., to]`.
pub fn linear<const D: usize>(layer: &Linear, x: Tensor<D>) -> Tensor<D> {
    let bias = layer.bias.as_ref().map(|bias| bias.val());
    affine(x, layer.weight.val(), bias)
}

/// The same from a weight `[from, to]` and a bias `[to]`.
pub(super) fn affine<const D: usize>(
    x: Tensor<D>,
    weight: Tensor<2>,
    bias: Option<Tensor<1>>,
) -> Tensor<D> {
    match (PRECISION.get(), bias) {
        (Precision::Bf16, bias) => {
            let (x, weight) = (x.cast(DType::BF16), weight.cast(DType::BF16));
            let out = product(x, weight, None).cast(DType::F32);
            match bias {
                Some(bias) => out + bias.unsqueeze(),
                None => out,
            }
        }
        (_, Some(bias)) if on_cpu(&x) => {
            let mut dims = x.dims();
            let [from, to] = weight.dims();
            let rows = dims[..D - 1].iter().product();
            let out = Tensor::<2>::from_dispatch(Dispatch::affine(
                x.reshape([rows, from]).into_dispatch(),
                weight.into_dispatch(),
                bias.into_dispatch(),
            ));
            dims[D - 1] = to;
            out.reshape(dims)
        }
        (_, bias) => product(x, weight, bias),
    }
}

/// The product of two stacks of matrices, `[.., n, k]` and `[.., k, m]` to `[.., n, m]`.
pub(super) fn matmul<const D: usize>(left: Tensor<D>, right: Tensor<D>) -> Tensor<D> {
    match PRECISION.get() {
        Precision::F32 | Precision::Tf32 => left.matmul(right),
        Precision::Bf16 => left
            .cast(DType::BF16)
            .matmul(right.cast(DType::BF16))
            .cast(DType::F32),
    }
}
