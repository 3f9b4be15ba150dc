//! A step in parts, and a step that keeps less, are the same step; one in bf16 is close to it.
#![allow(clippy::unwrap_used, missing_docs)]

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::activation::log_softmax;
use burn::tensor::{DType, Device, Gradients, Int, Tensor, TensorData};
use exp_core::experiment::Precision;
use exp_core::plugin::{ContextLayout, Position};
use exp_data::loader::Batch;
use exp_model::clip::{Clip, ClipSizes};
use exp_model::dfer_clip::logits;
use exp_model::prompt::{ClassPrompts, ClassText};
use exp_model::temporal::{TemporalTransformer, TransformerSizes};
use exp_train::{DferClipLearner, Learner, LearnerParts, Part, Rates, Tensors};
use exp_weights::TokenRows;

const F32: Precision = Precision::F32;
const BF16: Precision = Precision::Bf16;

const CLASSES: usize = 3;
const CLIPS: usize = 5;
const FRAMES: usize = 2;

const SIZES: ClipSizes = ClipSizes {
    embed: 64,
    image: 16,
    patch: 8,
    vision_width: 64,
    vision_layers: 2,
    context: 12,
    tokens: 49408,
    text_width: 64,
    text_layers: 2,
};

/// The random weights of all learners are the same.
fn learner(
    device: &Device,
    micro_batch: Option<usize>,
    precision: Precision,
) -> DferClipLearner<TemporalTransformer> {
    let context = ContextLayout {
        tokens: 2,
        per_class: true,
        position: Position::End,
    };
    let (parts, temporal) = parts(device, Some(context));
    let parts = LearnerParts {
        micro_batch,
        precision,
        ..parts
    };
    DferClipLearner::new(parts, temporal)
}

/// What a learner is made of, by default in whole batches and in f32.
fn parts(device: &Device, context: Option<ContextLayout>) -> (LearnerParts, TemporalTransformer) {
    device.seed(7);
    let clip = Clip::init(&SIZES, device);
    let texts: Vec<ClassText> = (0..CLASSES)
        .map(|class| ClassText {
            class: class.to_string(),
            text: String::new(),
            tokens: vec![320 + class as u32; 3 + class],
        })
        .collect();
    let rows = TokenRows::whole(SIZES.tokens);
    let prompts = ClassPrompts::new(&texts, context, &rows, &clip.text);
    let sizes = TransformerSizes {
        depth: 1,
        heads: 2,
        head_width: 32,
        mlp_width: 64,
    };
    let temporal = TemporalTransformer::init(&sizes, true, FRAMES, SIZES.embed, device);
    let parts = LearnerParts {
        clip,
        prompts,
        frames: FRAMES,
        features: SIZES.embed,
        rates: Rates {
            temporal: 1e-3,
            image: 1e-3,
            context: 1e-3,
            momentum: 0.9,
            weight_decay: 1e-4,
        },
        micro_batch: None,
        precision: F32,
        device: device.clone(),
    };
    (parts, temporal)
}

fn batch() -> Batch {
    let shape = [CLIPS, FRAMES, 3, SIZES.image, SIZES.image];
    let count: usize = shape.iter().product();
    Batch {
        clips: (0..CLIPS).collect(),
        pixels: (0..count)
            .map(|i| ((i * 37) % 101) as f32 / 101.0)
            .collect(),
        shape,
        labels: vec![0, 0, 1, 2, 2],
        damaged: 0,
        features: None,
    }
}

/// The losses of three steps, and what they left.
fn trained(
    device: &Device,
    micro_batch: Option<usize>,
    precision: Precision,
) -> (Vec<f64>, Tensors) {
    let mut learner = learner(device, micro_batch, precision);
    let losses = (0..3).map(|_| learner.step(&batch(), 1.0)()).collect();
    (losses, learner.state())
}

/// All in one test: the random numbers are the process's.
#[test]
fn a_step_in_parts_or_with_recomputing_is_the_step() {
    let device = Device::flex().autodiff();
    let start = learner(&device, None, F32).state();
    let (losses, whole) = trained(&device, None, F32);
    // Five clips are parts of 2, 2 and 1, of 3 and 2, or one.
    for micro_batch in [1, 2, 3, 9] {
        let (parts_losses, parts) = trained(&device, Some(micro_batch), F32);
        for (one, other) in losses.iter().zip(&parts_losses) {
            assert!(
                (one - other).abs() < 2e-6 * one,
                "{losses:?} {parts_losses:?}"
            );
        }
        assert!(whole.keys().eq(parts.keys()));
        for (name, (_, values)) in &whole {
            let zeros = vec![0.0; values.len()];
            let start = start.get(name).map_or(&zeros, |(_, start)| start);
            let pairs = values.iter().zip(start).zip(&parts[name].1);
            let (mut moved, mut apart) = (0.0, 0.0);
            for ((value, start), other) in pairs {
                moved += f64::from(value - start).powi(2);
                apart += f64::from(value - other).powi(2);
            }
            // What a step moves is small beside the weights, whose rounding it has.
            let bound = 1e-4 * moved.sqrt() + 1e-6 * (values.len() as f64).sqrt();
            assert!(
                moved > 0.0 && apart.sqrt() <= bound,
                "{name}, {micro_batch}: {apart:e} of {moved:e}"
            );
        }
    }
    let (again_losses, again) = trained(&device.gradient_checkpointing(), None, F32);
    assert_eq!((again_losses, again), (losses.clone(), whole.clone()));

    let device = Device::flex().autodiff();
    let mut timed = learner(&device, Some(2), F32);
    let parts = timed.timed_step(&batch(), 1.0);
    let all = [Part::Frames, Part::Texts, Part::Backward, Part::Optimiser];
    assert!(parts.keys().eq(&all));
    let mut plain = learner(&device, Some(2), F32);
    plain.step(&batch(), 1.0)();
    assert_eq!(
        timed.state(),
        plain.state(),
        "the time of a step is taken, and nothing else"
    );

    bf16_is_close(&device);
    constant_texts_are_exact(&device);
}

/// Gradients of all trained parameters by place, those of frozen ones left out.
struct Collect<'a>(&'a Gradients, Vec<Vec<f64>>);

impl ModuleVisitor for Collect<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(grad) = param.val().grad(self.0) {
            assert_eq!(grad.dtype(), DType::F32);
            self.1.push(grad.into_data().iter::<f64>().collect());
        }
    }
}

/// Norm of the difference over norm of the expected.
fn off(found: &[f64], expected: &[f64]) -> f64 {
    let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>().sqrt();
    norm(&mut found.iter().zip(expected).map(|(f, e)| f - e)) / norm(&mut expected.iter().copied())
}

/// Without a context the texts' features are computed once: logits and gradients are those of texts that
/// are computed in each step.
fn constant_texts_are_exact(device: &Device) {
    let (parts, temporal) = parts(device, None);
    let prompts = parts.prompts.clone();
    let learner = DferClipLearner::new(parts, temporal);
    let (batch, model) = (batch(), learner.model());
    let pixels = TensorData::new(batch.pixels.clone(), batch.shape);
    let video = model.video_features(Tensor::from_data(pixels, device));
    let each_step = logits(video, model.text_features(&prompts));
    let loss = {
        let labels: Vec<i32> = batch.labels.iter().map(|&label| label as i32).collect();
        let labels = TensorData::new(labels, [CLIPS, 1]);
        let labels = Tensor::<2, Int>::from_data(labels, device);
        log_softmax(each_step.clone(), 1)
            .gather(1, labels)
            .mean()
            .neg()
    };
    let gradients = |loss: Tensor<1>| {
        let grads = loss.backward();
        let mut all = Collect(&grads, Vec::new());
        model.visit(&mut all);
        all.1.concat()
    };
    let apart = off(&gradients(learner.loss(&batch)), &gradients(loss));
    assert!(apart < 1e-5, "gradients are off by {apart:.1e}");
    let each_step: Vec<f64> = each_step.into_data().iter().collect();
    for (once, each) in learner.logits(&batch).into_iter().zip(each_step) {
        assert!((f64::from(once) - each).abs() < 5e-5, "{once} {each}");
    }
}

/// Gradients, logits and losses in bf16, beside those in f32.
fn bf16_is_close(device: &Device) {
    let (exact, rounded) = (learner(device, None, F32), learner(device, None, BF16));
    let collect = |learner: &DferClipLearner<TemporalTransformer>, loss: Tensor<1>| {
        let grads = loss.backward();
        let mut all = Collect(&grads, Vec::new());
        learner.model().visit(&mut all);
        all.1.concat()
    };
    // Of the clips' features.
    let plain = |learner: &DferClipLearner<TemporalTransformer>| {
        let batch = batch();
        let pixels = TensorData::new(batch.pixels, batch.shape);
        let features = learner
            .model()
            .video_features(Tensor::from_data(pixels, device));
        // Terms that add up: where they cancel, as those of the loss do, rounding stays and they go.
        collect(learner, (features.clone() * features).sum())
    };
    let apart = off(&plain(&rounded), &plain(&exact));
    println!("gradients of the features are off by {apart:.1e}");
    assert!((1e-4..1e-2).contains(&apart), "{apart:.1e}");

    // Clips that look alike and have different labels pull in opposite directions, by cosines times 100:
    // what is left is several times smaller than what was rounded.
    let whole = off(
        &collect(&rounded, rounded.loss(&batch())),
        &collect(&exact, exact.loss(&batch())),
    );
    println!("gradients of the loss are off by {whole:.1e}");
    assert!((1e-4..1e-1).contains(&whole), "{whole:.1e}");

    let answers = |learner: &dyn Learner| -> Vec<f64> {
        learner
            .logits(&batch())
            .into_iter()
            .map(f64::from)
            .collect()
    };
    let apart = off(&answers(&rounded), &answers(&exact));
    println!("logits are off by {apart:.1e}");
    assert!(
        (1e-5..3e-2).contains(&apart),
        "logits are off by {apart:.1e}"
    );

    // The first loss: what follows it moves far, from random weights.
    let (exact, _) = trained(device, None, F32);
    let (rounded, state) = trained(device, None, BF16);
    let (parts, _) = trained(device, Some(2), BF16);
    println!("losses: {exact:?}, in bf16 {rounded:?}, in parts {parts:?}");
    assert!((rounded[0] - exact[0]).abs() < 0.02 * exact[0]);
    assert!((parts[0] - rounded[0]).abs() < 1e-4 * rounded[0]);
    let recomputing = trained(&device.clone().gradient_checkpointing(), None, BF16);
    assert_eq!(recomputing, (rounded, state));
}
