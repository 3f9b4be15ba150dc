//! An experiment's runs summed up: the one tree that every renderer reads.
//!
//! UAR and WAR are computed from the stored predictions of each run. A run is one setting (a
//! combination of levels), one seed and one fold; the value of a seed is the mean over its folds,
//! and the figure of a setting is the mean over its seeds.

mod cost;
mod curves;
pub(crate) mod ensemble;
mod hardest;
mod origins;
mod remarks;
mod repeat;
mod settings;
mod shared;

use std::collections::BTreeSet;

use exp_core::experiment::{CUDA_F32, Compare, is_frozen};
use exp_core::metrics::Rule;
use exp_core::provenance::HeldOut;
use exp_store::{ExperimentData, RunRecord, Status};
use serde::Serialize;

pub use cost::Cost;
pub use curves::{Curve, SERIES};
pub use hardest::{HardClip, hardest};
pub use origins::{Origin, PromptGroup, PromptText};
pub use remarks::Remark;
pub use settings::{Cell, FoldSummary, Recall, RuleSummary, Setting, SettingSummary};
pub use shared::SharedSettings;

/// The rules that are reported, each in a table of its own, in this order.
pub const RULES: [Rule; 3] = [Rule::Last, Rule::HeldOut, Rule::BestTest];

/// The series that a summary reads; the store has more, which only files of curves show.
pub const READ: [&str; 9] = {
    let [train_loss, test_loss, uar, war] = SERIES;
    let [clips, waited, seconds, joules, memory] = cost::SERIES;
    [
        train_loss, test_loss, uar, war, clips, waited, seconds, joules, memory,
    ]
};

/// An experiment summed up.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    /// The experiment's name.
    pub name: String,
    /// What it asks.
    pub question: String,
    /// The text of its file.
    pub yaml: String,
    /// The comparison that the question is about.
    pub compare: Option<Compare>,
    /// The paths of the settings that vary, in the grid's order.
    pub factors: Vec<String>,
    /// Every combination of levels, in the plan's order; each has the same letter everywhere.
    pub settings: Vec<Setting>,
    /// Every seed, in the plan's order.
    pub seeds: Vec<u64>,
    /// How many runs there are of each status, in the order of [`Status::ALL`], zeros left out.
    pub statuses: Vec<(&'static str, usize)>,
    /// The benchmarks, in the experiment's order.
    pub benchmarks: Vec<BenchmarkSummary>,
    /// Runs that no figure counts, each with its reason.
    pub left_out: Vec<LeftOut>,
    /// What people noted on runs.
    pub remarks: Vec<Remark>,
    /// The settings that do not vary.
    pub shared: Vec<SharedSettings>,
    /// The prompts as used.
    pub prompts: Vec<PromptGroup>,
    /// Where the figures come from.
    pub origins: Vec<Origin>,
    /// What the runs cost.
    pub costs: Vec<Cost>,
}

/// What was measured on one benchmark.
#[derive(Debug, Clone, Serialize)]
pub struct BenchmarkSummary {
    /// Its name.
    pub name: String,
    /// Whether its clips are drawn.
    pub synthetic: bool,
    /// Letters of the settings whose image encoder is frozen.
    pub frozen: Vec<String>,
    /// What its runs kept out of training.
    #[serde(skip)]
    pub held_out: Vec<HeldOut>,
    /// Letters of the settings whose matrix products may have been computed in TF32.
    pub tf32: Vec<String>,
    /// Class names; settings with classes of their own add theirs at the end.
    pub classes: Vec<String>,
    /// Classes without a test clip in some fold, with these folds.
    pub absent: Vec<(String, Vec<u32>)>,
    /// The seeds.
    pub seeds: Vec<u64>,
    /// The folds.
    pub folds: Vec<u32>,
    /// Planned runs.
    pub runs: usize,
    /// Smallest and largest number of epochs of the runs that were done.
    pub epochs: Option<(usize, usize)>,
    /// Smallest and largest number of test clips of the runs that were done.
    pub clips: Option<(usize, usize)>,
    /// The settings, in the plan's order.
    pub settings: Vec<SettingSummary>,
}

impl BenchmarkSummary {
    /// The rules that have a table, `first` before the others: the epoch is selected by held-out
    /// clips only where a setting keeps some out.
    pub fn rules(&self, first: Rule) -> impl Iterator<Item = Rule> {
        let others = RULES.into_iter().filter(move |&rule| rule != first);
        std::iter::once(first)
            .chain(others)
            .filter(|&rule| self.settings.iter().any(|setting| setting.has(rule)))
    }

    /// Smallest and largest n of the figures under a rule, of the settings that have it.
    pub fn n(&self, rule: Rule) -> (usize, usize) {
        let settings = || self.settings.iter().filter(|setting| setting.has(rule));
        let counts = || settings().map(|setting| setting.rule(rule).uar.n);
        (counts().min().unwrap_or(0), counts().max().unwrap_or(0))
    }

    /// What UAR is expected to be for guesses that do not look at the clip, in percent: one over
    /// the number of classes that have a test clip. `None` where that differs between folds or no
    /// class has one.
    pub fn chance(&self) -> Option<f64> {
        let everywhere = self.absent.iter().all(|(_, folds)| *folds == self.folds);
        let present = self.classes.len().checked_sub(self.absent.len())?;
        (everywhere && present > 0).then(|| 100.0 / present as f64)
    }
}

/// A run that no figure counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// The content id.
    pub id: String,
    /// The benchmark.
    pub benchmark: String,
    /// The letter of its setting.
    pub letter: String,
    /// The seed.
    pub seed: u64,
    /// The fold.
    pub fold: u32,
    /// Its status.
    pub status: &'static str,
    /// Why it does not count.
    pub reason: String,
    /// The last lines of its log, if it failed.
    pub log: Option<String>,
}

/// Sums an experiment up.
pub fn summarize(data: &ExperimentData) -> Summary {
    let runs = &data.runs;
    let factors = unique(
        runs.iter()
            .flat_map(|run| &run.levels)
            .map(|level| level.factor.clone()),
    );
    let settings = settings::all(runs, &factors);
    let names = unique(
        (data.experiment.benchmarks.iter().cloned())
            .chain(runs.iter().map(|run| run.benchmark.clone())),
    );
    let mut left_out = Vec::new();
    let benchmarks = names
        .into_iter()
        .filter_map(|name| benchmark(name, runs, &settings, &mut left_out))
        .collect();
    Summary {
        name: data.experiment.name.clone(),
        question: data.experiment.question.clone(),
        yaml: data.experiment.yaml.replace("\r\n", "\n"),
        compare: data.experiment.compare.clone(),
        factors,
        seeds: unique(runs.iter().map(|run| run.seed)),
        statuses: statuses(runs),
        benchmarks,
        left_out,
        remarks: remarks::remarks(runs, &settings),
        shared: shared::shared(runs),
        prompts: origins::prompts(runs, &settings),
        origins: origins::origins(runs, &data.experiment.name),
        costs: cost::costs(runs, &settings),
        settings,
    }
}

fn statuses(runs: &[RunRecord]) -> Vec<(&'static str, usize)> {
    let count = |status: Status| runs.iter().filter(|run| run.status == status).count();
    let all = Status::ALL
        .into_iter()
        .map(|status| (status.name(), count(status)));
    all.filter(|&(_, count)| count > 0).collect()
}

/// One benchmark; `None` if the experiment has no run on it.
fn benchmark(
    name: String,
    runs: &[RunRecord],
    settings: &[Setting],
    left_out: &mut Vec<LeftOut>,
) -> Option<BenchmarkSummary> {
    let runs: Vec<&RunRecord> = runs.iter().filter(|run| run.benchmark == name).collect();
    if runs.is_empty() {
        return None;
    }
    let classes = unique(runs.iter().flat_map(|run| run.classes.iter().cloned()));
    let mut summaries = Vec::new();
    let mut absent = Vec::new();
    let mut frozen = Vec::new();
    let mut tf32 = Vec::new();
    for setting in settings {
        let own = runs
            .iter()
            .copied()
            .filter(|run| run.levels == setting.levels);
        let own: Vec<&RunRecord> = own.collect();
        if !own.is_empty() {
            absent.extend(ensemble::absent(&own));
            if own.iter().any(|run| is_frozen(&run.settings)) {
                frozen.push(setting.letter.clone());
            }
            let mut origins = own.iter().filter_map(|run| run.provenance.as_ref());
            if origins.any(|from| from.device == CUDA_F32) {
                tf32.push(setting.letter.clone());
            }
            summaries.push(settings::summarize(setting, &own, left_out));
        }
    }
    let done = || {
        runs.iter()
            .copied()
            .filter(|run| run.status == Status::Done)
    };
    let epochs = || done().filter_map(|run| run.points.iter().map(|point| point.epoch).max());
    let clips = || {
        done()
            .filter_map(|run| run.selections.first())
            .map(|selection| selection.predictions.len())
    };
    Some(BenchmarkSummary {
        synthetic: runs.iter().any(|run| run.synthetic),
        frozen,
        held_out: unique((runs.iter()).filter_map(|run| run.provenance.as_ref()?.held_out)),
        tf32,
        absent: by_class(&classes, &absent),
        seeds: unique(runs.iter().map(|run| run.seed)),
        folds: sorted(runs.iter().map(|run| run.fold)),
        runs: runs.len(),
        epochs: epochs().min().zip(epochs().max()),
        clips: clips().min().zip(clips().max()),
        settings: summaries,
        classes,
        name,
    })
}

/// The folds of each class, from pairs of both; classes without a pair are left out.
fn by_class(classes: &[String], pairs: &[(String, u32)]) -> Vec<(String, Vec<u32>)> {
    let folds = |class: &String| {
        sorted(
            pairs
                .iter()
                .filter(|(other, _)| other == class)
                .map(|&(_, fold)| fold),
        )
    };
    let each = classes.iter().map(|class| (class.clone(), folds(class)));
    each.filter(|(_, folds)| !folds.is_empty()).collect()
}

/// The folds in order, each once.
fn sorted(folds: impl IntoIterator<Item = u32>) -> Vec<u32> {
    let folds: BTreeSet<u32> = folds.into_iter().collect();
    folds.into_iter().collect()
}

/// The things in the order in which they first appear, each once.
pub(crate) fn unique<T: PartialEq>(things: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut once: Vec<T> = Vec::new();
    for thing in things {
        if !once.contains(&thing) {
            once.push(thing);
        }
    }
    once
}
