//! The settings of an experiment and what each of them measured.

use exp_core::experiment::{Level, held_out_share};
use exp_core::metrics::{Confusion, Metric, Rule};
use exp_store::RunRecord;
use serde::Serialize;

use super::curves::{self, Curve};
use super::ensemble::Ensemble;
use super::{LeftOut, RULES, unique};
use crate::figure::Figure;
use crate::text::{letter, short};

/// A combination of levels.
#[derive(Debug, Clone, Serialize)]
pub struct Setting {
    /// Its place in [`Summary::settings`](super::Summary::settings).
    pub index: usize,
    /// What it is called in charts.
    pub letter: String,
    /// Its levels.
    pub levels: Vec<Level>,
    /// The levels' labels, one for each factor of the experiment.
    pub labels: Vec<String>,
    /// All of them in a line: `context none · depth 2`.
    pub title: String,
}

/// What one setting measured on one benchmark.
#[derive(Debug, Clone, Serialize)]
pub struct SettingSummary {
    /// The setting.
    #[serde(flatten)]
    pub setting: Setting,
    /// What it measured under each rule, in the order of [`RULES`].
    pub rules: [RuleSummary; RULES.len()],
    /// The share of the training clips that every run keeps out of training, if it does: without,
    /// nothing is measured under the rule `held_out`.
    #[serde(skip)]
    pub held_out: Option<f64>,
    /// Learning curves of the runs that count under the `last` rule.
    #[serde(skip)]
    pub curves: Vec<Curve>,
}

impl SettingSummary {
    /// What it measured under a rule.
    pub fn rule(&self, rule: Rule) -> &RuleSummary {
        match rule {
            Rule::Last => &self.rules[0],
            Rule::HeldOut => &self.rules[1],
            Rule::BestTest => &self.rules[2],
        }
    }

    /// Whether its runs select an epoch by the rule.
    pub fn has(&self, rule: Rule) -> bool {
        rule != Rule::HeldOut || self.held_out.is_some()
    }
}

/// What one setting measured on one benchmark under one selection rule.
#[derive(Debug, Clone, Serialize)]
pub struct RuleSummary {
    /// The rule.
    pub rule: Rule,
    /// Unweighted average recall, in percent.
    pub uar: Figure,
    /// Weighted average recall (accuracy), in percent.
    pub war: Figure,
    /// The same of each fold alone, in order; empty where there is one fold.
    pub folds: Vec<FoldSummary>,
    /// Smallest and largest epoch that the rule selected.
    pub epochs: Option<(usize, usize)>,
    /// Every class with its recall, in label order.
    pub recalls: Vec<Recall>,
    /// Rows: true classes; columns: predicted classes; summed over the runs that count.
    pub confusion: Vec<Vec<Cell>>,
}

impl RuleSummary {
    /// One of the two figures.
    pub fn metric(&self, metric: Metric) -> &Figure {
        match metric {
            Metric::Uar => &self.uar,
            Metric::War => &self.war,
        }
    }
}

/// What one setting measured on one fold.
#[derive(Debug, Clone, Serialize)]
pub struct FoldSummary {
    /// The fold.
    pub fold: u32,
    /// Unweighted average recall, in percent, over the seeds that count.
    pub uar: Figure,
    /// Weighted average recall (accuracy), in percent, over the seeds that count.
    pub war: Figure,
}

impl FoldSummary {
    /// One of the two figures.
    pub fn metric(&self, metric: Metric) -> &Figure {
        match metric {
            Metric::Uar => &self.uar,
            Metric::War => &self.war,
        }
    }
}

/// The recall of one class.
#[derive(Debug, Clone, Serialize)]
pub struct Recall {
    /// The class.
    pub class: String,
    /// Its recall, in percent.
    pub figure: Figure,
    /// Its test clips in one seed, over all folds.
    pub clips: u64,
}

/// One cell of a confusion matrix.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Cell {
    /// Predictions, summed over the runs that count.
    pub count: u64,
    /// The share of the true class, in percent; `None` where the class has no test clip.
    pub share: Option<f64>,
}

/// Every combination of levels that a run has, in the plan's order.
pub(super) fn all(runs: &[RunRecord], factors: &[String]) -> Vec<Setting> {
    let levels = unique(runs.iter().map(|run| &run.levels));
    let setting = |(index, levels): (usize, &Vec<Level>)| {
        let labels: Vec<String> = factors.iter().map(|factor| label(levels, factor)).collect();
        Setting {
            index,
            letter: letter(index),
            title: title(factors, &labels),
            labels,
            levels: levels.clone(),
        }
    };
    levels.into_iter().enumerate().map(setting).collect()
}

fn label(levels: &[Level], factor: &str) -> String {
    let level = levels.iter().find(|level| level.factor == factor);
    level.map_or_else(|| "–".to_owned(), |level| level.label.clone())
}

/// The labels with the last part of their factor's path, or the whole path where another factor
/// ends alike.
fn title(factors: &[String], labels: &[String]) -> String {
    let last = |factor: &str| factor.rsplit('.').next().unwrap_or_default().to_owned();
    let name = |factor: &String| {
        let alike = factors
            .iter()
            .filter(|other| last(other) == last(factor))
            .count();
        if alike == 1 {
            last(factor)
        } else {
            factor.clone()
        }
    };
    let parts = factors
        .iter()
        .zip(labels)
        .map(|(factor, label)| format!("{} {}", short(&name(factor)), short(label)));
    match parts.collect::<Vec<_>>().join(" · ") {
        nothing if nothing.is_empty() => "the only setting".to_owned(),
        title => title,
    }
}

/// Sums the runs of one setting on one benchmark up, and names those that do not count.
pub(super) fn summarize(
    setting: &Setting,
    runs: &[&RunRecord],
    left_out: &mut Vec<LeftOut>,
) -> SettingSummary {
    let shares: Option<Vec<f64>> = (runs.iter())
        .map(|run| held_out_share(&run.settings))
        .collect();
    let held_out = shares.and_then(|shares| shares.first().copied());
    let ensembles = RULES.map(|rule| match rule {
        Rule::HeldOut if held_out.is_none() => Ensemble::new(&[], rule),
        _ => Ensemble::new(runs, rule),
    });
    for (run, reason) in ensembles.iter().flat_map(|ensemble| &ensemble.left_out) {
        let run = LeftOut {
            id: run.id.clone(),
            benchmark: run.benchmark.clone(),
            letter: setting.letter.clone(),
            seed: run.seed,
            fold: run.fold,
            status: run.status.name(),
            reason: reason.clone(),
            log: run.history.log_tail.clone(),
        };
        if !left_out.contains(&run) {
            left_out.push(run);
        }
    }
    let classes = runs.first().map_or(&[][..], |run| &run.classes);
    SettingSummary {
        setting: setting.clone(),
        rules: std::array::from_fn(|at| figures(RULES[at], &ensembles[at], classes)),
        held_out,
        curves: curves::of(
            &ensembles[0]
                .measured()
                .map(|measured| measured.run)
                .collect::<Vec<_>>(),
        ),
    }
}

/// Each fold alone, where there are several.
fn folds(ensemble: &Ensemble) -> Vec<FoldSummary> {
    let mut folds = unique(ensemble.measured().map(|measured| measured.run.fold));
    folds.sort_unstable();
    if folds.len() < 2 {
        return Vec::new();
    }
    let summary = |fold| FoldSummary {
        fold,
        uar: ensemble.figure_in(fold, |confusion| Metric::Uar.of(confusion)),
        war: ensemble.figure_in(fold, |confusion| Metric::War.of(confusion)),
    };
    folds.into_iter().map(summary).collect()
}

fn figures(rule: Rule, ensemble: &Ensemble, classes: &[String]) -> RuleSummary {
    let mut total = Confusion::from_pairs(classes.len(), []);
    for measured in ensemble.measured() {
        // Runs of one setting have the same classes, unless someone edited the store.
        if measured.confusion.classes() == total.classes() {
            total.add(&measured.confusion);
        }
    }
    let epochs = || ensemble.measured().map(|measured| measured.epoch);
    let recalls = classes.iter().enumerate().map(|(label, class)| Recall {
        class: class.clone(),
        figure: ensemble.figure(|confusion| confusion.recall(label)),
        clips: ensemble.support(label),
    });
    let row = |target: usize| {
        let support = total.support(target);
        let cell = |predicted: usize| {
            let count = total.count(target, predicted);
            let share = (support > 0).then(|| 100.0 * count as f64 / support as f64);
            Cell { count, share }
        };
        (0..classes.len()).map(cell).collect()
    };
    RuleSummary {
        rule,
        uar: ensemble.figure(|confusion| Metric::Uar.of(confusion)),
        war: ensemble.figure(|confusion| Metric::War.of(confusion)),
        folds: folds(ensemble),
        epochs: epochs().min().zip(epochs().max()),
        recalls: recalls.collect(),
        confusion: (0..classes.len()).map(row).collect(),
    }
}
