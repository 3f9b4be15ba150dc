//! New parameters start as the reference's do: the distributions of `TemporalTransformer::init` and
//! `DferClip::new`, and the same values for the same seed.
#![allow(clippy::unwrap_used, missing_docs)]

use std::path::Path;
use std::sync::Mutex;

use burn::tensor::Device;
use exp_core::experiment::Activation;
use exp_core::plugin::{ContextLayout, Position};
use exp_model::backbone::{Backbone, SMALL};
use exp_model::dfer_clip::{CONTEXT_STD, DferClip};
use exp_model::parameters::{Which, collect};
use exp_model::prompt::{ClassPrompts, ClassText};
use exp_model::temporal::{TemporalTransformer, TransformerSizes};
use exp_prompts::Tokenizer;

const SIZES: TransformerSizes = TransformerSizes {
    depth: 2,
    heads: 8,
    head_width: 64,
    mlp_width: 1024,
};

/// The backend's random numbers are the process's: one test at a time.
static RANDOM: Mutex<()> = Mutex::new(());

fn deviation(values: &[f32]) -> f64 {
    let count = values.len() as f64;
    let mean = values.iter().map(|&v| f64::from(v)).sum::<f64>() / count;
    let squares = values.iter().map(|&v| (f64::from(v) - mean).powi(2));
    (squares.sum::<f64>() / count).sqrt()
}

fn assert_close(found: f64, expected: f64, share: f64, what: &str) {
    let off = (found - expected).abs() / expected;
    assert!(off < share, "{what}: {found}, expected about {expected}");
}

#[test]
fn the_temporal_model_starts_as_the_references_does() {
    let _random = RANDOM.lock();
    let device = Device::flex();
    let drawn = |seed| {
        device.seed(seed);
        collect(
            &TemporalTransformer::init(&SIZES, true, 16, 512, &device),
            Which::All,
        )
    };
    let tensors = drawn(1);
    assert!(tensors == drawn(1), "the same seed, the same values");
    assert!(tensors != drawn(2), "another seed, other values");

    for (name, shape) in [
        ("cls_token", vec![1, 1, 512]),
        ("pos_embedding", vec![1, 17, 512]),
    ] {
        let (found, values) = &tensors[name];
        assert_eq!(*found, shape);
        assert_close(deviation(values), 1.0, 0.1, name);
    }
    // Linear layers: U(-b, b) with b = 1 / sqrt(fan in), whose deviation is b / sqrt(3).
    for (layer, fan_in, out, bias) in [
        ("to_qkv", 512, 1536, false),
        ("to_out", 512, 512, true),
        ("fc", 512, 1024, true),
        ("proj", 1024, 512, true),
    ] {
        let bound = 1.0 / f64::from(fan_in).sqrt();
        for part in ["weight", "bias"] {
            let name = format!("layers.1.{layer}.{part}");
            let Some((shape, values)) = tensors.get(&name) else {
                assert!(part == "bias" && !bias, "{name} is missing");
                continue;
            };
            assert!(part == "weight" || bias, "{name} must not be");
            assert_eq!(shape[0], out, "{name}");
            assert!(
                values.iter().all(|&v| f64::from(v).abs() <= bound),
                "{name}"
            );
            assert_close(deviation(values), bound / 3f64.sqrt(), 0.1, &name);
        }
    }
    assert!(
        tensors["layers.0.norm_1.weight"]
            .1
            .iter()
            .all(|&v| v == 1.0)
    );
    assert!(tensors["layers.0.norm_1.bias"].1.iter().all(|&v| v == 0.0));
}

#[test]
fn contexts_start_small() {
    let _random = RANDOM.lock();
    let device = Device::flex();
    let small = Backbone::open(SMALL, Path::new("")).unwrap();
    let clip = small.load(Activation::QuickGelu, &device).unwrap();
    let tokenizer = Tokenizer::new();
    let text = |class: &str| ClassText {
        class: class.to_owned(),
        text: class.to_owned(),
        tokens: tokenizer.tokenize(class).unwrap(),
    };
    let layout = |per_class| ContextLayout {
        tokens: 16,
        per_class,
        position: Position::End,
    };
    for (per_class, sets) in [(true, 2), (false, 1)] {
        let rows = small.weights().rows();
        let texts = [text("fear"), text("anger")];
        let prompts = ClassPrompts::new(&texts, Some(layout(per_class)), rows, &clip.text);
        let temporal = TemporalTransformer::init(&SIZES, true, 4, 64, &device);
        let model = DferClip::new(clip.clone(), temporal, &prompts, &device);
        let tensors = collect(&model, Which::All);
        let (shape, values) = &tensors["context"];
        assert_eq!(*shape, [sets, 16, 128]);
        assert_close(deviation(values), CONTEXT_STD, 0.1, "context");
    }
}

/// The features of a class with several texts are the mean of their normalised ones, and its
/// context vectors stand in all of them.
#[test]
fn several_texts_of_a_class_are_averaged() {
    let device = Device::flex();
    let small = Backbone::open(SMALL, Path::new("")).unwrap();
    let clip = small.load(Activation::QuickGelu, &device).unwrap();
    let tokenizer = Tokenizer::new();
    let text = |class: &str, text: &str| ClassText {
        class: class.to_owned(),
        text: text.to_owned(),
        tokens: tokenizer.tokenize(text).unwrap(),
    };
    let layout = Some(ContextLayout {
        tokens: 2,
        per_class: true,
        position: Position::End,
    });
    let features = |texts: &[ClassText]| -> Vec<Vec<f32>> {
        let _alone = RANDOM.lock().unwrap();
        device.seed(1);
        let prompts = ClassPrompts::new(texts, layout, small.weights().rows(), &clip.text);
        let temporal = TemporalTransformer::init(&SIZES, true, 4, 64, &device);
        let model = DferClip::new(clip.clone(), temporal, &prompts, &device);
        let shape = prompts.context_shape().unwrap();
        assert_eq!(shape, [2, 2, 128], "a set of vectors a class, not a text");
        let features: Vec<f32> = model.text_features(&prompts).into_data().iter().collect();
        features.chunks_exact(64).map(<[f32]>::to_vec).collect()
    };
    let (a, b, c) = ("an open mouth", "raised brows", "closed eyes");
    let first = features(&[text("joy", a), text("fear", c)]);
    let second = features(&[text("joy", b), text("fear", c)]);
    let both = features(&[text("joy", a), text("joy", b), text("fear", c)]);
    assert_eq!(both.len(), 2);
    let unit = |row: &[f32]| {
        let norm = row.iter().map(|v| v * v).sum::<f32>().sqrt();
        row.iter().map(|v| v / norm).collect::<Vec<f32>>()
    };
    let (u, v, w) = (unit(&first[0]), unit(&second[0]), unit(&first[1]));
    for index in 0..64 {
        assert!((both[0][index] - 0.5 * (u[index] + v[index])).abs() < 1e-5);
        assert!((both[1][index] - w[index]).abs() < 1e-5);
    }
}
