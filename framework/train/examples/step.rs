//! Times forward passes and training steps of a DFER-CLIP of full size with random weights; `step.py`
//! beside this file runs it in alternation with the same model in PyTorch, and says how.
//!
//! Reads commands, one a line: `forward` (logits without gradients), `step` (forward, backward and
//! optimiser) and `product` (a large matrix product) answer with seconds, processor seconds and, for
//! the product, its operations a second; `memory` answers with the largest memory so far in bytes.
#![allow(clippy::unwrap_used)]

use std::io::BufRead;
use std::time::Instant;

use burn::tensor::{Device, Distribution, Tensor};
use exp_core::experiment::Precision;
use exp_core::plugin::{ContextLayout, Position};
use exp_data::loader::Batch;
use exp_model::clip::{Clip, ClipSizes};
use exp_model::prompt::{ClassPrompts, ClassText};
use exp_model::temporal::{TemporalTransformer, TransformerSizes};
use exp_train::{DferClipLearner, Learner, LearnerParts, Rates};
use exp_weights::TokenRows;

/// The program's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const CLASSES: usize = 7;
const FRAMES: usize = 16;
/// Tokens of a class's text; the descriptions in `prompts/` have 15 to 30.
const WORDS: usize = 22;

/// ViT-B/32.
const SIZES: ClipSizes = ClipSizes {
    embed: 512,
    image: 224,
    patch: 32,
    vision_width: 768,
    vision_layers: 12,
    context: 77,
    tokens: 49408,
    text_width: 512,
    text_layers: 12,
};

fn main() {
    let arguments: Vec<usize> = std::env::args()
        .skip(1)
        .map(|argument| argument.parse().unwrap())
        .collect();
    let &[clips, context, checkpointing] = arguments.as_slice() else {
        panic!("expected CLIPS, CONTEXT tokens (0: none) and CHECKPOINTING (0 or 1)");
    };
    let device = Device::flex().autodiff();
    let device = match checkpointing {
        0 => device,
        _ => device.gradient_checkpointing(),
    };
    let mut learner = learner(context, &device);
    let batch = batch(clips);
    for command in std::io::stdin().lock().lines() {
        let before = (Instant::now(), processor_seconds());
        let note = match command.unwrap().as_str() {
            "forward" => learner.logits(&batch).len(),
            "step" => {
                assert!(learner.step(&batch, 1.0)().is_finite());
                1
            }
            "product" => product(),
            "memory" => {
                println!("{}", status("VmHWM"));
                continue;
            }
            other => panic!("unknown command `{other}`"),
        };
        let seconds = before.0.elapsed().as_secs_f64();
        println!("{seconds} {} {note}", processor_seconds() - before.1);
    }
}

fn learner(context: usize, device: &Device) -> impl Learner {
    let clip = Clip::init(&SIZES, device);
    let texts: Vec<ClassText> = (0..CLASSES)
        .map(|class| ClassText {
            class: class.to_string(),
            text: String::new(),
            tokens: vec![320 + class as u32; WORDS],
        })
        .collect();
    let layout = (context > 0).then_some(ContextLayout {
        tokens: context,
        per_class: true,
        position: Position::End,
    });
    let rows = TokenRows::whole(SIZES.tokens);
    let prompts = ClassPrompts::new(&texts, layout, &rows, &clip.text);
    let sizes = TransformerSizes {
        depth: 1,
        heads: 8,
        head_width: 64,
        mlp_width: 1024,
    };
    let temporal = TemporalTransformer::init(&sizes, true, FRAMES, SIZES.embed, device);
    let parts = LearnerParts {
        clip,
        prompts,
        frames: FRAMES,
        features: SIZES.embed,
        rates: Rates {
            temporal: 1e-2,
            image: 1e-5,
            context: 1e-3,
            momentum: 0.9,
            weight_decay: 1e-4,
        },
        micro_batch: None,
        precision: Precision::F32,
        device: device.clone(),
    };
    DferClipLearner::new(parts, temporal)
}

/// Clips of noise.
fn batch(clips: usize) -> Batch {
    let shape = [clips, FRAMES, 3, SIZES.image, SIZES.image];
    let mut state = 1_u32;
    let pixels = (0..shape.iter().product())
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 24) as f32
        })
        .collect();
    Batch {
        clips: (0..clips).collect(),
        features: None,
        pixels,
        shape,
        labels: (0..clips).map(|clip| clip % CLASSES).collect(),
        damaged: 0,
    }
}

/// Multiplies matrices as large as those of the image encoder's perceptrons; returns the operations a second of
/// the best of ten.
fn product() -> usize {
    let (rows, from, to) = (1600_usize, 768_usize, 3072_usize);
    let device = Device::flex();
    let draw = |shape| Tensor::<2>::random(shape, Distribution::Default, &device);
    let (left, right) = (draw([rows, from]), draw([from, to]));
    let best = (0..10)
        .map(|_| {
            let start = Instant::now();
            let out = left.clone().matmul(right.clone());
            let seconds = start.elapsed().as_secs_f64();
            drop(out);
            seconds
        })
        .fold(f64::INFINITY, f64::min);
    (2.0 * (rows * from * to) as f64 / best) as usize
}

/// A figure of this process in bytes.
fn status(figure: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with(figure))
        .unwrap();
    1024 * line
        .split_whitespace()
        .nth(1)
        .unwrap()
        .parse::<usize>()
        .unwrap()
}

/// Processor time of all threads so far.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap()
        .split_whitespace()
        .collect();
    let ticks: f64 = fields[11..13]
        .iter()
        .map(|field| field.parse::<f64>().unwrap())
        .sum();
    ticks / 100.0
}
