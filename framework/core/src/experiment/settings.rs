//! The settings of one run, decoded from its merged layers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::activation::Activation;
use super::augment::Augmentation;
use super::fields::Fields;
use super::image_encoder::ImageEncoder;
use super::precision::Precision;
use crate::bounded::{MinorShare, NonNegative, Positive, Share, Within};
use crate::plugin::{Benchmark, Chosen, ContextSource, PromptSource, Registry};
use crate::tree::{Diagnostic, Mark, Node, Value, decode};

/// The top-level settings whose value is a plugin, or tagged like one: where layers name different ones, the later
/// one replaces the earlier one whole.
pub const TAGGED: [&str; 5] = [
    "benchmark",
    "image_encoder",
    "prompt",
    "context",
    "temporal",
];

pub(super) const KEYS: [&str; 11] = [
    "benchmark",
    "folds",
    "backbone",
    "activation",
    "image_encoder",
    "prompt",
    "context",
    "temporal",
    "clip",
    "augment",
    "train",
];

/// Everything that decides what a run does, but for its seed and fold.
pub struct Settings<T: ?Sized> {
    /// Where the clips come from.
    pub benchmark: Chosen<dyn Benchmark>,
    /// The folds that are run, each a run of its own. Benchmarks without folds have fold 1.
    pub folds: Vec<u32>,
    /// The pretrained CLIP: `small` (built in), the name of published weights that were fetched,
    /// or a file.
    pub backbone: String,
    /// The activation in the backbone's perceptrons.
    pub activation: Activation,
    /// Whether the backbone's image encoder is trained.
    pub image_encoder: ImageEncoder,
    /// Where the class texts come from.
    pub prompt: Chosen<dyn PromptSource>,
    /// What is learned around them.
    pub context: Chosen<dyn ContextSource>,
    /// How frame features become a clip feature.
    pub temporal: Chosen<T>,
    /// What the model sees of a clip.
    pub clip: ClipSettings,
    /// What training changes at random.
    pub augment: Augmentation,
    /// The optimiser and its schedule.
    pub train: Training,
    /// The merged layers that all this was decoded from.
    layers: Node,
}

/// What the model sees of a clip.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ClipSettings {
    /// Frames a clip.
    pub frames: Within<1, 256>,
    /// Height and width in pixels; the backbone decides what it must be.
    pub size: Within<8, 1024>,
    /// What is done to pixel values in [0, 1].
    pub normalize: Normalize,
    /// What is shown of a clip with fewer frames than `frames`.
    pub short: ShortClip,
    /// What is done about a frame that cannot be decoded.
    pub damaged: DamagedFrame,
}

/// What is done to pixel values in [0, 1] before the model sees them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Normalize {
    /// Nothing, as the reference does.
    #[default]
    None,
    /// CLIP's mean and standard deviation of each channel.
    Clip,
}

/// What is shown of a clip with fewer frames than the model takes, in training and in testing.
///
/// Public code differs in this, and figures move with it: DFER-CLIP repeats the last frame; loaders
/// that descend from Temporal Segment Networks (Wang et al., ECCV 2016) show the first frame alone;
/// M3DFEL (Wang et al., CVPR 2023) spreads the frames evenly; others leave such clips out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ShortClip {
    /// All its frames, then the last one again until there are enough, as the reference does.
    #[default]
    RepeatLast,
    /// Its first frame alone, as often as the model takes frames; the others are never shown.
    RepeatFirst,
    /// Nothing: the clip is left out, and the run records how many were.
    Drop,
}

impl ShortClip {
    /// Whether a clip of `n_frames` is used where the model takes `frames`. One without any frame is
    /// not short but a mistake in the data: it is kept, so that reading it tells.
    pub fn keeps(self, n_frames: usize, frames: usize) -> bool {
        self != ShortClip::Drop || n_frames == 0 || n_frames >= frames
    }
}

/// What is done about a frame that cannot be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DamagedFrame {
    /// The run fails and names the clip and the frame.
    #[default]
    Stop,
    /// The nearest frame of the clip that can be decoded stands in for it, of two equally near ones
    /// the earlier; the run records how many were replaced.
    RepeatNeighbour,
}

/// The optimiser (stochastic gradient descent with momentum) and its schedule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Training {
    /// Passes over the training clips.
    pub epochs: Within<1, 10_000>,
    /// Clips a step; an incomplete last batch is dropped.
    pub batch: Within<1, 65_536>,
    /// Clips that go through the model at once; without a number, the whole batch. A step sums the
    /// gradients over the batch either way, so the figures differ by the rounding of the sum alone;
    /// fewer clips at once take less memory.
    pub micro_batch: Option<Within<1, 65_536>>,
    /// Whether a step computes cheap intermediate values once more instead of keeping them, which
    /// takes less memory and more time. No figure depends on it.
    pub recompute: bool,
    /// The numbers that matrix products are computed in.
    pub precision: Precision,
    /// The learning rate of each group of parameters.
    pub learning_rate: LearningRates,
    /// The optimiser's momentum.
    pub momentum: Share,
    /// Weight decay on everything trained.
    pub weight_decay: NonNegative,
    /// Every learning rate changes after these epochs.
    pub decay: Decays,
    /// The share of the training clips that is kept out of training to choose an epoch by, under the
    /// rule `held_out`: whole persons where the benchmark knows them, else clips of every class. 0
    /// keeps none out, and then there is no such rule.
    pub held_out: MinorShare,
    /// Threads that read clips beside training; without a number, one for each core that the run
    /// may use. No figure depends on it.
    pub workers: Option<Within<1, 256>>,
    /// How much of the decoded frames is kept in a file beside the store while a run lasts, so that
    /// later epochs need not decode them again, in GiB; 0 keeps none. No figure depends on it.
    pub cache_gib: NonNegative,
    /// Minutes after which an epoch's state is written down, besides at its end, so that a run that
    /// is killed loses no more. No figure depends on it.
    pub checkpoint_minutes: NonNegative,
}

/// The learning rate of each group of parameters; a group with zero stays as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LearningRates {
    /// The temporal model.
    pub temporal: NonNegative,
    /// CLIP's image encoder.
    pub image: NonNegative,
    /// The learnable context.
    pub context: NonNegative,
}

/// Every learning rate is multiplied by `gamma` after each of the epochs `at`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Decays {
    /// Epochs, counted from 1, after which the rates change.
    pub at: Vec<Within<1, 10_000>>,
    /// The factor.
    pub gamma: Positive,
}

// The defaults are the reference's settings (Zhao and Patras, "Prompting Visual-Language Models
// for Dynamic Facial Expression Recognition", BMVC 2023, and its public code).

impl Default for ClipSettings {
    fn default() -> Self {
        Self {
            frames: Within::literal(16),
            size: Within::literal(224),
            normalize: Normalize::None,
            short: ShortClip::RepeatLast,
            damaged: DamagedFrame::Stop,
        }
    }
}

impl Default for Training {
    fn default() -> Self {
        Self {
            epochs: Within::literal(50),
            batch: Within::literal(48),
            micro_batch: None,
            recompute: false,
            precision: Precision::F32,
            learning_rate: LearningRates::default(),
            momentum: Share::literal(0.9),
            weight_decay: NonNegative::literal(1e-4),
            decay: Decays::default(),
            held_out: MinorShare::literal(0.0),
            workers: None,
            cache_gib: NonNegative::literal(0.0),
            checkpoint_minutes: NonNegative::literal(10.0),
        }
    }
}

impl Default for LearningRates {
    fn default() -> Self {
        Self {
            temporal: NonNegative::literal(1e-2),
            image: NonNegative::literal(1e-5),
            context: NonNegative::literal(1e-3),
        }
    }
}

impl Default for Decays {
    fn default() -> Self {
        Self {
            at: vec![Within::literal(30), Within::literal(40)],
            gamma: Positive::literal(0.1),
        }
    }
}

impl Training {
    /// The factor on every learning rate in an epoch, counted from 1.
    pub fn rate_factor(&self, epoch: usize) -> f64 {
        let passed = self.decay.at.iter().filter(|at| at.get() < epoch).count();
        self.decay.gamma.get().powi(passed as i32)
    }
}

/// The share of the training clips that a run keeps out of training, from its settings as the store
/// keeps them; `None` where it keeps out none.
pub fn held_out_share(settings: &Json) -> Option<f64> {
    let share = settings.pointer("/train/held_out")?.as_f64()?;
    (share > 0.0).then_some(share)
}

impl<T: ?Sized + 'static> Settings<T> {
    /// Decodes the merged layers of a run. The error about a setting that no layer has is without
    /// a place.
    pub fn decode(node: &Node, registry: &Registry<T>) -> Result<Self, Diagnostic> {
        let fields = Fields::of(node, "the settings of a run", &KEYS)?;
        // No place: which of the layers lacks it, the caller knows.
        let required = |key| match fields.entry(key) {
            Some(entry) => Ok(&entry.node),
            None => Err(Diagnostic::new(format!("nothing sets `{key}`"))
                .help("set it in the experiment's `base`, or in the benchmark's protocol file")),
        };
        let folds = match fields.entry("folds") {
            Some(entry) => folds(&entry.node)?,
            None => vec![1],
        };
        let image_encoder = match fields.entry("image_encoder") {
            Some(entry) => ImageEncoder::decode(&entry.node)?,
            None => ImageEncoder::default(),
        };
        let mut train: Training = fields.or_default("train")?;
        if image_encoder != ImageEncoder::Trained {
            no_image_rate(node, &mut train)?;
        }
        Ok(Self {
            benchmark: registry.benchmarks.choose(required("benchmark")?)?,
            folds,
            backbone: decode(required("backbone")?)?,
            activation: fields.or_default("activation")?,
            image_encoder,
            prompt: registry.prompts.choose(required("prompt")?)?,
            context: registry.contexts.choose(required("context")?)?,
            temporal: registry.temporals.choose(required("temporal")?)?,
            clip: fields.or_default("clip")?,
            augment: fields.or_default("augment")?,
            train,
            layers: node.clone(),
        })
    }

    /// Where the setting at a dotted path was written, for mistakes that only show once files are
    /// read: for one that was left out, the nearest around it that was written.
    pub fn mark(&self, path: &str) -> &Mark {
        let mut node = &self.layers;
        for key in path.split('.') {
            match node.get(key) {
                Some(inner) => node = inner,
                None => break,
            }
        }
        &node.mark
    }

    /// All settings with their defaults filled in, in one fixed order, as the store keeps them.
    pub fn to_json(&self) -> Json {
        json!({
            "benchmark": self.benchmark.to_json(),
            "backbone": self.backbone,
            "activation": self.activation,
            "image_encoder": self.image_encoder,
            "prompt": self.prompt.to_json(),
            "context": self.context.to_json(),
            "temporal": self.temporal.to_json(),
            "clip": self.clip,
            "augment": self.augment,
            "train": self.train,
        })
    }
}

/// A frozen image encoder has no learning rate: where none is given it is 0, and any other is a
/// contradiction.
fn no_image_rate(node: &Node, train: &mut Training) -> Result<(), Diagnostic> {
    let path = ["train", "learning_rate", "image"];
    let given = path.iter().try_fold(node, |node, key| node.get(key));
    let rate = train.learning_rate.image.get();
    if let Some(given) = given.filter(|_| rate > 0.0) {
        let mut error = Diagnostic::new(format!(
            "the image encoder is frozen, but its learning rate is {rate}"
        ))
        .at(&given.mark)
        .help("set `train.learning_rate.image` to 0 where `image_encoder` is `frozen`");
        if let Some(frozen) = node.get("image_encoder") {
            error = error.related(&frozen.mark, "frozen here");
        }
        return Err(error);
    }
    train.learning_rate.image = NonNegative::literal(0.0);
    Ok(())
}

/// The folds that a list names: at least one, none twice.
pub(super) fn folds(node: &Node) -> Result<Vec<u32>, Diagnostic> {
    let folds: Vec<Within<1, 1000>> = decode(node)?;
    let mut seen = Vec::new();
    for (fold, index) in folds.iter().map(|fold| fold.get() as u32).zip(0..) {
        if seen.contains(&fold) {
            let mark = match &node.value {
                Value::List(items) => &items[index].mark,
                _ => &node.mark,
            };
            return Err(Diagnostic::new(format!("fold {fold} is named twice")).at(mark));
        }
        seen.push(fold);
    }
    if seen.is_empty() {
        return Err(Diagnostic::new("no fold is named")
            .at(&node.mark)
            .help("benchmarks without folds have `folds: [1]`"));
    }
    Ok(seen)
}
