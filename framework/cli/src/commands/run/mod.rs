//! `exp run`: does every run of an experiment that the store does not have yet.

pub mod again;
mod beats;
mod change;
mod dry;
mod execute;
mod held_out;
mod log;
mod one;
pub mod prepare;
mod shard;
mod stop;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use exp_report::Options;
use exp_store::{ExperimentRecord, Status, Store};
use exp_train::Registry;

use super::report;
use crate::Outcome;
use crate::device::DeviceArgument;
use crate::project::Project;
use prepare::{Prepared, PreparedRun};
use shard::Shard;
use stop::Stop;

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
    pub set: Vec<String>,
    #[command(flatten)]
    device: DeviceArgument,
    /// The store to write to [default: runs/exp.db].
    #[arg(long, value_name = "FILE")]
    store: Option<PathBuf>,
    /// Begin runs anew that failed, or that were interrupted, instead of leaving the former as they
    /// are and going on with the latter.
    #[arg(long, value_enum, value_name = "WHICH")]
    retry: Option<Retry>,
    /// Stop at the first run that fails; without this the others go on.
    #[arg(long)]
    fail_fast: bool,
    /// Do only part I of N of the runs, on one of N machines that share nothing; `exp store merge`
    /// brings their stores together.
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    /// Print the plan and what each run costs, and train nothing.
    #[arg(long)]
    dry_run: bool,
}

impl Arguments {
    /// The runs that this machine may do.
    fn part<'a>(&self, prepared: &'a Prepared) -> Vec<&'a PreparedRun> {
        (prepared.runs.iter().enumerate())
            .filter(|(place, _)| self.shard.is_none_or(|shard| shard.takes(*place)))
            .map(|(_, run)| run)
            .collect()
    }
}

/// Which runs begin anew.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Retry {
    /// Those that failed.
    Failed,
    /// Those that were interrupted; their checkpoints are not used.
    Interrupted,
    /// Both.
    All,
}

impl Retry {
    fn statuses(self) -> &'static [Status] {
        match self {
            Self::Failed => &[Status::Failed],
            Self::Interrupted => &[Status::Interrupted],
            Self::All => &[Status::Failed, Status::Interrupted],
        }
    }
}

pub fn run(arguments: &Arguments, registry: &Registry) -> anyhow::Result<Outcome> {
    let devices = arguments.device.open()?;
    let prepared = Prepared::read(arguments, registry, &devices[0])?;
    let path = arguments
        .store
        .clone()
        .unwrap_or_else(|| prepared.project.store());
    if arguments.dry_run {
        dry::print(
            &prepared,
            &arguments.part(&prepared),
            arguments.retry,
            &path,
        )?;
        return Ok(Outcome::Done);
    }
    let store = Store::open(&path)?;
    let noticed = store.notice_interrupted()?;
    let experiment = &prepared.experiment;
    store.record_experiment(&ExperimentRecord {
        name: experiment.name.clone(),
        question: experiment.question.clone(),
        yaml: prepared.yaml.clone(),
        compare: experiment.compare.clone(),
        benchmarks: prepared.benchmarks(),
    })?;
    let change = store.plan_runs(&experiment.name, &prepared.records())?;
    change::print(&prepared, &change, &noticed);
    let part = arguments.part(&prepared);
    let ids: Vec<String> = part.iter().map(|run| run.id.clone()).collect();
    if let Some(retry) = arguments.retry {
        store.requeue(&ids, retry.statuses())?;
    }
    let stop = Stop::on_signals()?;
    let job = execute::Job {
        prepared: &prepared,
        runs: part,
        devices: &devices,
        store: &store,
        stop: &stop,
        fail_fast: arguments.fail_fast,
    };
    Ok(carry_out(&job, registry).unwrap_or_else(Outcome::BrokenOff))
}

/// Does the open runs and reports on all.
fn carry_out(job: &execute::Job<'_>, registry: &Registry) -> anyhow::Result<Outcome> {
    let name = &job.prepared.experiment.name;
    let ended = job.all()?;
    if ended.stopped {
        eprintln!("Stopped. The same command goes on from here.");
        return Ok(Outcome::Stopped);
    }
    let project = &job.prepared.project;
    let options = Options::default();
    let report = report::load(job.store, name, &options, project, registry)?;
    report::page(report, &project.report(name))?;
    if ended.lost > 0 {
        eprintln!(
            "A GPU computes nothing any more (see `nvidia-smi`, and the kernel's log for its Xid \
             errors). The same command goes on from here."
        );
    }
    Ok(match ended.failed + ended.lost {
        0 => Outcome::Done,
        _ => Outcome::SomeFailed,
    })
}

/// The project that an experiment's file lies in, or else the one that the user is in.
pub fn project_of(file: &std::path::Path) -> anyhow::Result<Project> {
    Project::find(file).or_else(|error| Project::find(&std::env::current_dir()?).map_err(|_| error))
}
