//! `exp pretrain`: makes the small CLIP again.

use std::path::{Path, PathBuf};

use clap::Args;
use exp_model::backbone::{Backbone, SMALL};
use exp_train::pretrain::{Pretraining, Progress};
use exp_weights::Weights;

use crate::Outcome;
use crate::device::DeviceArgument;
use crate::progress::steps_bar;

/// Train the small CLIP of the embedded benchmark again, from drawn faces and their captions.
#[derive(Args)]
pub struct Arguments {
    /// Where to write it; `backbone: FILE` in an experiment uses it.
    #[arg(short, long, default_value = "runs/small.safetensors")]
    output: PathBuf,
    /// Steps in which the image encoder predicts words; the shipped file was made with the default.
    #[arg(long, default_value_t = Pretraining::default().word_steps)]
    word_steps: usize,
    /// Contrastive steps after these; the shipped file was made with the default.
    #[arg(long, default_value_t = Pretraining::default().contrast_steps)]
    contrast_steps: usize,
    #[command(flatten)]
    device: DeviceArgument,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let device = arguments.device.one()?;
    let pretraining = Pretraining {
        word_steps: arguments.word_steps,
        contrast_steps: arguments.contrast_steps,
        ..Pretraining::default()
    };
    let bar = steps_bar(pretraining.steps(), "pretraining");
    let (mut gain, mut loss, mut found) = (Mean::new(), Mean::new(), Mean::new());
    pretraining.run(&arguments.output, &device.device, &mut |progress| {
        let message = match progress {
            Progress::Words { gain: value } => {
                format!(
                    "words: {:.3} nats better than their frequencies",
                    gain.add(value)
                )
            }
            Progress::Contrast {
                loss: value,
                found: share,
            } => format!(
                "contrast: loss {:.3}, own caption found {:.0} %",
                loss.add(value),
                100.0 * found.add(share)
            ),
        };
        bar.advance(1, &message);
    })?;
    bar.finish();
    let made = Weights::open(&arguments.output)?;
    println!("{}: sha256 {}", arguments.output.display(), made.sha256());
    if let Ok(shipped) = Backbone::open(SMALL, Path::new("")) {
        println!(
            "{}",
            match shipped.weights().sha256() == made.sha256() {
                true => "It is the same, bit for bit, as the built-in `small`.",
                false =>
                    "It is not the same as the built-in `small`; use it with `backbone: FILE`.",
            }
        );
    }
    Ok(Outcome::Done)
}

/// A running mean over about the last fifty values: single steps are noisy.
struct Mean(Option<f64>);

impl Mean {
    fn new() -> Self {
        Self(None)
    }

    fn add(&mut self, value: f64) -> f64 {
        let mean = self.0.map_or(value, |mean| mean + 0.02 * (value - mean));
        *self.0.insert(mean)
    }
}
