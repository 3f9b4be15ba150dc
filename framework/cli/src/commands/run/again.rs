//! A run that a store has, done once more.

use std::path::Path;

use anyhow::{Context, bail};
use exp_core::experiment::{Experiment, PlannedRun, Settings};
use exp_core::tree::{Node, Source};
use exp_model::device::{ChosenDevice, DeviceChoice};
use exp_store::{ExperimentRecord, RunRecord, Store, StoreError, compare_settings};
use exp_train::Registry;
use serde_json::json;

use super::execute;
use super::prepare::{Prepared, PreparedRun, prepare};
use super::stop::Stop;
use crate::inputs::Inputs;
use crate::project::Project;
use crate::shown;

/// Does a run once more, in the store at `path`, where an earlier time it was done gives way.
/// Gives the run as it came out.
///
/// Its settings are those that its own store has, whatever became of the experiment's file.
///
/// # Errors
/// Also when it would be another run now; the error says what changed.
pub fn again(
    run: &RunRecord,
    path: &Path,
    project: Project,
    registry: &Registry,
) -> anyhow::Result<RunRecord> {
    let provenance = run.provenance.as_ref().context("it was never begun")?;
    let choice = match provenance.device.starts_with("cuda") {
        true => DeviceChoice::Cuda(vec![0]),
        false => DeviceChoice::Cpu,
    };
    let devices = choice.open()?;
    let prepared = Prepared {
        runs: vec![ready(run, &project, registry, &devices[0])?],
        experiment: experiment(run)?,
        yaml: String::new(),
        project,
    };
    let store = Store::open(path)?;
    store.record_experiment(&ExperimentRecord {
        name: prepared.experiment.name.clone(),
        question: prepared.experiment.question.clone(),
        yaml: prepared.yaml.clone(),
        compare: None,
        benchmarks: prepared.benchmarks(),
    })?;
    match store.remove_runs(&prepared.ids()) {
        Ok(()) | Err(StoreError::UnknownRun { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    store.plan_runs(&prepared.experiment.name, &prepared.records())?;
    let ended = execute::Job {
        prepared: &prepared,
        runs: prepared.runs.iter().collect(),
        devices: &devices,
        store: &store,
        stop: &Stop::on_signals()?,
        fail_fast: true,
    }
    .all()?;
    if ended.stopped {
        bail!("stopped before its end; the same command begins again");
    }
    let again = store.run(&run.id)?;
    store.close()?;
    Ok(again)
}

/// An experiment of nothing but the run.
fn experiment(run: &RunRecord) -> anyhow::Result<Experiment> {
    let file = json!({
        "name": format!("repro_{}", shown::short(&run.id)),
        "question": format!("Does run {} give the same figures again?", run.id),
        "benchmarks": [run.benchmark],
        "seeds": [run.seed],
    });
    let source = Source::new("an experiment of one run".to_owned(), file.to_string());
    Ok(Experiment::from_node(&Node::parse(source)?)?)
}

/// The run with its inputs as they are now.
fn ready(
    run: &RunRecord,
    project: &Project,
    registry: &Registry,
    device: &ChosenDevice,
) -> anyhow::Result<PreparedRun> {
    let name = format!("the settings of run {}", run.id);
    let node = Node::parse(Source::new(name, run.settings.to_string()))?;
    registry.check_names(&node)?;
    let settings = Settings::decode(&node, registry).map_err(|error| error.or_at(&node.mark))?;
    let planned = PlannedRun {
        benchmark: run.benchmark.clone(),
        levels: run.levels.clone(),
        seed: run.seed,
        fold: run.fold,
        settings,
    };
    let mut inputs = Inputs::new(project);
    let texts = inputs.texts(&planned.settings)?;
    let now = prepare(planned, texts, &mut inputs, device)?;
    if now.id != run.id {
        bail!(
            "run {} cannot be made again: {}",
            run.id,
            changes(run, &now)?
        );
    }
    Ok(now)
}

/// Why a run is another one now.
fn changes(run: &RunRecord, now: &PreparedRun) -> anyhow::Result<String> {
    let then = run.provenance.as_ref().context("it was never begun")?;
    let mut changes = Vec::new();
    for change in compare_settings(&run.settings, &now.planned.settings.to_json()) {
        changes.push(format!("the setting `{}` differs", change.path));
    }
    if then.manifest != now.fold.manifest {
        changes.push("the clips differ (their paths, sizes or labels)".to_owned());
    }
    let weights = now.backbone.weights().sha256();
    if then.weights != weights {
        changes.push(format!(
            "the weights of `{}` differ (SHA-256 {} then, {weights} now)",
            then.backbone, then.weights
        ));
    }
    let mut classes: Vec<&str> = Vec::new();
    let (old, new) = (run.prompts.iter(), now.texts.iter());
    for (old, new) in old.zip(new) {
        if old.text != new.text && !classes.contains(&new.class.as_str()) {
            classes.push(&new.class);
        }
    }
    if run.prompts.len() != now.texts.len() {
        changes.push("there are more or fewer prompts".to_owned());
    }
    if !classes.is_empty() {
        changes.push(format!(
            "the prompts' texts differ (of {})",
            classes.join(", ")
        ));
    }
    if then.device != now.computed_in {
        changes.push(format!(
            "the device is {}, and it was {}",
            now.computed_in, then.device
        ));
    }
    Ok(match changes.is_empty() {
        false => changes.join("; "),
        true => format!(
            "this program trains in another way than exp {}, which made it{}",
            then.version,
            match &then.revision {
                Some(revision) => format!(": check out its revision {revision}"),
                None => String::new(),
            }
        ),
    })
}
