//! Making the learner of a run or of an evaluation.

use std::sync::{Mutex, PoisonError};

use exp_model::backbone::{Backbone, BackboneError};
use exp_model::clip::TextTransformer;
use exp_model::device::ChosenDevice;
use exp_model::prompt::ClassPrompts;
use exp_train::{Learner, LearnerParts, Rates};

use crate::inputs::RunSettings;

/// Held while a learner is made: the backend's random numbers are the process's.
static MAKING: Mutex<()> = Mutex::new(());

/// A fresh learner on a device. `prompts` arranges the class prompts with the text encoder.
pub fn fresh<E: From<BackboneError>>(
    settings: &RunSettings,
    backbone: &Backbone,
    device: &ChosenDevice,
    seed: u64,
    prompts: impl FnOnce(&TextTransformer) -> Result<ClassPrompts, E>,
) -> Result<Box<dyn Learner>, E> {
    let device = device.device.clone().autodiff();
    let device = match settings.train.recompute {
        true => device.gradient_checkpointing(),
        false => device,
    };
    let clip = backbone.load(settings.activation, &device)?;
    let prompts = prompts(&clip.text)?;
    let _making = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
    device.seed(seed);
    Ok(settings.temporal.plugin.learner(LearnerParts {
        clip,
        prompts,
        frames: settings.clip.frames.get(),
        features: backbone.sizes().embed,
        rates: Rates::from(&settings.train),
        micro_batch: settings.train.micro_batch.map(|clips| clips.get()),
        precision: settings.train.precision,
        device,
    }))
}
