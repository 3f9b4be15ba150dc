//! What a run needs beside its settings: the backbone, the class texts and the clips.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use exp_core::clip::Clip;
use exp_core::experiment::Settings;
use exp_core::plugin::{ContextLayout, Place, PluginError};
use exp_core::provenance::PromptFile;
use exp_core::tree::{Diagnostic, Mark, Node, nearest};
use exp_data::loader::LoaderSettings;
use exp_data::manifest_hash;
use exp_model::backbone::{Backbone, SMALL};
use exp_model::prompt::{ClassText, check};
use exp_prompts::Tokenizer;
use exp_prompts::provenance::sha256;
use exp_train::TemporalPlugin;
use exp_weights::fetch::PUBLISHED;

use crate::progress::steps_bar;
use crate::project::Project;

/// Folds and backbones that are opened once, however many runs use them.
pub struct Inputs<'a> {
    project: &'a Project,
    tokenizer: Tokenizer,
    folds: HashMap<String, Arc<Fold>>,
    backbones: HashMap<String, Arc<Backbone>>,
}

/// The settings of a run or an evaluation.
pub type RunSettings = Settings<dyn TemporalPlugin>;

/// The clips of one fold.
pub struct Fold {
    pub classes: Vec<String>,
    pub train: Arc<[Clip]>,
    pub test: Arc<[Clip]>,
    pub manifest: String,
}

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
    pub fn texts(&mut self, settings: &RunSettings) -> Result<Vec<ClassText>, Diagnostic> {
        let backbone = self.backbone(settings)?;
        check_size(settings, &backbone)?;
        self.texts_for(settings, &backbone)
    }

    /// The class texts of the settings' prompt, checked with this backbone.
    pub fn texts_for(
        &self,
        settings: &RunSettings,
        backbone: &Backbone,
    ) -> Result<Vec<ClassText>, Diagnostic> {
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
        if texts.len() != classes.len() || texts.iter().any(Vec::is_empty) {
            return Err(Diagnostic::new(format!(
                "`{}` gave texts for {} of {} classes: that is a mistake in the plugin",
                settings.prompt.name,
                texts.iter().filter(|texts| !texts.is_empty()).count(),
                classes.len()
            ))
            .at(prompt));
        }
        self.checked(settings, &classes, &texts, backbone)
    }

    /// Tokens of class texts, which the backbone can encode.
    pub fn checked(
        &self,
        settings: &RunSettings,
        classes: &[String],
        texts: &[Vec<String>],
        backbone: &Backbone,
    ) -> Result<Vec<ClassText>, Diagnostic> {
        let prompt = settings.mark(&format!("prompt.{}", settings.prompt.name));
        let layout = settings.context.plugin.layout();
        self.encodable(classes, texts, layout, backbone)
            .map_err(|error| error.at(prompt))
    }

    /// Tokens of class texts, which the backbone can encode beside a context of this layout. Where
    /// the texts come from, the caller knows.
    pub fn encodable(
        &self,
        classes: &[String],
        texts: &[Vec<String>],
        layout: Option<ContextLayout>,
        backbone: &Backbone,
    ) -> Result<Vec<ClassText>, Diagnostic> {
        let texts = classes
            .iter()
            .zip(texts)
            .flat_map(|(class, texts)| texts.iter().map(move |text| (class, text)))
            .map(|(class, text)| match self.tokenizer.tokenize(text) {
                Ok(tokens) => Ok(ClassText {
                    class: class.clone(),
                    text: text.clone(),
                    tokens,
                }),
                Err(error) => Err(Diagnostic::new(format!(
                    "the prompt of class {class}: {error}"
                ))),
            })
            .collect::<Result<Vec<_>, _>>()?;
        let decode = |id| self.tokenizer.decode(id);
        check(&texts, layout, backbone, &decode)
            .map_err(|error| Diagnostic::new(error.to_string()))?;
        Ok(texts)
    }

    /// The files that the class texts came from.
    pub fn prompt_files(&self, settings: &RunSettings) -> Result<Vec<PromptFile>, Diagnostic> {
        let files = settings.prompt.plugin.files(&self.project.prompts());
        let read = |path: PathBuf| match std::fs::read(&path) {
            Ok(bytes) => Ok(PromptFile {
                name: path.file_name().unwrap_or_default().display().to_string(),
                sha256: sha256(&bytes),
            }),
            Err(error) => {
                let message = format!("cannot read {}: {error}", path.display());
                Err(Diagnostic::new(message).at(settings.mark("prompt")))
            }
        };
        files.into_iter().map(read).collect()
    }

    /// Opens one fold of the benchmark that is called `name`.
    pub fn fold(
        &mut self,
        name: &str,
        settings: &RunSettings,
        fold: u32,
    ) -> Result<Arc<Fold>, Diagnostic> {
        let benchmark = &settings.benchmark;
        let key = format!("{} {fold}", benchmark.to_json());
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
        let mark = settings.mark(&format!("benchmark.{}", benchmark.name));
        let split = benchmark
            .plugin
            .open(fold, &place)
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
                .help(format!("`exp data check {name}` lists them all")));
        }
        if let Some(twice) = twice(split.test.iter().map(|clip| &clip.name)) {
            let message = format!("the test clips of `{}` have `{twice}` twice", name);
            return Err(Diagnostic::new(message).at(mark));
        }
        if split.test.is_empty() {
            let message = format!("benchmark `{}` has no test clip", name);
            return Err(Diagnostic::new(message).at(mark));
        }
        let official = benchmark.plugin.official();
        let notes = [
            official.and_then(|official| official.count_note(fold, &split)),
            split.recount_note(),
        ];
        for note in notes.into_iter().flatten() {
            eprintln!("note: {name}, fold {fold}: {note}");
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

    /// Opens the pretrained CLIP.
    pub fn backbone(&mut self, settings: &RunSettings) -> Result<Arc<Backbone>, Diagnostic> {
        let name = &settings.backbone;
        if let Some(backbone) = self.backbones.get(name) {
            return Ok(backbone.clone());
        }
        let backbone = open_backbone(name, self.project.root())
            .map_err(|error| error.at(settings.mark("backbone")))?;
        if let Some(note) = backbone.fit().unused_note() {
            eprintln!("note: backbone `{name}`: {note}");
        }
        let backbone = Arc::new(backbone);
        self.backbones.insert(name.clone(), backbone.clone());
        Ok(backbone)
    }
}

/// Opens a pretrained CLIP as settings name it; a relative path starts at `folder`. Says which of
/// the file's tensors are of no use.
pub fn open_backbone(name: &str, folder: &Path) -> Result<Backbone, Diagnostic> {
    let names = std::iter::once(SMALL).chain(PUBLISHED.iter().map(|weights| weights.name));
    let backbone = Backbone::open(name, folder).map_err(|error| Diagnostic {
        help: nearest(name, names)
            .filter(|near| *near != name)
            .map(|near| format!("did you mean `{near}`?")),
        ..Diagnostic::new(error.to_string())
    })?;
    if let Some(note) = backbone.fit().unused_note() {
        eprintln!("note: backbone `{name}`: {note}");
    }
    Ok(backbone)
}

/// The `--set` of a command line.
pub fn sets(arguments: &[String]) -> Result<Vec<Node>, Diagnostic> {
    arguments.iter().map(|set| Node::parse_set(set)).collect()
}

/// How a loader reads clips for these settings; unless they say otherwise, with a thread for each
/// of `cores`.
pub fn loader_settings(settings: &RunSettings, cores: usize) -> LoaderSettings {
    LoaderSettings {
        frames: settings.clip.frames.get(),
        size: settings.clip.size.get(),
        batch: settings.train.batch.get(),
        workers: settings
            .train
            .workers
            .map_or(cores, |workers| workers.get()),
        normalize: settings.clip.normalize,
        short: settings.clip.short,
        damaged: settings.clip.damaged,
    }
}

/// Frames have the size that the backbone takes.
pub fn check_size(settings: &RunSettings, backbone: &Backbone) -> Result<(), Diagnostic> {
    let (size, takes) = (settings.clip.size.get(), backbone.sizes().image);
    if size != takes {
        return Err(Diagnostic::new(format!(
            "`clip.size` is {size}, but the backbone `{}` takes frames of {takes} pixels",
            settings.backbone
        ))
        .at(settings.mark("clip.size"))
        .help(format!("set `clip.size` to {takes}")));
    }
    Ok(())
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
