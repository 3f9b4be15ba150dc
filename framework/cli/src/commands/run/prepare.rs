//! Everything that is read and checked before the first run starts.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, anyhow};
use exp_core::clip::{Clip, Split};
use exp_core::experiment::{Experiment, Identity, PlannedRun, plan, run_id};
use exp_core::plugin::Place;
use exp_core::tree::{Diagnostic, Node, Source, nearest};
use exp_data::manifest_hash;
use exp_model::backbone::Backbone;
use exp_model::device::ChosenDevice;
use exp_model::prompt::{ClassText, check};
use exp_prompts::Tokenizer;
use exp_store::{NewRun, PromptRecord};
use exp_train::{Registry, TemporalPlugin};

use super::{Arguments, project_of};
use crate::progress::steps_bar;
use crate::project::Project;

/// An experiment, planned and checked.
pub struct Prepared {
    pub project: Project,
    pub experiment: Experiment,
    /// The experiment's file as it stands.
    pub yaml: String,
    pub runs: Vec<PreparedRun>,
    pub tokenizer: Tokenizer,
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
            let path = project.protocol(benchmark);
            if !path.is_file() {
                let unknown = unknown_benchmark(benchmark, &project.benchmarks());
                return Err(match arguments.on.is_empty() {
                    true => unknown.at(mark).into(),
                    false => unknown.into(),
                });
            }
            let (_, protocol) = read_yaml(&path)?;
            planned.extend(plan(&experiment, benchmark, &protocol, &sets, registry)?);
        }
        let mut inputs = Inputs::new(&project);
        let runs = planned
            .into_iter()
            .map(|run| inputs.prepare(run, device))
            .collect::<anyhow::Result<Vec<_>>>()?;
        let tokenizer = inputs.tokenizer;
        Ok(Self {
            project,
            experiment,
            yaml,
            runs,
            tokenizer,
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

fn read_yaml(path: &Path) -> anyhow::Result<(String, Node)> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let source = Source::new(path.display().to_string(), text.clone());
    Ok((text, Node::parse(source)?))
}

fn unknown_benchmark(name: &str, known: &[String]) -> Diagnostic {
    let error = Diagnostic::new(format!(
        "there is no benchmark `{name}`: experiments/benchmarks/{name}.yaml does not exist"
    ));
    match nearest(name, known.iter().map(String::as_str)) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error.help(format!("there are: {}", known.join(", "))),
    }
}

/// Folds and backbones that are opened once, however many runs use them.
struct Inputs<'a> {
    project: &'a Project,
    tokenizer: Tokenizer,
    folds: HashMap<String, Arc<Fold>>,
    backbones: HashMap<String, Arc<Backbone>>,
}

impl<'a> Inputs<'a> {
    fn new(project: &'a Project) -> Self {
        Self {
            project,
            tokenizer: Tokenizer::new(),
            folds: HashMap::new(),
            backbones: HashMap::new(),
        }
    }

    fn prepare(
        &mut self,
        planned: PlannedRun<dyn TemporalPlugin>,
        device: &ChosenDevice,
    ) -> anyhow::Result<PreparedRun> {
        let fold = self.fold(&planned)?;
        let settings = &planned.settings;
        let backbone = self.backbone(&settings.backbone)?;
        let size = settings.clip.size.get();
        anyhow::ensure!(
            size == backbone.sizes().image,
            "`clip.size` is {size}, but the backbone `{}` takes images of {} pixels: set it to that",
            settings.backbone,
            backbone.sizes().image
        );
        let texts = settings
            .prompt
            .plugin
            .texts(&fold.classes, &self.project.prompts())
            .map_err(|error| anyhow!(error))
            .with_context(|| format!("prompt `{}`", settings.prompt.name))?;
        let texts = self.tokenize(&fold.classes, texts)?;
        let decode = |id| self.tokenizer.decode(id);
        check(
            &texts,
            settings.context.plugin.layout(),
            backbone.weights().rows(),
            &decode,
        )?;
        let plain: Vec<String> = texts.iter().map(|text| text.text.clone()).collect();
        let id = run_id(&Identity {
            settings: &settings.to_json(),
            manifest: &fold.manifest,
            weights: backbone.weights().sha256(),
            texts: &plain,
            seed: planned.seed,
            fold: planned.fold,
            device: device.kind,
        });
        Ok(PreparedRun {
            id,
            planned,
            fold,
            backbone,
            texts,
        })
    }

    fn tokenize(&self, classes: &[String], texts: Vec<String>) -> anyhow::Result<Vec<ClassText>> {
        classes
            .iter()
            .zip(texts)
            .map(|(class, text)| {
                let tokens = self
                    .tokenizer
                    .tokenize(&text)
                    .with_context(|| format!("the prompt of class {class}"))?;
                Ok(ClassText {
                    class: class.clone(),
                    text,
                    tokens,
                })
            })
            .collect()
    }

    fn fold(&mut self, run: &PlannedRun<dyn TemporalPlugin>) -> anyhow::Result<Arc<Fold>> {
        let benchmark = &run.settings.benchmark;
        let key = format!("{} {}", benchmark.to_json(), run.fold);
        if let Some(fold) = self.folds.get(&key) {
            return Ok(fold.clone());
        }
        let data = self.project.runs().join("data");
        let bar = std::sync::OnceLock::new();
        let progress = |done: usize, total: usize| {
            let bar = bar.get_or_init(|| steps_bar(total, "drawing clips"));
            bar.reach(done as u64, String::new);
        };
        let place = Place {
            project: self.project.root(),
            data: &data,
            progress: &progress,
        };
        let split = benchmark
            .plugin
            .open(run.fold, &place)
            .map_err(|error| anyhow!(error))
            .with_context(|| format!("benchmark `{}`, fold {}", run.benchmark, run.fold))?;
        if let Some(bar) = bar.get() {
            bar.finish();
        }
        let fold = Arc::new(checked(split, run)?);
        self.folds.insert(key, fold.clone());
        Ok(fold)
    }

    fn backbone(&mut self, name: &str) -> anyhow::Result<Arc<Backbone>> {
        if let Some(backbone) = self.backbones.get(name) {
            return Ok(backbone.clone());
        }
        let backbone = Arc::new(Backbone::open(name, self.project.root())?);
        self.backbones.insert(name.to_owned(), backbone.clone());
        Ok(backbone)
    }
}

fn checked(split: Split, run: &PlannedRun<dyn TemporalPlugin>) -> anyhow::Result<Fold> {
    let (train, test) = (split.train.len(), split.test.len());
    let batch = run.settings.train.batch.get();
    anyhow::ensure!(test > 0, "benchmark `{}` has no test clip", run.benchmark);
    anyhow::ensure!(
        train >= batch,
        "benchmark `{}` has {train} training clips, fewer than one batch of {batch}: lower `train.batch`",
        run.benchmark
    );
    Ok(Fold {
        manifest: manifest_hash(&split)?,
        classes: split.classes,
        train: split.train.into(),
        test: split.test.into(),
    })
}
