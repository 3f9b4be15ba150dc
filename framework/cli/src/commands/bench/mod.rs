//! `exp bench`: how fast the settings of an experiment train on a device, and where the time goes.

mod measure;
mod print;

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use exp_core::experiment::{Experiment, Precision, plan};
use exp_core::tree::{Node, Source};
use exp_model::device::ChosenDevice;
use exp_train::Registry;
use serde_json::json;

use super::run::prepare::{PreparedRun, prepare};
use super::run::project_of;
use crate::Outcome;
use crate::device::DeviceArgument;
use crate::inputs::{Inputs, sets};
use crate::project::{Project, read_yaml};

/// Time the training of an experiment's first run: the parts of a step, the loader beside it, and
/// what the device could do.
///
/// Nothing is written down but what the benchmark draws.
#[derive(Args)]
#[command(group(clap::ArgGroup::new("what").required(true).multiple(true)))]
pub struct Arguments {
    /// The experiment's YAML file.
    #[arg(group = "what")]
    file: Option<PathBuf>,
    /// Measure on this benchmark instead of the first that the file names. Without a file, with
    /// DFER-CLIP as published: a context of 8 tokens for each class, here behind its name, and a
    /// temporal transformer of one block.
    #[arg(long, value_name = "BENCHMARK", group = "what")]
    on: Option<String>,
    /// Override a setting, as in `--set train.micro_batch=8`.
    #[arg(long, value_name = "PATH=VALUE")]
    set: Vec<String>,
    #[command(flatten)]
    device: DeviceArgument,
    /// Compute matrix products in `f32`, `tf32` or `bf16`: the same as `--set train.precision=P`.
    #[arg(long, value_name = "P", value_parser = Precision::ALL.map(Precision::name))]
    precision: Option<String>,
    /// Steps that are timed; one more goes before.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    steps: u32,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments, registry: &Registry) -> anyhow::Result<Outcome> {
    let device = arguments.device.one()?;
    let run = first_run(arguments, registry, &device)?;
    Ok(
        match measure::measure(&run, &device, arguments.steps as usize) {
            Ok(measured) => {
                print::print(&run, &device, &measured, arguments.json);
                Outcome::Done
            }
            Err(error) => Outcome::BrokenOff(error),
        },
    )
}

/// The first run that `exp run` would do, read and checked as it would be.
fn first_run(
    arguments: &Arguments,
    registry: &Registry,
    device: &ChosenDevice,
) -> anyhow::Result<PreparedRun> {
    let (project, node) = match &arguments.file {
        Some(file) => (project_of(file)?, read_yaml(file)?.1),
        None => {
            let published = json!({
                "name": "bench",
                "question": "How fast does DFER-CLIP train?",
                "benchmarks": [arguments.on],
                "base": {
                    "prompt": "class_names",
                    "context": {"learnable": {"tokens": 8, "per_class": true, "position": "end"}},
                    "temporal": {"transformer": {"depth": 1}},
                },
                "seeds": [1],
            });
            let source = Source::new("an experiment of one run".to_owned(), published.to_string());
            (
                Project::find(&std::env::current_dir()?)?,
                Node::parse(source)?,
            )
        }
    };
    let experiment = Experiment::from_node(&node)?;
    let named = experiment.benchmarks.first().map(|(name, _)| name);
    let benchmark = arguments
        .on
        .as_ref()
        .or(named)
        .context("the experiment names no benchmark: name one with `--on`")?;
    let protocol = project.read_protocol(benchmark)?;
    let precision = arguments.precision.as_ref();
    let precision = precision.map(|precision| format!("train.precision={precision}"));
    let all: Vec<String> = arguments.set.iter().cloned().chain(precision).collect();
    let sets = sets(&all)?;
    let planned = plan(&experiment, benchmark, &protocol, &sets, registry)?;
    let first = planned.into_iter().next();
    let first = first.context("the experiment has no run")?;
    let mut inputs = Inputs::new(&project);
    let texts = inputs.texts(&first.settings)?;
    Ok(prepare(first, texts, &mut inputs, device)?)
}
