//! Everything that is read and checked before the first run starts.

use std::sync::Arc;

use exp_core::checkpoint::RunCard;
use exp_core::clip::Clip;
use exp_core::experiment::{
    ClipSettings, Experiment, Identity, ImageEncoder, Level, PlannedRun, Precision, plan, run_id,
};
use exp_core::official::{Official, Overlap};
use exp_core::provenance::PromptFile;
use exp_core::tree::{Diagnostic, Node};
use exp_data::HeldOutClips;
use exp_model::backbone::Backbone;
use exp_model::device::ChosenDevice;
use exp_model::prompt::ClassText;
use exp_store::{NewRun, PromptRecord};
use exp_train::{Registry, TemporalPlugin};

use super::{Arguments, held_out, project_of};
use crate::inputs::{Fold, Inputs, sets};
use crate::project::{Project, read_yaml};

pub type Planned = PlannedRun<dyn TemporalPlugin>;

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
    pub planned: Planned,
    pub fold: Arc<Fold>,
    /// Which of the fold's training clips are kept out of training, if any.
    pub held_out: Option<HeldOutClips>,
    pub backbone: Arc<Backbone>,
    pub texts: Vec<ClassText>,
    pub prompt_files: Vec<PromptFile>,
    /// Kind of device and precision.
    pub computed_in: &'static str,
}

/// How many of some clips the rule for short clips leaves.
pub fn used(settings: &ClipSettings, clips: &[Clip]) -> usize {
    let kept = |clip: &&Clip| {
        settings
            .short
            .keeps(clip.frames.len(), settings.frames.get())
    };
    clips.iter().filter(kept).count()
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
        if self.planned.settings.image_encoder != ImageEncoder::Trained {
            parts.push("frozen image encoder".to_owned());
        }
        let precision = self.planned.settings.train.precision;
        let varies = |level: &Level| level.factor == "train.precision";
        if precision != Precision::F32 && !self.planned.levels.iter().any(varies) {
            parts.push(precision.name().to_owned());
        }
        format!("{}: {}", self.planned.benchmark, parts.join(", "))
    }

    /// Training steps in the whole run.
    pub fn steps(&self) -> usize {
        let train = &self.planned.settings.train;
        let clips = used(&self.planned.settings.clip, &self.fold.train) - self.held_out_count();
        train.epochs.get() * (clips / train.batch.get())
    }

    /// Clips that are predicted after each epoch.
    pub fn tested(&self) -> usize {
        used(&self.planned.settings.clip, &self.fold.test) + self.held_out_count()
    }

    fn held_out_count(&self) -> usize {
        self.held_out
            .as_ref()
            .map_or(0, |chosen| chosen.counts.clips)
    }

    /// The clips that it trains on.
    pub fn trained_clips(&self) -> Arc<[Clip]> {
        match &self.held_out {
            None => self.fold.train.clone(),
            Some(chosen) => chosen.trained(&self.fold.train).into(),
        }
    }

    /// The training clips that are kept out, if any.
    pub fn held_out_clips(&self) -> Option<Arc<[Clip]>> {
        let chosen = self.held_out.as_ref()?;
        Some(chosen.held_out(&self.fold.train).into())
    }

    /// What its checkpoints say of it.
    pub fn card(&self) -> RunCard {
        RunCard {
            run: self.id.clone(),
            benchmark: self.planned.benchmark.clone(),
            fold: self.planned.fold,
            seed: self.planned.seed,
            settings: self.planned.settings.to_json(),
            classes: self.fold.classes.clone(),
            texts: self
                .fold
                .classes
                .iter()
                .map(|class| {
                    let texts = self.texts.iter().filter(|text| text.class == *class);
                    texts.map(|text| text.text.clone()).collect()
                })
                .collect(),
            backbone_sha256: self.backbone.weights().sha256().to_owned(),
        }
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
        let sets = sets(&arguments.set)?;
        let mut planned = Vec::new();
        for (benchmark, mark) in &experiment.benchmarks {
            let protocol = project.read_protocol(benchmark).map_err(|error| {
                match error.downcast::<Diagnostic>() {
                    Ok(error) if arguments.on.is_empty() => error.or_at(mark).into(),
                    Ok(error) => error.into(),
                    Err(error) => error,
                }
            })?;
            planned.extend(plan(&experiment, benchmark, &protocol, &sets, registry)?);
        }
        held_out::rule_is_there(&node, &experiment, &planned)?;
        say_what_is_shared(&planned);
        all_are_used(&sets, &planned)?;
        let mut inputs = Inputs::new(&project);
        // Everything that needs no clip first: opening or drawing them can take minutes.
        let texts = planned
            .iter()
            .map(|run| inputs.texts(&run.settings))
            .collect::<Result<Vec<_>, _>>()?;
        let runs = planned
            .into_iter()
            .zip(texts)
            .map(|(run, texts)| prepare(run, texts, &mut inputs, device))
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
fn say_what_is_shared(planned: &[Planned]) {
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

/// Fewer training clips than one batch takes: `dropped` more are too short, and `held_out` more are
/// kept out.
fn too_few(planned: &Planned, clips: usize, dropped: usize, held_out: usize) -> Diagnostic {
    let settings = &planned.settings;
    let mut message = format!(
        "benchmark `{}` has {clips} training clips, fewer than one batch of {}",
        planned.benchmark,
        settings.train.batch.get()
    );
    let mut ways = Vec::new();
    if dropped > 0 {
        message += &format!(
            "; {dropped} more have fewer than {} frames, and `clip.short: drop` leaves them out",
            settings.clip.frames.get()
        );
        ways.push("set `clip.short` to another rule, such as `repeat_last`".to_owned());
    }
    if held_out > 0 {
        message += &format!(
            "; {held_out} more are kept out by `train.held_out: {}`",
            settings.train.held_out.get()
        );
        ways.push("set `train.held_out` to less".to_owned());
    }
    if clips > 0 {
        ways.push(format!("set `train.batch` to at most {clips}"));
    }
    if ways.is_empty() {
        ways.push("see what is wrong with them: `exp data check`".to_owned());
    }
    let place = match dropped {
        0 => "train.batch",
        _ => "clip.short",
    };
    Diagnostic::new(message)
        .at(settings.mark(place))
        .help(ways.join(", or "))
}

/// A run whose texts are known: opens its clips.
pub fn prepare(
    planned: Planned,
    texts: Vec<ClassText>,
    inputs: &mut Inputs<'_>,
    device: &ChosenDevice,
) -> Result<PreparedRun, Diagnostic> {
    let settings = &planned.settings;
    let precision = settings.train.precision;
    let computed_in = device.computes_in(precision).map_err(|error| {
        Diagnostic::new(format!("`train.precision: {}`: {error}", precision.name()))
            .at(settings.mark("train.precision"))
    })?;
    let fold = inputs.fold(&planned.benchmark, settings, planned.fold)?;
    let clips = used(&settings.clip, &fold.train);
    let held_out = held_out::choose(&planned, &fold, clips)?;
    let dropped = fold.train.len() - clips;
    let kept_out = held_out.as_ref().map_or(0, |chosen| chosen.counts.clips);
    if clips - kept_out < settings.train.batch.get() {
        return Err(too_few(&planned, clips - kept_out, dropped, kept_out));
    }
    let backbone = inputs.backbone(settings)?;
    let plain: Vec<String> = texts.iter().map(|text| text.text.clone()).collect();
    let id = run_id(&Identity {
        benchmark: &planned.benchmark,
        settings: &settings.to_json(),
        manifest: &fold.manifest,
        weights: backbone.weights().sha256(),
        texts: &plain,
        seed: planned.seed,
        fold: planned.fold,
        device: computed_in,
    });
    Ok(PreparedRun {
        prompt_files: inputs.prompt_files(settings)?,
        id,
        planned,
        fold,
        held_out,
        backbone,
        texts,
        computed_in,
    })
}
