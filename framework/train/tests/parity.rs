//! The model is the reference's model: features, logits, gradients and five training steps agree
//! with numbers that the authors' public PyTorch code computed (see `parity/make_small.py`).
//!
//! `EXP_PARITY=FOLDER` runs the same checks on the full data.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, TensorData};
use exp_core::experiment::Activation;
use exp_core::plugin::ContextLayout;
use exp_data::loader::Batch;
use exp_model::backbone::Backbone;
use exp_model::dfer_clip::{DferClip, logits};
use exp_model::parameters::{Which, load};
use exp_model::prompt::{ClassPrompts, ClassText, check};
use exp_model::temporal::{TemporalTransformer, TransformerSizes};
use exp_prompts::Tokenizer;
use exp_prompts::tokenizer::{END, START};
use exp_train::{DferClipLearner, Learner, Rates};
use exp_weights::Weights;
use safetensors::SafeTensors;
use safetensors::tensor::TensorView;
use serde_json::Value as Json;

/// Largest absolute difference of features, logits and losses.
const ABSOLUTE: f64 = 1e-4;
/// Largest relative difference of gradients, and of the movement after five steps:
/// norm of the difference over norm of the reference.
const GRADIENT: f64 = 1e-4;
const MOVEMENT: f64 = 2e-3;
/// The token that stands for a context vector in the reference's prompts: `X`.
const PLACEHOLDER: i32 = 343;

type Learning = DferClipLearner<TemporalTransformer>;

fn folder() -> PathBuf {
    match std::env::var_os("EXP_PARITY") {
        Some(folder) => folder.into(),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parity"),
    }
}

fn cases() -> Json {
    serde_json::from_slice(&std::fs::read(folder().join("cases.json")).unwrap()).unwrap()
}

struct Reference {
    all: Json,
    case: Json,
    tensors: Weights,
}

impl Reference {
    fn number(&self, key: &str) -> f64 {
        self.all["optimizer"][key].as_f64().unwrap()
    }

    fn tensor(&self, name: &str) -> Vec<f32> {
        self.tensors.read(name).unwrap()
    }

    fn texts(&self) -> Vec<ClassText> {
        let tokenizer = Tokenizer::new();
        let kind = self.case["texts"].as_str().unwrap();
        let classes = strings(&self.all["classes"]);
        let texts = strings(&self.all["texts"][kind]);
        let text = |(class, text): (String, String)| ClassText {
            class,
            tokens: tokenizer.tokenize(&text).unwrap(),
            text,
        };
        classes.into_iter().zip(texts).map(text).collect()
    }

    fn layout(&self) -> ContextLayout {
        ContextLayout {
            tokens: self.case["n_ctx"].as_u64().unwrap() as usize,
            per_class: self.case["specific"].as_bool().unwrap(),
            position: serde_json::from_value(self.case["pos"].clone()).unwrap(),
        }
    }

    fn batch(&self) -> Batch {
        let bytes = std::fs::read(folder().join("frames.safetensors")).unwrap();
        let file = SafeTensors::deserialize(&bytes).unwrap();
        let frames = file.tensor("frames_u8_nthwc").unwrap();
        let shape: [usize; 5] = frames.shape().try_into().unwrap();
        let [clips, count, height, width, channels] = shape;
        let data = frames.data();
        let mut pixels = Vec::new();
        for image in data.chunks_exact(height * width * channels) {
            for channel in 0..channels {
                let values = image.iter().skip(channel).step_by(channels);
                pixels.extend(values.map(|&value| f32::from(value) / 255.0));
            }
        }
        let labels = self.all["labels"].as_array().unwrap();
        Batch {
            clips: (0..clips).collect(),
            pixels,
            features: None,
            shape: [clips, count, channels, height, width],
            labels: labels
                .iter()
                .map(|label| label.as_u64().unwrap() as usize)
                .collect(),
            damaged: 0,
        }
    }

    fn learner(&self, device: &Device) -> (Learning, ClassPrompts) {
        let file = folder().join("clip_tiny_openai.safetensors");
        let backbone = Backbone::open(file.to_str().unwrap(), Path::new("")).unwrap();
        let clip = backbone.load(Activation::QuickGelu, device).unwrap();
        let rows = backbone.weights().rows();
        let layout = Some(self.layout());
        check(&self.texts(), layout, &backbone, &|id| id.to_string()).unwrap();
        let prompts = ClassPrompts::new(&self.texts(), layout, rows, &clip.text);
        let sizes = &self.all["temporal"];
        let size = |key: &str| sizes[key].as_u64().unwrap() as usize;
        let sizes = TransformerSizes {
            depth: self.case["depth"].as_u64().unwrap() as usize,
            heads: size("heads"),
            head_width: size("dim_head"),
            mlp_width: size("mlp_dim"),
        };
        let temporal =
            TemporalTransformer::init(&sizes, true, size("num_frames"), size("dim"), device);
        let (temporal, _) = load(temporal, &temporal_init(), Which::All).unwrap();
        let mut model = DferClip::new(clip, temporal, &prompts, device);
        let context = self.tensor("init.prompt.ctx");
        let shape = prompts.context_shape().unwrap();
        model.context = Some(Param::from_data(TensorData::new(context, shape), device));
        let rates = Rates {
            temporal: self.number("lr_temporal"),
            image: self.number("lr_image_encoder"),
            context: self.number("lr_prompt"),
            momentum: self.number("momentum"),
            weight_decay: self.number("weight_decay"),
        };
        let learner = DferClipLearner::with_model(model, prompts.clone(), rates, device.clone());
        (learner, prompts)
    }
}

/// The reference's initial temporal model, under our names.
fn temporal_init() -> Weights {
    let bytes = std::fs::read(folder().join("temporal_init.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let renamed: Vec<(String, TensorView<'_>)> = file
        .iter()
        .map(|(name, view)| {
            let name = TEMPORAL_NAMES
                .iter()
                .fold(name.to_owned(), |name, (theirs, ours)| {
                    name.replace(theirs, ours)
                });
            (name, view)
        })
        .collect();
    let bytes = safetensors::serialize(renamed, None).unwrap();
    Weights::from_bytes(bytes, "temporal_init").unwrap()
}

/// The reference's names of the parts of a block, and ours.
const TEMPORAL_NAMES: [(&str, &str); 7] = [
    ("temporal_transformer.", ""),
    (".0.fn.norm.", ".norm_1."),
    (".1.fn.norm.", ".norm_2."),
    (".0.fn.fn.to_qkv.", ".to_qkv."),
    (".0.fn.fn.to_out.0.", ".to_out."),
    (".1.fn.fn.net.0.", ".fc."),
    (".1.fn.fn.net.3.", ".proj."),
];

/// The reference's name of a parameter, from its path in our model.
fn reference_name(path: &str) -> String {
    let path = path
        .replace(".gamma", ".weight")
        .replace(".beta", ".bias")
        .replace(".in_proj.", ".in_proj_");
    if path == "context" {
        return "prompt_learner.ctx".to_owned();
    }
    if let Some(rest) = path.strip_prefix("image.") {
        return format!("image_encoder.{rest}");
    }
    let rest = path.strip_prefix("temporal.").unwrap();
    let rest = TEMPORAL_NAMES[1..]
        .iter()
        .fold(rest.to_owned(), |name, (theirs, ours)| {
            name.replace(ours, theirs)
        });
    format!(
        "temporal_net.{}",
        rest.replace("layers.", "temporal_transformer.layers.")
    )
}

fn strings(json: &Json) -> Vec<String> {
    serde_json::from_value(json.clone()).unwrap()
}

/// Values of every trained parameter, or their gradients, under the reference's names. Linear
/// weights stay transposed, which changes no norm.
struct Values<'a> {
    gradients: Option<&'a GradientsParams>,
    path: Vec<String>,
    found: BTreeMap<String, Vec<f32>>,
}

fn values(
    model: &DferClip<TemporalTransformer>,
    gradients: Option<&GradientsParams>,
) -> BTreeMap<String, Vec<f32>> {
    let mut visitor = Values {
        gradients,
        path: Vec::new(),
        found: BTreeMap::new(),
    };
    model.visit(&mut visitor);
    visitor.found
}

impl ModuleVisitor for Values<'_> {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let path = self.path.join(".");
        if path.starts_with("text.") {
            assert!(!param.val().is_require_grad(), "{path} must be frozen");
            return;
        }
        let tensor = match self.gradients {
            Some(gradients) => gradients
                .get::<D>(param.id)
                .unwrap_or_else(|| panic!("no gradient for {path}")),
            None => param.val(),
        };
        self.found.insert(
            reference_name(&path),
            tensor.into_data().iter::<f32>().collect(),
        );
    }
}

fn norm(values: impl Iterator<Item = f64>) -> f64 {
    values.map(|value| value * value).sum::<f64>().sqrt()
}

/// Largest differences seen, by quantity.
#[derive(Default)]
struct Seen(BTreeMap<&'static str, f64>);

impl Seen {
    fn note(&mut self, quantity: &'static str, difference: f64, limit: f64, what: &str) {
        let largest = self.0.entry(quantity).or_insert(0.0);
        *largest = largest.max(difference);
        assert!(
            difference <= limit,
            "{what}: {quantity} differs by {difference:.3e}, more than {limit:e}"
        );
    }

    fn absolute(&mut self, quantity: &'static str, ours: &[f32], theirs: &[f32], what: &str) {
        assert_eq!(ours.len(), theirs.len(), "{what}: {quantity}");
        let pairs = ours.iter().zip(theirs);
        let largest = pairs
            .map(|(a, b)| (f64::from(*a) - f64::from(*b)).abs())
            .fold(0.0, f64::max);
        self.note(quantity, largest, ABSOLUTE, what);
    }

    fn relative(
        &mut self,
        quantity: &'static str,
        ours: &[f32],
        theirs: &[f32],
        limit: f64,
        what: &str,
    ) {
        assert_eq!(ours.len(), theirs.len(), "{what}: {quantity}");
        let difference = norm(
            ours.iter()
                .zip(theirs)
                .map(|(a, b)| f64::from(*a) - f64::from(*b)),
        );
        let size = norm(theirs.iter().map(|value| f64::from(*value)));
        self.note(quantity, difference / size, limit, what);
    }
}

fn floats<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}

fn check_tokens(reference: &Reference) {
    let id = reference.case["id"].as_str().unwrap();
    let bytes = std::fs::read(folder().join(format!("case_{id}.safetensors"))).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let theirs = file.tensor("tokenized_prompts").unwrap();
    let length = theirs.shape()[1];
    let theirs: Vec<i32> = theirs
        .data()
        .chunks_exact(4)
        .map(|four| i32::from_le_bytes(four.try_into().unwrap()))
        .collect();
    for (text, theirs) in reference.texts().iter().zip(theirs.chunks_exact(length)) {
        let inner = text.tokens[1..text.tokens.len() - 1]
            .iter()
            .map(|&id| id as i32);
        let mut ours = vec![START as i32];
        ours.extend(vec![PLACEHOLDER; reference.layout().tokens]);
        ours.extend(inner);
        ours.push(END as i32);
        ours.resize(length, 0);
        assert_eq!(ours, theirs, "tokens of `{}`", text.text);
    }
}

fn check_features(
    reference: &Reference,
    learner: &Learning,
    prompts: &ClassPrompts,
    seen: &mut Seen,
    what: &str,
) {
    let batch = reference.batch();
    let pixels = Tensor::from_data(
        TensorData::new(batch.pixels, batch.shape),
        &Device::flex().autodiff(),
    );
    let model = learner.model();
    let text = model.text_features(prompts);
    let image = model.image_features(pixels.clone());
    let video = model.video_features(pixels);
    seen.absolute(
        "text features",
        &floats(text.clone()),
        &reference.tensor("text_features"),
        what,
    );
    seen.absolute(
        "image features",
        &floats(image),
        &reference.tensor("image_features"),
        what,
    );
    seen.absolute(
        "video features",
        &floats(video.clone()),
        &reference.tensor("video_features"),
        what,
    );
    seen.absolute(
        "logits",
        &floats(logits(video, text)),
        &reference.tensor("logits"),
        what,
    );
    if let Ok(embedded) = reference.tensors.read("prompts_embedded") {
        // Ours end with the longest prompt; theirs go on with padding.
        let ours = prompts.embedded(model.context.as_ref().map(Param::val));
        let [classes, length, width] = ours.dims();
        let theirs: Vec<f32> = embedded
            .chunks_exact(embedded.len() / classes)
            .flat_map(|class| class[..length * width].to_vec())
            .collect();
        let ends = reference.texts();
        for (class, text) in ends.iter().enumerate() {
            let used = (text.tokens.len() + reference.layout().tokens) * width;
            let range = class * length * width..class * length * width + used;
            seen.absolute(
                "prompts",
                &floats(ours.clone())[range.clone()],
                &theirs[range],
                what,
            );
        }
    }
}

fn check_gradients(reference: &Reference, learner: &Learning, seen: &mut Seen, what: &str) {
    let loss = learner.loss(&reference.batch());
    let gradients = GradientsParams::from_grads(loss.backward(), learner.model());
    let ours = values(learner.model(), Some(&gradients));
    let norms = reference.case["grad_norms"].as_object().unwrap();
    assert_eq!(
        ours.keys().collect::<Vec<_>>().len(),
        norms.len(),
        "trained parameters"
    );
    for (name, theirs) in norms {
        let theirs = theirs.as_f64().unwrap();
        let ours = norm(ours[name].iter().map(|value| f64::from(*value)));
        seen.note(
            "gradient norms",
            (ours - theirs).abs() / theirs,
            GRADIENT,
            &format!("{what} {name}"),
        );
    }
    for name in reference
        .tensors
        .names()
        .filter_map(|name| name.strip_prefix("grad."))
    {
        let theirs = reference.tensor(&format!("grad.{name}"));
        seen.relative(
            "gradients",
            &ours[&long_name(name)],
            &theirs,
            GRADIENT,
            &format!("{what} {name}"),
        );
    }
}

/// `grad.visual.x` and the like, by the names of the gradient norms.
fn long_name(name: &str) -> String {
    name.replace("visual.", "image_encoder.")
        .replace("temporal.", "temporal_net.")
        .replace("prompt.", "prompt_learner.")
}

fn check_steps(reference: &Reference, mut learner: Learning, seen: &mut Seen, what: &str) {
    let batch = reference.batch();
    let before = values(learner.model(), None);
    let losses = reference.case["losses"].as_array().unwrap();
    let rates = reference.case["learning_rates"].as_array().unwrap();
    for (loss, rates) in losses.iter().zip(rates) {
        let factor = rates[0].as_f64().unwrap() / reference.number("lr_temporal");
        let ours = learner.step(&batch, factor)();
        seen.note(
            "losses",
            (ours - loss.as_f64().unwrap()).abs(),
            ABSOLUTE,
            what,
        );
    }
    let after = values(learner.model(), None);
    for name in reference
        .tensors
        .names()
        .filter_map(|name| name.strip_prefix("update64."))
    {
        let long = long_name(name);
        let moved: Vec<f32> = after[&long]
            .iter()
            .zip(&before[&long])
            .map(|(a, b)| a - b)
            .collect();
        let theirs = reference.tensor(&format!("update64.{name}"));
        seen.relative(
            "movement",
            &moved,
            &theirs,
            MOVEMENT,
            &format!("{what} {name}"),
        );
    }
    let theirs = reference.tensor("logits_after_5_steps");
    let ours = learner.logits(&batch);
    let pairs = ours
        .iter()
        .zip(&theirs)
        .map(|(a, b)| f64::from((a - b).abs()));
    // No tolerance is set for these: they are reported.
    seen.note(
        "logits after five steps",
        pairs.fold(0.0, f64::max),
        1e-2,
        what,
    );
}

#[test]
fn the_model_is_the_reference() {
    let all = cases();
    let mut seen = Seen::default();
    for case in all["cases"].as_array().unwrap() {
        let id = case["id"].as_str().unwrap();
        let path = folder().join(format!("case_{id}.safetensors"));
        let reference = Reference {
            all: all.clone(),
            case: case.clone(),
            tensors: floats_only(&path),
        };
        let (learner, prompts) = reference.learner(&Device::flex().autodiff());
        check_tokens(&reference);
        check_features(&reference, &learner, &prompts, &mut seen, id);
        check_gradients(&reference, &learner, &mut seen, id);
        check_steps(&reference, learner, &mut seen, id);
    }
    for (quantity, largest) in &seen.0 {
        println!("{quantity}: largest difference {largest:.2e}");
    }
}

/// The float tensors of a file; the tokens are read apart.
fn floats_only(path: &Path) -> Weights {
    let bytes = std::fs::read(path).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let floats: Vec<_> = file
        .iter()
        .filter(|(name, _)| *name != "tokenized_prompts")
        .collect();
    Weights::from_bytes(safetensors::serialize(floats, None).unwrap(), "case").unwrap()
}

/// What a frozen image encoder says may stand for the pixels: the same logits, losses and steps.
#[test]
fn features_stand_for_pixels() {
    let all = cases();
    let case = &all["cases"][0];
    let id = case["id"].as_str().unwrap();
    let reference = Reference {
        all: all.clone(),
        case: case.clone(),
        tensors: floats_only(&folder().join(format!("case_{id}.safetensors"))),
    };
    let device = Device::flex().autodiff();
    let learner = || {
        let (learner, prompts) = reference.learner(&device);
        let rates = Rates {
            temporal: reference.number("lr_temporal"),
            image: 0.0,
            context: reference.number("lr_prompt"),
            momentum: 0.9,
            weight_decay: 1e-4,
        };
        let model = learner.model().clone();
        DferClipLearner::with_model(model, prompts, rates, device.clone())
    };
    let (mut plain, mut frozen) = (learner(), learner());
    let pixels = reference.batch();
    let features = Batch {
        features: Some(frozen.features(&pixels)),
        pixels: Vec::new(),
        ..pixels.clone()
    };
    for step in 0..3 {
        for (one, other) in plain.logits(&pixels).iter().zip(frozen.logits(&features)) {
            // Roundings in another order are 1e-5 of the features; steps make more of them.
            let limit = if step == 0 { 1e-5 } else { 1e-4 };
            assert!(
                (one - other).abs() < limit,
                "step {step}: {one} and {other}"
            );
        }
        let losses = (plain.step(&pixels, 1.0)(), frozen.step(&features, 1.0)());
        assert!(
            (losses.0 - losses.1).abs() < 1e-5,
            "step {step}: {losses:?}"
        );
    }
}
