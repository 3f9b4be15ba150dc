//! The cut of the last block is exact.
#![allow(clippy::unwrap_used)]

use std::time::Instant;

use burn::module::{Module, ModuleVisitor};
use burn::tensor::{Gradients, Int, TensorData};

use super::*;
use crate::dfer_clip::logits;

/// Largest differences in relative norm.
const FEATURES: f64 = 1e-6;
const GRADIENTS: f64 = 1e-5;

/// The largest difference of a logit.
const LOGITS: f64 = 5e-5;

/// A stack of blocks without the cut.
fn uncut(stack: &Transformer, tokens: Tensor<3>, causal: bool, wanted: &Wanted) -> Tensor<2> {
    let mut sequences = Sequences::new(tokens);
    for block in &stack.resblocks {
        sequences.tokens = block.forward(sequences.clone(), causal);
    }
    sequences.select(wanted)
}

/// Gradients of all parameters, one after the other.
struct Collect<'a>(&'a Gradients, Vec<f64>);

impl ModuleVisitor for Collect<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let grad = param.val().grad(self.0).unwrap();
        self.1.extend(grad.into_data().iter::<f64>());
    }
}

fn off(found: &[f64], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>().sqrt();
    norm(&mut found.iter().zip(expected).map(|(f, e)| f - e)) / norm(&mut expected.iter().copied())
}

fn check(layers: usize, width: usize, [count, length]: [usize; 2], causal: bool) {
    let device = Device::flex().autodiff();
    let stack = Transformer::init(width, layers, &device);
    let mut state = 1_u32;
    let values: Vec<f32> = (0..count * length * width)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 23) as f32 - 1.0
        })
        .collect();
    let tokens = Tensor::<3>::from_data(TensorData::new(values, [count, length, width]), &device);
    let ends: Vec<i32> = (0..count)
        .map(|at| (at * length + length - 1 - at % 3) as i32)
        .collect();
    let wanted = match causal {
        false => Wanted::First,
        true => Wanted::At(Tensor::<1, Int>::from_data(
            TensorData::new(ends, [count]),
            &device,
        )),
    };
    let run = |name: &str, cut: bool| {
        let start = Instant::now();
        let tokens = tokens.clone().require_grad();
        let out = match cut {
            true => stack.forward(tokens.clone(), causal, &wanted),
            false => uncut(&stack, tokens.clone(), causal, &wanted),
        };
        let features: Vec<f64> = out.clone().into_data().iter().collect();
        let classes = logits(out.clone(), out.clone().flip([1]));
        let classes: Vec<f64> = classes.into_data().iter().collect();
        let forward = start.elapsed();
        let grads = (out.clone() * out).sum().backward();
        let mut all = Collect(&grads, Vec::new());
        println!(
            "{name}: forward {forward:.2?}, with backward {:.2?}",
            start.elapsed()
        );
        stack.visit(&mut all);
        let input = tokens.grad(&grads).unwrap().into_data();
        all.1.extend(input.iter::<f64>());
        (features, all.1, classes)
    };
    // Parameters are drawn when they are first used, which is not to be timed.
    run("warm-up", false);
    let (cut, whole) = (run("cut", true), run("whole", false));
    run("cut once more", true);
    run("whole once more", false);
    let (features, gradients) = (off(&cut.0, &whole.0), off(&cut.1, &whole.1));
    let pairs = cut.2.iter().zip(&whole.2);
    let logits = pairs.map(|(c, w)| (c - w).abs()).fold(0.0, f64::max);
    println!(
        "features are off by {features:.1e}, gradients by {gradients:.1e}, logits by {logits:.1e}"
    );
    assert!(logits < LOGITS, "logits are off by {logits:.1e}");
    assert!(features < FEATURES, "features are off by {features:.1e}");
    assert!(
        gradients < GRADIENTS,
        "gradients are off by {gradients:.1e}"
    );
}

#[test]
fn one_token_of_the_last_block_is_enough() {
    check(2, 192, [3, 17], false);
    check(2, 128, [4, 9], true);
}

/// The image and the text encoder of ViT-B/32, on 32 frames and 7 texts.
#[test]
#[ignore = "takes a minute and 4 GB; run by hand with --nocapture for the times of both"]
fn one_token_of_the_last_block_is_enough_at_full_size() {
    check(12, 768, [32, 50], false);
    check(12, 512, [7, 32], true);
}
