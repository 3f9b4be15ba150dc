//! A trained model from its file: our own checkpoint, or one of DFER-CLIP's authors.

mod authors;
mod find;

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};
use exp_core::checkpoint::CheckpointCard;
use exp_core::experiment::{Settings, TAGGED};
use exp_core::tree::{Node, Source, merge};
use exp_model::backbone::Backbone;
use exp_model::device::ChosenDevice;
use exp_model::parameters::Fit;
use exp_model::prompt::{ClassPrompts, ClassText};
use exp_train::{Learner, Registry};
use exp_weights::{Layout, Weights};

use crate::inputs::{Inputs, RunSettings, check_size};
use crate::learner;

pub use find::find;

/// A trained model and what it needs beside its file.
pub struct Trained {
    /// The settings it was trained with, on the benchmark it is used on.
    pub settings: RunSettings,
    /// What our own checkpoints say of themselves.
    pub card: Option<CheckpointCard>,
    /// The class texts; `None` where the file carries them as embedded tokens.
    pub texts: Option<Vec<ClassText>>,
    /// Holds what was not trained. An authors' checkpoint holds everything.
    pub backbone: Arc<Backbone>,
    /// What was trained, where it is not in the backbone's file.
    own: Option<Weights>,
}

impl Trained {
    /// Opens a checkpoint. Its settings are laid over those of a protocol, which decides on the
    /// benchmark, and `sets` over both. Without a protocol the benchmark is the checkpoint's own.
    pub fn open(
        path: &Path,
        protocol: Option<&Node>,
        sets: &[Node],
        registry: &Registry,
        inputs: &mut Inputs<'_>,
    ) -> anyhow::Result<Self> {
        let weights = Weights::open(path)?;
        let card = CheckpointCard::from_metadata(weights.metadata())
            .transpose()
            .with_context(|| format!("cannot understand what {} says of itself", path.display()))?;
        let layer = match (&card, weights.layout()) {
            (Some(card), _) => own_settings(card, protocol.is_some()),
            (None, Layout::DferClip) if protocol.is_none() => bail!(
                "{} holds {}, which names no classes: name a benchmark that has them with `--on`",
                path.display(),
                Layout::DferClip
            ),
            (None, Layout::DferClip) => authors::settings(&weights, path)?,
            (None, Layout::Trained) => bail!(
                "{} holds trained parameters, but does not say of which run: it was not written \
                 by this version of `exp`",
                path.display()
            ),
            (None, layout) => bail!(
                "{} holds no trained DFER-CLIP, but {layout}. Name a checkpoint of `exp run` or \
                 of DFER-CLIP's authors; a pretrained CLIP is used with `backbone: FILE`",
                path.display()
            ),
        };
        let name = format!("the settings in {}", path.display());
        let layer = Node::parse(Source::new(name, layer.to_string()))?;
        let layers = || protocol.into_iter().chain([&layer]).chain(sets);
        for layer in layers() {
            registry.check_names(layer)?;
        }
        let node = layers()
            .cloned()
            .reduce(|below, above| merge(below, above, &TAGGED))
            .unwrap_or_else(|| layer.clone());
        let settings =
            Settings::decode(&node, registry).map_err(|error| error.or_at(&node.mark))?;
        let (backbone, own) = match &card {
            Some(card) => {
                let backbone = inputs.backbone(&settings)?;
                same_backbone(card, &backbone, &settings.backbone, path)?;
                (backbone, Some(weights))
            }
            None if settings.backbone == path.display().to_string() => {
                (Arc::new(Backbone::of(weights)?), None)
            }
            None => bail!(
                "{} holds its whole model: leave `backbone` as it is",
                path.display()
            ),
        };
        let mut trained = Self {
            settings,
            card,
            texts: None,
            backbone,
            own,
        };
        check_size(&trained.settings, &trained.backbone)?;
        trained.texts = trained.class_texts(inputs)?;
        Ok(trained)
    }

    /// The texts the model was trained with, unless others were asked for.
    fn class_texts(&self, inputs: &mut Inputs<'_>) -> anyhow::Result<Option<Vec<ClassText>>> {
        let prompt = &self.settings.prompt;
        if prompt.plugin.is_embedded() {
            return Ok(None);
        }
        let texts = match &self.card {
            Some(card) if card.run.settings["prompt"] == prompt.to_json() => {
                let (classes, texts) = (&card.run.classes, &card.run.texts);
                inputs.checked(&self.settings, classes, texts, &self.backbone)?
            }
            _ => inputs.texts_for(&self.settings, &self.backbone)?,
        };
        Ok(Some(texts))
    }

    /// The names of the classes, in the order of the model's labels: those of the benchmark, which
    /// must be those that the model was trained with.
    pub fn classes(&self) -> anyhow::Result<Vec<String>> {
        let classes = self.settings.benchmark.plugin.classes();
        if let Some(card) = &self.card
            && card.run.classes != classes
        {
            bail!(
                "the model knows the classes {}, in this order; the benchmark has {}",
                card.run.classes.join(", "),
                classes.join(", ")
            );
        }
        let embedded = self.weights().shape("prompt.prefix");
        match embedded.and_then(|shape| shape.first()) {
            Some(&known) if self.card.is_none() && known != classes.len() => bail!(
                "the model knows {known} classes, but the benchmark has {}: {}",
                classes.len(),
                classes.join(", ")
            ),
            _ => Ok(classes),
        }
    }

    /// The file's trained parameters.
    pub fn weights(&self) -> &Weights {
        self.own.as_ref().unwrap_or(self.backbone.weights())
    }

    /// Kind of device and precision, where the device has that which the model was trained in.
    pub fn computed_in(&self, device: &ChosenDevice) -> anyhow::Result<&'static str> {
        let precision = self.settings.train.precision;
        device.computes_in(precision).with_context(|| {
            format!(
                "cannot compute in `train.precision: {}` (`--set train.precision=P` sets another)",
                precision.name()
            )
        })
    }

    /// The model on a device, and how the file's tensors fit it.
    pub fn learner(&self, device: &ChosenDevice) -> anyhow::Result<(Box<dyn Learner>, Fit)> {
        self.computed_in(device)?;
        let layout = self.settings.context.plugin.layout();
        // Every initial value is replaced: the seed does not matter.
        let mut learner = learner::fresh(&self.settings, &self.backbone, device, 0, |encoder| {
            anyhow::Ok(match &self.texts {
                Some(texts) => {
                    ClassPrompts::new(texts, layout, self.backbone.weights().rows(), encoder)
                }
                None => ClassPrompts::embedded_in(self.weights(), layout, encoder)?,
            })
        })?;
        let fit = learner.load(self.weights())?;
        // What was trained and is of no use here was trained for another model.
        let trained = |name: &&String| {
            let parts = ["image.", "temporal.", "context"];
            parts.iter().any(|part| name.starts_with(part))
        };
        if let Some(name) = fit.unused.iter().find(trained) {
            bail!(
                "`{name}` in {} has no place in the model: the settings make another model than \
                 the one that was trained",
                self.weights().name()
            );
        }
        Ok((learner, fit))
    }
}

/// The settings in one of our own checkpoints; without the benchmark where it is used elsewhere.
fn own_settings(card: &CheckpointCard, elsewhere: bool) -> serde_json::Value {
    let mut settings = card.run.settings.clone();
    if let Some(settings) = settings.as_object_mut()
        && elsewhere
    {
        settings.remove("benchmark");
    }
    settings
}

fn same_backbone(
    card: &CheckpointCard,
    backbone: &Backbone,
    name: &str,
    path: &Path,
) -> anyhow::Result<()> {
    let (trained, here) = (&card.run.backbone_sha256, backbone.weights().sha256());
    if trained == here {
        return Ok(());
    }
    bail!(
        "{} was trained on a backbone with SHA-256 {trained}, but `{name}` has {here}: name the \
         same file with `--set backbone=FILE`",
        path.display()
    )
}
