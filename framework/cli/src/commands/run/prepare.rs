//! Everything that is read and checked before the first run starts.

use std::path::Path;
use std::sync::Arc;

use exp_core::clip::Clip;
use exp_core::experiment::{Experiment, PlannedRun, plan};
use exp_core::official::{Official, Overlap};
use exp_core::tree::{Diagnostic, Node, Source, nearest};
use exp_model::backbone::Backbone;
use exp_model::device::ChosenDevice;
use exp_model::prompt::ClassText;
use exp_store::{NewRun, PromptRecord};
use exp_train::{Registry, TemporalPlugin};

use super::inputs::Inputs;
use super::{Arguments, project_of};
use crate::project::Project;

/// An experiment, planned and checked.
pub struct Prepared {
    pub project: Project,
    pub experiment: Experiment,
    /// The experiment's file as it stands.
    pub yaml: String,
    pub runs: Vec<PreparedRun>,
}

/// A run with its inputs.
pub struct PreparedRun {
    pub id: String,
    pub planned: PlannedRun<dyn TemporalPlugin>,
    pub fold: Arc<Fold>,
    pub backbone: Arc<Backbone>,
    pub texts: Vec<ClassText>,
}

/// The clips of one fold.
pub struct Fold {
    pub classes: Vec<String>,
    pub train: Arc<[Clip]>,
    pub test: Arc<[Clip]>,
    pub manifest: String,
}

impl PreparedRun {
    /// What tells this run from the others, for people: `context = none, seed 1`.
    pub fn label(&self) -> String {
        let mut parts: Vec<String> = self
            .planned
            .levels
            .iter()
            .map(|level| format!("{} = {}", level.factor, level.label))
            .collect();
        if self.planned.settings.folds.len() > 1 {
            parts.push(format!("fold {}", self.planned.fold));
        }
        parts.push(format!("seed {}", self.planned.seed));
        format!("{}: {}", self.planned.benchmark, parts.join(", "))
    }

    /// Training steps in the whole run.
    pub fn steps(&self) -> usize {
        let train = &self.planned.settings.train;
        train.epochs.get() * (self.fold.train.len() / train.batch.get())
    }

    /// The prompts as the store keeps them.
    pub fn prompts(&self) -> Vec<PromptRecord> {
        self.texts
            .iter()
            .map(|text| PromptRecord {
                class: text.class.clone(),
                text: text.text.clone(),
                token_ids: text.tokens.clone(),
            })
            .collect()
    }
}

impl Prepared {
    /// Reads the experiment, plans it, opens its clips and checks its prompts. Any mistake ends
    /// it before a run has started.
    pub fn read(
        arguments: &Arguments,
        registry: &Registry,
        device: &ChosenDevice,
    ) -> anyhow::Result<Self> {
        let (yaml, node) = read_yaml(&arguments.file)?;
        let project = project_of(&arguments.file)?;
        let mut experiment = Experiment::from_node(&node)?;
        if !arguments.on.is_empty() {
            if let Some(twice) = (1..arguments.on.len())
                .map(|index| (&arguments.on[..index], &arguments.on[index]))
                .find_map(|(before, name)| before.contains(name).then_some(name))
            {
                anyhow::bail!("`--on` names `{twice}` twice: name it once");
            }
            let mark = node.mark.clone();
            experiment.benchmarks = arguments
                .on
                .iter()
                .map(|name| (name.clone(), mark.clone()))
                .collect();
        }
        let sets = arguments
            .set
            .iter()
            .map(|set| Node::parse_set(set))
            .collect::<Result<Vec<_>, _>>()?;
        let mut planned = Vec::new();
        for (benchmark, mark) in &experiment.benchmarks {
            if !project.benchmarks().contains(benchmark) {
                let unknown = unknown_benchmark(benchmark, &project.benchmarks());
                return Err(match arguments.on.is_empty() {
                    true => unknown.at(mark).into(),
                    false => unknown.into(),
                });
            }
            let (_, protocol) = read_yaml(&project.protocol(benchmark))?;
            planned.extend(plan(&experiment, benchmark, &protocol, &sets, registry)?);
        }
        say_what_is_shared(&planned);
        all_are_used(&sets, &planned)?;
        let mut inputs = Inputs::new(&project);
        // Everything that needs no clip first: opening or drawing them can take minutes.
        let texts = planned
            .iter()
            .map(|run| inputs.texts(run))
            .collect::<Result<Vec<_>, _>>()?;
        let runs = planned
            .into_iter()
            .zip(texts)
            .map(|(run, texts)| inputs.prepare(run, texts, device))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            project,
            experiment,
            yaml,
            runs,
        })
    }

    /// The ids of all runs, in order.
    pub fn ids(&self) -> Vec<String> {
        self.runs.iter().map(|run| run.id.clone()).collect()
    }

    /// The benchmarks it is measured on.
    pub fn benchmarks(&self) -> Vec<String> {
        self.experiment
            .benchmarks
            .iter()
            .map(|(name, _)| name.clone())
            .collect()
    }

    /// The runs as the store plans them.
    pub fn records(&self) -> Vec<NewRun> {
        self.runs
            .iter()
            .map(|run| NewRun {
                id: run.id.clone(),
                benchmark: run.planned.benchmark.clone(),
                synthetic: run.planned.settings.benchmark.plugin.is_synthetic(),
                fold: run.planned.fold,
                seed: run.planned.seed,
                settings: run.planned.settings.to_json(),
                classes: run.fold.classes.clone(),
                levels: run.planned.levels.clone(),
            })
            .collect()
    }
}

/// A `--set` for a benchmark that is not among those measured on would be passed over unseen.
fn all_are_used(
    sets: &[Node],
    planned: &[PlannedRun<dyn TemporalPlugin>],
) -> Result<(), Diagnostic> {
    for benchmark in sets.iter().filter_map(|set| set.get("benchmark")) {
        let Some((name, mark, _)) = benchmark.tag() else {
            continue;
        };
        if planned
            .iter()
            .all(|run| run.settings.benchmark.name != name)
        {
            return Err(Diagnostic::new(format!(
                "this is a setting of `{name}`, which none of the benchmarks is"
            ))
            .at(mark));
        }
    }
    Ok(())
}

/// Tells of clips that two of the benchmarks share.
fn say_what_is_shared(planned: &[PlannedRun<dyn TemporalPlugin>]) {
    let mut officials: Vec<&Official> = Vec::new();
    for run in planned {
        let official = run.settings.benchmark.plugin.official();
        officials.extend(official.filter(|official| !officials.contains(official)));
    }
    for one in &officials {
        let both = |shared: Overlap| officials.iter().any(|other| other.name == shared.of);
        if let Some(note) = one.overlap_note().filter(|_| one.holds.is_some_and(both)) {
            eprintln!("note: {note}");
        }
    }
}

pub fn read_yaml(path: &Path) -> anyhow::Result<(String, Node)> {
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
    let here = std::env::current_dir()?;
    let shown = path.strip_prefix(&here).unwrap_or(path);
    let source = Source::new(shown.display().to_string(), text.clone());
    Ok((text, Node::parse(source)?))
}

fn unreadable(path: &Path, error: &std::io::Error) -> Diagnostic {
    let folder = path.parent().unwrap_or(Path::new(""));
    let beside: Vec<String> = std::fs::read_dir(Path::new(".").join(folder))
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let near = nearest(&name, beside.iter().map(String::as_str)).filter(|near| *near != name);
    Diagnostic {
        help: near.map(|near| format!("did you mean `{}`?", folder.join(near).display())),
        ..Diagnostic::new(format!("cannot read {}: {error}", path.display()))
    }
}

pub fn unknown_benchmark(name: &str, known: &[String]) -> Diagnostic {
    let error = Diagnostic::new(format!(
        "there is no benchmark `{name}`: experiments/benchmarks/{name}.yaml does not exist"
    ));
    match nearest(name, known.iter().map(String::as_str)) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error.help(format!("there are: {}", known.join(", "))),
    }
}
