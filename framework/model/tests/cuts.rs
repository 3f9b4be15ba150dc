//! What cannot reach a text's feature is not computed, and changes nothing.
#![allow(clippy::unwrap_used, missing_docs)]

use std::path::Path;
use std::time::Instant;

use burn::tensor::{Device, Int, Tensor, TensorData};
use exp_core::experiment::Activation;
use exp_model::backbone::{Backbone, SMALL};
use exp_model::clip::{Clip, ClipSizes, TextTransformer};
use exp_model::dfer_clip::logits;

fn norm(values: impl Iterator<Item = f64>) -> f64 {
    values.map(|value| value * value).sum::<f64>().sqrt()
}

/// Norm of the difference over norm of the expected.
fn off(found: &TensorData, expected: &TensorData) -> f64 {
    let pairs = found.iter::<f64>().zip(expected.iter::<f64>());
    norm(pairs.map(|(f, e)| f - e)) / norm(expected.iter::<f64>())
}

/// Texts cut behind the longest of them beside texts that fill all positions: their features, and
/// the gradients of what they were made of.
fn check(encoder: TextTransformer, device: &Device) {
    let (texts, length) = (5, encoder.positions() / 2);
    let (positions, width) = (encoder.positions(), encoder.width());
    let mut state = 1_u32;
    let values: Vec<f32> = (0..texts * positions * width)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            ((state >> 8) as f32 / (1 << 23) as f32 - 1.0) * 0.04
        })
        .collect();
    let whole = Tensor::<3>::from_data(TensorData::new(values, [texts, positions, width]), device);
    let run = |count: usize| {
        let start = Instant::now();
        let part = whole.clone().slice([0..texts, 0..count, 0..width]);
        let part = part.detach().require_grad();
        let ends: Vec<i32> = (0..texts)
            .map(|at| (at * count + length - 1 - at) as i32)
            .collect();
        let ends = Tensor::<1, Int>::from_data(TensorData::new(ends, [texts]), device);
        let out = encoder.forward(part.clone(), ends);
        let [rows, features] = out.dims();
        let weights = Tensor::<1, Int>::arange(0..(rows * features) as i64, device)
            .float()
            .sin();
        let weights = weights.reshape([rows, features]);
        let classes = logits(weights.clone(), out.clone()).into_data();
        let grads = (out.clone() * weights).sum().backward();
        let grad = part.grad(&grads).unwrap();
        let read = grad.clone().slice([0..texts, 0..length, 0..width]);
        println!("{count} positions: {:.2?}", start.elapsed());
        let beyond =
            grad.abs().sum().into_scalar::<f32>() - read.clone().abs().sum().into_scalar::<f32>();
        (out.into_data(), read.into_data(), beyond, classes)
    };
    // Parameters are drawn when they are first used, which is not to be timed.
    run(length);
    let (cut, all) = (run(length), run(positions));
    let (features, gradients) = (off(&cut.0, &all.0), off(&cut.1, &all.1));
    let pairs = cut.3.iter::<f64>().zip(all.3.iter::<f64>());
    let logits = pairs.map(|(c, a)| (c - a).abs()).fold(0.0, f64::max);
    println!(
        "features are off by {features:.1e}, gradients by {gradients:.1e}, logits by {logits:.1e}"
    );
    assert!(logits < 5e-5);
    assert!(features < 1e-6);
    assert!(gradients < 1e-5);
    assert!(all.2.abs() < 1e-3 * norm(all.1.iter::<f64>()) as f32);
}

#[test]
fn positions_behind_the_longest_text_change_nothing() {
    let device = Device::flex().autodiff();
    let backbone = Backbone::open(SMALL, Path::new("")).unwrap();
    let clip = backbone.load(Activation::QuickGelu, &device).unwrap();
    check(clip.text, &device);
}

#[test]
#[ignore = "takes a minute; run by hand with --nocapture for the times of both"]
fn positions_behind_the_longest_text_change_nothing_at_full_size() {
    let device = Device::flex().autodiff();
    let sizes = ClipSizes {
        embed: 512,
        image: 32,
        patch: 32,
        vision_width: 64,
        vision_layers: 1,
        context: 77,
        tokens: 2,
        text_width: 512,
        text_layers: 12,
    };
    check(Clip::init(&sizes, &device).text, &device);
}
