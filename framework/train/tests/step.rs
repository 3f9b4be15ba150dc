//! A step in parts, and a step that keeps less, are the same step.
#![allow(clippy::unwrap_used, missing_docs)]

use burn::tensor::Device;
use exp_core::plugin::{ContextLayout, Position};
use exp_data::loader::Batch;
use exp_model::clip::{Clip, ClipSizes};
use exp_model::prompt::{ClassPrompts, ClassText};
use exp_model::temporal::{TemporalTransformer, TransformerSizes};
use exp_train::{DferClipLearner, Learner, LearnerParts, Part, Rates, Tensors};
use exp_weights::TokenRows;

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
fn learner(device: &Device, micro_batch: Option<usize>) -> impl Learner + use<> {
    device.seed(7);
    let clip = Clip::init(&SIZES, device);
    let texts: Vec<ClassText> = (0..CLASSES)
        .map(|class| ClassText {
            class: class.to_string(),
            text: String::new(),
            tokens: vec![320 + class as u32; 3 + class],
        })
        .collect();
    let layout = ContextLayout {
        tokens: 2,
        per_class: true,
        position: Position::End,
    };
    let rows = TokenRows::whole(SIZES.tokens);
    let prompts = ClassPrompts::new(&texts, Some(layout), &rows, &clip.text);
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
        micro_batch,
        device: device.clone(),
    };
    DferClipLearner::new(parts, temporal)
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
fn trained(device: &Device, micro_batch: Option<usize>) -> (Vec<f64>, Tensors) {
    let mut learner = learner(device, micro_batch);
    let losses = (0..3).map(|_| learner.step(&batch(), 1.0)()).collect();
    (losses, learner.state())
}

/// All in one test: the random numbers are the process's.
#[test]
fn a_step_in_parts_or_with_recomputing_is_the_step() {
    let device = Device::flex().autodiff();
    let start = learner(&device, None).state();
    let (losses, whole) = trained(&device, None);
    // Five clips are parts of 2, 2 and 1, of 3 and 2, or one.
    for micro_batch in [1, 2, 3, 9] {
        let (parts_losses, parts) = trained(&device, Some(micro_batch));
        for (one, other) in losses.iter().zip(&parts_losses) {
            assert!((one - other).abs() < 1e-5, "{losses:?} {parts_losses:?}");
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
    let (again_losses, again) = trained(&device.gradient_checkpointing(), None);
    assert_eq!((again_losses, again), (losses.clone(), whole.clone()));

    let device = Device::flex().autodiff();
    let mut timed = learner(&device, Some(2));
    let parts = timed.timed_step(&batch(), 1.0);
    let all = [Part::Frames, Part::Texts, Part::Backward, Part::Optimiser];
    assert!(parts.keys().eq(&all));
    let mut plain = learner(&device, Some(2));
    plain.step(&batch(), 1.0)();
    assert_eq!(
        timed.state(),
        plain.state(),
        "the time of a step is taken, and nothing else"
    );
}
