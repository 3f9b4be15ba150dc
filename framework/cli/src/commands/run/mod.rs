//! `exp run`: does every run of an experiment that the store does not have yet.

mod dry;
mod execute;
mod prepare;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use exp_model::device::{ChosenDevice, DeviceChoice};
use exp_report::Options;
use exp_store::{ExperimentRecord, Status, Store};
use exp_train::Registry;

use super::report;
use crate::Outcome;
use crate::project::Project;
use prepare::Prepared;

/// Run an experiment: every run that is not done yet, then the report.
#[derive(Args)]
pub struct Arguments {
    /// The experiment's YAML file.
    file: PathBuf,
    /// Measure on these benchmarks instead of those that the file names.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    on: Vec<String>,
    /// Override a setting in all runs, as in `--set train.epochs=3`.
    #[arg(long, value_name = "PATH=VALUE")]
    set: Vec<String>,
    /// Where to train.
    #[arg(long, value_enum, default_value_t)]
    device: DeviceArgument,
    /// The store to write to [default: runs/exp.db].
    #[arg(long, value_name = "FILE")]
    store: Option<PathBuf>,
    /// Print the plan and what each run costs, and train nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Where to train.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub enum DeviceArgument {
    /// A GPU where there is one, else the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// An NVIDIA GPU.
    Cuda,
}

impl DeviceArgument {
    /// Finds the device.
    pub fn open(self) -> anyhow::Result<ChosenDevice> {
        let choice = match self {
            Self::Auto => DeviceChoice::Auto,
            Self::Cpu => DeviceChoice::Cpu,
            Self::Cuda => DeviceChoice::Cuda,
        };
        Ok(choice.open()?)
    }
}

pub fn run(arguments: &Arguments, registry: &Registry) -> anyhow::Result<Outcome> {
    let device = arguments.device.open()?;
    let prepared = Prepared::read(arguments, registry, &device)?;
    let path = arguments
        .store
        .clone()
        .unwrap_or_else(|| prepared.project.store());
    if arguments.dry_run {
        let done = match path.exists() {
            true => Store::open(&path)?.statuses(&prepared.ids())?,
            false => Default::default(),
        };
        dry::print(&prepared, &done);
        return Ok(Outcome::Done);
    }
    let store = Store::open(&path)?;
    let experiment = &prepared.experiment;
    store.record_experiment(&ExperimentRecord {
        name: experiment.name.clone(),
        question: experiment.question.clone(),
        yaml: prepared.yaml.clone(),
        compare: experiment.compare.clone(),
        benchmarks: prepared.benchmarks(),
    })?;
    store.plan_runs(&experiment.name, &prepared.records())?;
    let finished = store.statuses(&prepared.ids())?;
    let open: Vec<usize> = (0..prepared.runs.len())
        .filter(|&index| finished.get(&prepared.runs[index].id) != Some(&Status::Done))
        .collect();
    Ok(carry_out(&prepared, &open, store, &device, registry).unwrap_or_else(Outcome::BrokenOff))
}

/// Does the open runs and reports on all.
fn carry_out(
    prepared: &Prepared,
    open: &[usize],
    store: Store,
    device: &ChosenDevice,
    registry: &Registry,
) -> anyhow::Result<Outcome> {
    let name = &prepared.experiment.name;
    let failed = execute::all(prepared, open, &store, device)?;
    let report = report::load(
        &store,
        name,
        &Options::default(),
        &prepared.project,
        registry,
    )?;
    report::page(report, &prepared.project.report(name))?;
    store.close()?;
    Ok(match failed {
        0 => Outcome::Done,
        _ => Outcome::SomeFailed,
    })
}

/// The project that an experiment's file lies in, or else the one that the user is in.
fn project_of(file: &std::path::Path) -> anyhow::Result<Project> {
    Project::find(file).or_else(|error| Project::find(&std::env::current_dir()?).map_err(|_| error))
}
