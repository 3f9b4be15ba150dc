//! The CPU's operations beside the same in tensor operations: values and gradients.
#![allow(clippy::unwrap_used)]

use burn::module::{Module, Param};
use burn::nn::{LayerNormConfig, LinearConfig};
use burn::tensor::{Device, Distribution, Tensor, TensorData};
use exp_core::experiment::Precision;

use super::*;

/// Numbers from a fixed sequence, roughly from -2 to 2, on a device with gradients.
fn numbers<const D: usize>(shape: [usize; D], seed: u32, device: &Device) -> Tensor<D> {
    let mut state = seed;
    let values: Vec<f32> = (0..shape.iter().product())
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 22) as f32 - 2.0
        })
        .collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// Norm of the difference over norm of the expected.
fn off<const D: usize>(found: Tensor<D>, expected: Tensor<D>) -> f64 {
    let values = |tensor: Tensor<D>| tensor.into_data().iter::<f64>().collect::<Vec<f64>>();
    let (found, expected) = (values(found), values(expected));
    assert_eq!(found.len(), expected.len());
    let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>().sqrt();
    let difference = norm(&mut found.iter().zip(&expected).map(|(f, e)| f - e));
    difference / norm(&mut expected.iter().copied())
}

/// Devices with gradients: as they are, and with activation checkpointing.
fn devices() -> [Device; 2] {
    let device = Device::flex().autodiff();
    [device.clone(), device.gradient_checkpointing()]
}

/// Asserts that two functions of some tensors agree, and their gradients under random weights.
fn agree<const D: usize>(
    what: &str,
    inputs: &[Tensor<D>],
    found: impl Fn(&[Tensor<D>]) -> Tensor<2>,
    expected: impl Fn(&[Tensor<D>]) -> Tensor<2>,
) {
    let run = |of: &dyn Fn(&[Tensor<D>]) -> Tensor<2>| {
        let inputs: Vec<Tensor<D>> = inputs
            .iter()
            .map(|input| input.clone().detach().require_grad())
            .collect();
        let out = of(&inputs);
        let weights = numbers(out.dims(), 9, &out.device());
        let grads = (out.clone() * weights).sum().backward();
        let grads: Vec<Tensor<D>> = inputs.iter().map(|i| i.grad(&grads).unwrap()).collect();
        (out.inner(), grads)
    };
    let ((out, grads), (right, right_grads)) = (run(&found), run(&expected));
    let values = off(out, right);
    assert!(values < 1e-6, "{what}: values are off by {values:.1e}");
    for (at, (grad, right)) in grads.into_iter().zip(right_grads).enumerate() {
        let off = off(grad, right);
        assert!(off < 2e-6, "{what}: gradient {at} is off by {off:.1e}");
    }
}

#[test]
fn quick_gelu_is_that_of_tensor_operations() {
    for device in devices() {
        // More than one thread's portion, and not a multiple of it.
        let x = numbers([37, 1000], 1, &device) * 4.0;
        agree(
            "quick_gelu",
            &[x],
            |x| quick_gelu(x[0].clone()),
            |x| plain::quick_gelu(x[0].clone()),
        );
    }
    let far = Tensor::<1>::from_floats([-1e30, -100.0, 0.0, 100.0, 1e30], &Device::flex());
    let out: Vec<f32> = quick_gelu(far).into_data().iter().collect();
    assert_eq!(out[2..], [0.0, 100.0, 1e30]);
    assert!(out[1].abs() < 1e-30);
}

#[test]
fn layer_normalisation_is_burns() {
    for device in devices() {
        for (rows, width) in [(1, 64), (100, 192), (33, 50)] {
            let mut norm = LayerNormConfig::new(width)
                .with_epsilon(EPSILON)
                .init(&device);
            norm.beta = Some(Param::from_tensor(numbers([width], 2, &device)));
            norm.gamma = Param::from_tensor(numbers([width], 3, &device));
            let x = numbers([rows, width], 1, &device) + 3.0;
            let name = format!("layer_norm {rows} x {width}");
            agree(
                &name,
                std::slice::from_ref(&x),
                |x| layer_norm(&norm, x[0].clone()),
                |x| norm.forward(x[0].clone()),
            );
            let of = |grads: burn::tensor::Gradients| {
                let beta = norm.beta.as_ref().unwrap().val().grad(&grads).unwrap();
                (norm.gamma.val().grad(&grads).unwrap(), beta)
            };
            let loss = |out: Tensor<2>| (out * numbers([rows, width], 4, &device)).sum();
            let ours = of(loss(layer_norm(&norm, x.clone())).backward());
            let burns = of(loss(norm.forward(x)).backward());
            assert!(off(ours.0, burns.0) < 2e-6);
            assert!(off(ours.1, burns.1) < 2e-6);
        }
    }
}

#[test]
fn linear_layers_are_burns() {
    for device in devices() {
        // One row, fewer than a thread's portion, several portions.
        for (rows, from, to) in [(1, 64, 192), (37, 50, 3), (200, 96, 128), (3, 1, 1)] {
            let mut layer = LinearConfig::new(from, to).init(&device);
            layer.bias = Some(Param::from_tensor(numbers([to], 2, &device)));
            let x = numbers([rows, from], 1, &device);
            let name = format!("linear {rows} x {from} x {to}");
            agree(
                &name,
                std::slice::from_ref(&x),
                |x| linear(&layer, x[0].clone()),
                |x| layer.forward(x[0].clone()),
            );
            let of = |out: Tensor<2>| {
                let grads = (out * numbers([rows, to], 4, &device)).sum().backward();
                let bias = layer.bias.as_ref().unwrap().val().grad(&grads).unwrap();
                (layer.weight.val().grad(&grads).unwrap(), bias)
            };
            let (ours, burns) = (of(linear(&layer, x.clone())), of(layer.forward(x.clone())));
            assert!(off(ours.0, burns.0) < 2e-6, "{name}");
            assert!(off(ours.1, burns.1) < 2e-6, "{name}");
            // A frozen layer hands gradients on and has none; a part of a larger tensor is one too.
            let frozen = layer.clone().freeze();
            let part = |x: &[Tensor<2>]| x[0].clone().slice([rows / 2..rows, 0..from]);
            agree(
                &format!("{name}, frozen"),
                &[x],
                |x| linear(&frozen, part(x)),
                |x| layer.forward(part(x)),
            );
        }
    }
}

#[test]
fn scaled_tensors_are_added() {
    let device = Device::flex();
    let (x, y) = (
        numbers([300, 111], 1, &device),
        numbers([300, 111], 2, &device),
    );
    let expected = x.clone() + y.clone().mul_scalar(-0.3);
    assert!(off(add_scaled(x.clone(), y.clone(), -0.3), expected) < 1e-7);
    let unchanged = numbers([300, 111], 1, &device);
    assert_eq!(x.into_data(), unchanged.into_data());
}

#[test]
fn attention_is_that_of_tensor_operations() {
    for device in devices() {
        for (sequences, length, width, causal) in [
            (3, 1, 64, false),
            (2, 5, 128, false),
            (2, 50, 128, false),
            (1, 50, 64, true),
            (3, 77, 128, true),
        ] {
            let projection = LinearConfig::new(width, 3 * width).init(&device);
            let tokens = numbers([sequences * length, width], 1, &device);
            let input = |tokens: &[Tensor<2>]| Sequences {
                tokens: tokens[0].clone(),
                length,
            };
            let mask = || causal.then(|| plain::causal_mask(length, &device).unsqueeze::<4>());
            agree(
                &format!("{sequences} x {length} x {width}, causal {causal}"),
                &[tokens],
                |x| self_attention(input(x), &projection, HEAD_WIDTH, causal),
                |x| plain::attention(x[0].clone(), input(x), &projection, HEAD_WIDTH, mask()),
            );
        }
    }
}

#[test]
fn attention_of_chosen_tokens_is_that_part_of_all() {
    let device = Device::flex().autodiff();
    let (length, width) = (9, 128);
    let projection = LinearConfig::new(width, 3 * width).init(&device);
    let ends = Tensor::<1, Int>::from_data([3, 9 + 8, 18], &device);
    for wanted in [Wanted::First, Wanted::At(ends)] {
        for causal in [false, true] {
            let input = |tokens: &[Tensor<2>]| Sequences {
                tokens: tokens[0].clone(),
                length,
            };
            agree(
                &format!("{wanted:?}, causal {causal}"),
                &[numbers([3 * length, width], 1, &device)],
                |x| attention_of(&wanted, input(x), &projection, HEAD_WIDTH, causal),
                |x| {
                    let tokens = self_attention(input(x), &projection, HEAD_WIDTH, causal);
                    Sequences { tokens, length }.select(&wanted)
                },
            );
        }
    }
}

/// bfloat16 keeps 8 significant bits: a factor is off by at most 2^-9 of itself, in the mean over many
/// by less, and so are sums of products.
const BF16: std::ops::Range<f64> = 1e-4..1e-2;

#[test]
fn bf16_rounds_the_factors_of_products_and_nothing_else() {
    for device in devices() {
        let layer = LinearConfig::new(128, 96).init(&device);
        let x = numbers([20, 128], 1, &device);
        let run = |precision| {
            let x = x.clone().require_grad();
            let out = in_precision(precision, || linear(&layer, x.clone()));
            let weights = numbers(out.dims(), 9, &device);
            let grads = (out.clone() * weights).sum().backward();
            let bias = layer.bias.as_ref().unwrap().val().grad(&grads).unwrap();
            let tensors = [
                out.inner(),
                x.grad(&grads).unwrap(),
                layer.weight.val().grad(&grads).unwrap(),
            ];
            for tensor in &tensors {
                assert_eq!(tensor.dtype(), DType::F32);
            }
            (tensors, bias)
        };
        let (exact, bias) = run(Precision::F32);
        let (rounded, rounded_bias) = run(Precision::Bf16);
        for (at, (rounded, exact)) in rounded.into_iter().zip(exact).enumerate() {
            let off = off(rounded, exact);
            assert!(BF16.contains(&off), "{at} is off by {off:.1e}");
        }
        assert_eq!(rounded_bias.into_data(), bias.into_data());

        // The expected sum of the rounded factors, rounded.
        let cast = |tensor: Tensor<2>| tensor.cast(DType::BF16).cast(DType::F32);
        let layer = layer.clone();
        let expected = cast(cast(x.clone()).matmul(cast(layer.weight.val())))
            + layer.bias.as_ref().unwrap().val().unsqueeze();
        let found = in_precision(Precision::Bf16, || linear(&layer, x.clone()));
        assert!(off(found.inner(), expected.inner()) < 1e-4);
    }
}

#[test]
fn attention_in_bf16_is_close_to_that_in_f32() {
    for device in devices() {
        let (length, width) = (9, 128);
        let projection = LinearConfig::new(width, 3 * width).init(&device);
        let ends = Tensor::<1, Int>::from_data([3, 9 + 8, 18], &device);
        let tokens = numbers([3 * length, width], 1, &device);
        let run = |precision, causal: bool| {
            let tokens = tokens.clone().require_grad();
            let input = || Sequences {
                tokens: tokens.clone(),
                length,
            };
            let wanted = Wanted::At(ends.clone());
            let out = in_precision(precision, || {
                self_attention(input(), &projection, HEAD_WIDTH, causal).sum_dim(1)
                    + self_attention(input(), &projection, 32, causal).sum_dim(1)
                    + attention_of(&wanted, input(), &projection, HEAD_WIDTH, causal)
                        .sum()
                        .reshape([1, 1])
            });
            let grads = (out.clone() * numbers(out.dims(), 9, &device))
                .sum()
                .backward();
            let weight = projection.weight.val().grad(&grads).unwrap();
            [out.inner(), tokens.grad(&grads).unwrap(), weight]
        };
        for causal in [false, true] {
            let pairs = run(Precision::Bf16, causal)
                .into_iter()
                .zip(run(Precision::F32, causal));
            for (at, (rounded, exact)) in pairs.enumerate() {
                let off = off(rounded, exact);
                assert!((1e-5..2e-2).contains(&off), "{at} is off by {off:.1e}");
            }
        }
    }
}

#[test]
fn a_precision_ends_with_its_work() {
    let device = Device::flex();
    let layer = LinearConfig::new(32, 32).init(&device);
    let x = numbers([4, 32], 1, &device);
    let exact = || linear(&layer, x.clone()).into_data();
    let before = exact();
    let inside = in_precision(Precision::Bf16, || {
        let inner = in_precision(Precision::F32, exact);
        assert_eq!(inner, before);
        exact()
    });
    assert_ne!(inside, before);
    let broken =
        std::panic::catch_unwind(|| in_precision(Precision::Bf16, || panic!("on purpose")));
    assert!(broken.is_err());
    assert_eq!(exact(), before);
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let device = Device::flex().autodiff();
    let (length, width) = (20, 128);
    let projection = LinearConfig::new(width, 3 * width).init(&device);
    let norm = LayerNormConfig::new(width).init(&device);
    let tokens = Tensor::<2>::random([17 * length, width], Distribution::Default, &device);
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.unwrap().install(|| {
            let tokens = layer_norm(&norm, quick_gelu(tokens.clone().require_grad()));
            let out = self_attention(Sequences { tokens, length }, &projection, HEAD_WIDTH, true);
            let grads = (out.clone() * out.clone()).sum().backward();
            let gamma = norm.gamma.val().grad(&grads).unwrap();
            let bias = projection.bias.as_ref().unwrap().val().grad(&grads);
            let projection = projection.weight.val().grad(&grads).unwrap();
            [
                out.inner().into_data(),
                gamma.into_data(),
                projection.into_data(),
                bias.unwrap().into_data(),
            ]
        })
    };
    assert_eq!(run(1), run(3));
}
