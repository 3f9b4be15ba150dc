//! What a run needs beside its settings: the backbone, the class texts and the clips.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock};

use exp_core::experiment::{Identity, PlannedRun, run_id};
use exp_core::plugin::{Place, PluginError};
use exp_core::tree::{Diagnostic, Mark, nearest};
use exp_data::manifest_hash;
use exp_model::backbone::{Backbone, SMALL};
use exp_model::device::ChosenDevice;
use exp_model::prompt::{ClassText, check};
use exp_prompts::Tokenizer;
use exp_train::TemporalPlugin;

use super::prepare::{Fold, PreparedRun};
use crate::progress::steps_bar;
use crate::project::Project;

/// Folds and backbones that are opened once, however many runs use them.
pub struct Inputs<'a> {
    project: &'a Project,
    tokenizer: Tokenizer,
    folds: HashMap<String, Arc<Fold>>,
    backbones: HashMap<String, Arc<Backbone>>,
}

type Planned = PlannedRun<dyn TemporalPlugin>;

impl<'a> Inputs<'a> {
    pub fn new(project: &'a Project) -> Self {
        Self {
            project,
            tokenizer: Tokenizer::new(),
            folds: HashMap::new(),
            backbones: HashMap::new(),
        }
    }

    /// The class texts of a run, checked with its backbone; no clip is needed for that.
    pub fn texts(&mut self, planned: &Planned) -> Result<Vec<ClassText>, Diagnostic> {
        let settings = &planned.settings;
        let backbone = self.backbone(planned)?;
        let (size, takes) = (settings.clip.size.get(), backbone.sizes().image);
        if size != takes {
            return Err(Diagnostic::new(format!(
                "`clip.size` is {size}, but the backbone `{}` takes frames of {takes} pixels",
                settings.backbone
            ))
            .at(settings.mark("clip.size"))
            .help(format!("set `clip.size` to {takes}")));
        }
        let prompt = settings.mark(&format!("prompt.{}", settings.prompt.name));
        let classes = settings.benchmark.plugin.classes();
        let benchmark = settings.mark(&format!("benchmark.{}", settings.benchmark.name));
        if let Some(twice) = twice(classes.iter()) {
            return Err(Diagnostic::new(format!("there are two classes `{twice}`")).at(benchmark));
        }
        if classes.is_empty() {
            return Err(Diagnostic::new("the benchmark has no classes").at(benchmark));
        }
        let texts = settings
            .prompt
            .plugin
            .texts(&classes, &self.project.prompts())
            .map_err(|error| complaint(error, prompt))?;
        if texts.len() != classes.len() {
            return Err(Diagnostic::new(format!(
                "`{}` gave {} texts for {} classes: that is a mistake in the plugin",
                settings.prompt.name,
                texts.len(),
                classes.len()
            ))
            .at(prompt));
        }
        let texts = classes
            .into_iter()
            .zip(texts)
            .map(|(class, text)| match self.tokenizer.tokenize(&text) {
                Ok(tokens) => Ok(ClassText {
                    class,
                    text,
                    tokens,
                }),
                Err(error) => {
                    Err(Diagnostic::new(format!("the prompt of class {class}: {error}")).at(prompt))
                }
            })
            .collect::<Result<Vec<_>, _>>()?;
        let decode = |id| self.tokenizer.decode(id);
        check(&texts, settings.context.plugin.layout(), &backbone, &decode)
            .map_err(|error| Diagnostic::new(error.to_string()).at(prompt))?;
        Ok(texts)
    }

    /// A run whose texts are known: opens its clips.
    pub fn prepare(
        &mut self,
        planned: Planned,
        texts: Vec<ClassText>,
        device: &ChosenDevice,
    ) -> Result<PreparedRun, Diagnostic> {
        let fold = self.fold(&planned)?;
        let (clips, batch) = (fold.train.len(), planned.settings.train.batch.get());
        if clips < batch {
            return Err(Diagnostic::new(format!(
                "benchmark `{}` has {clips} training clips, fewer than one batch of {batch}",
                planned.benchmark
            ))
            .at(planned.settings.mark("train.batch"))
            .help(format!("set `train.batch` to at most {clips}")));
        }
        let backbone = self.backbone(&planned)?;
        let plain: Vec<String> = texts.iter().map(|text| text.text.clone()).collect();
        let id = run_id(&Identity {
            benchmark: &planned.benchmark,
            settings: &planned.settings.to_json(),
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

    fn fold(&mut self, run: &Planned) -> Result<Arc<Fold>, Diagnostic> {
        let benchmark = &run.settings.benchmark;
        let key = format!("{} {}", benchmark.to_json(), run.fold);
        if let Some(fold) = self.folds.get(&key) {
            return Ok(fold.clone());
        }
        let data = self.project.runs().join("data");
        let bar = OnceLock::new();
        let progress = |done: usize, total: usize| {
            let bar = bar.get_or_init(|| steps_bar(total, "preparing clips"));
            bar.reach(done as u64);
        };
        let place = Place {
            project: self.project.root(),
            data: &data,
            progress: &progress,
        };
        let mark = run.settings.mark(&format!("benchmark.{}", benchmark.name));
        let split = benchmark
            .plugin
            .open(run.fold, &place)
            .map_err(|error| complaint(error, mark))?;
        if let Some(bar) = bar.get() {
            bar.finish();
        }
        if split.classes != benchmark.plugin.classes() {
            return Err(Diagnostic::new(format!(
                "`{}` opened clips of other classes than it names: that is a mistake in the plugin",
                benchmark.name
            ))
            .at(mark));
        }
        if let Some(message) = split.unusable_note() {
            return Err(Diagnostic::new(message)
                .at(mark)
                .help(format!("`exp data check {}` lists them all", run.benchmark)));
        }
        if let Some(twice) = twice(split.test.iter().map(|clip| &clip.name)) {
            let message = format!("the test clips of `{}` have `{twice}` twice", run.benchmark);
            return Err(Diagnostic::new(message).at(mark));
        }
        if split.test.is_empty() {
            let message = format!("benchmark `{}` has no test clip", run.benchmark);
            return Err(Diagnostic::new(message).at(mark));
        }
        let official = benchmark.plugin.official();
        let notes = [
            official.and_then(|official| official.count_note(run.fold, &split)),
            split.recount_note(),
        ];
        for note in notes.into_iter().flatten() {
            eprintln!("note: {}, fold {}: {note}", run.benchmark, run.fold);
        }
        let fold = Arc::new(Fold {
            manifest: manifest_hash(&split)
                .map_err(|error| Diagnostic::new(error.to_string()).at(mark))?,
            classes: split.classes,
            train: split.train.into(),
            test: split.test.into(),
        });
        self.folds.insert(key, fold.clone());
        Ok(fold)
    }

    fn backbone(&mut self, run: &Planned) -> Result<Arc<Backbone>, Diagnostic> {
        let name = &run.settings.backbone;
        if let Some(backbone) = self.backbones.get(name) {
            return Ok(backbone.clone());
        }
        let backbone = Backbone::open(name, self.project.root()).map_err(|error| Diagnostic {
            help: nearest(name, [SMALL]).map(|near| format!("did you mean `{near}`?")),
            ..Diagnostic::new(error.to_string()).at(run.settings.mark("backbone"))
        })?;
        let backbone = Arc::new(backbone);
        self.backbones.insert(name.clone(), backbone.clone());
        Ok(backbone)
    }
}

/// The first name that stands twice.
fn twice<'a>(names: impl Iterator<Item = &'a String>) -> Option<&'a String> {
    let mut seen = HashSet::new();
    names.into_iter().find(|name| !seen.insert(*name))
}

/// What a plugin found wrong, at the place that chose it where it knows none of its own.
pub fn complaint(error: PluginError, mark: &Mark) -> Diagnostic {
    match error.downcast::<Diagnostic>() {
        Ok(diagnostic) => diagnostic.or_at(mark),
        Err(error) => Diagnostic::new(error.to_string()).at(mark),
    }
}
