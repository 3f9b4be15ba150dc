//! `exp pretrain`: makes the small CLIP again.

use std::path::PathBuf;

use clap::Args;
use exp_model::backbone::{Backbone, SMALL};
use exp_model::weights::Weights;
use exp_train::pretrain::Pretraining;

use super::run::DeviceArgument;
use crate::Outcome;
use crate::progress::steps_bar;

/// Train the small CLIP of the embedded benchmark again, from drawn faces and their captions.
#[derive(Args)]
pub struct Arguments {
    /// Where to write it; `backbone: FILE` in an experiment uses it.
    #[arg(short, long, default_value = "runs/small.safetensors")]
    output: PathBuf,
    /// Optimiser steps; the shipped file was made with the default.
    #[arg(long, default_value_t = Pretraining::default().steps)]
    steps: usize,
    /// Where to train.
    #[arg(long, value_enum, default_value_t)]
    device: DeviceArgument,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let device = arguments.device.open()?;
    let pretraining = Pretraining {
        steps: arguments.steps,
        ..Pretraining::default()
    };
    let bar = steps_bar(pretraining.steps, "pretraining");
    // Single steps are noisy: the figures shown are means over about the last fifty.
    let mut shown: Option<(f64, f64)> = None;
    pretraining.run(&arguments.output, &device.device, &mut |_, loss, hits| {
        let (mean_loss, mean_hits) = shown.unwrap_or((loss, hits));
        let mean = (
            mean_loss + 0.02 * (loss - mean_loss),
            mean_hits + 0.02 * (hits - mean_hits),
        );
        shown = Some(mean);
        bar.advance(1, || {
            format!(
                "loss {:.3}, own caption found {:.0} %",
                mean.0,
                100.0 * mean.1
            )
        });
    })?;
    bar.finish();
    let made = Weights::open(&arguments.output)?;
    println!("{}: sha256 {}", arguments.output.display(), made.sha256());
    if let Ok(shipped) = Backbone::open(SMALL, &PathBuf::new()) {
        let same = shipped.weights().sha256() == made.sha256();
        println!(
            "{}",
            match same {
                true => "It is the same, bit for bit, as the built-in `small`.",
                false =>
                    "It is not the same as the built-in `small`; use it with `backbone: FILE`.",
            }
        );
    }
    Ok(Outcome::Done)
}
