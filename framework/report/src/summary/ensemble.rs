//! The runs of one setting under one rule, and which of them count.

use exp_core::event::Prediction;
use exp_core::metrics::{Confusion, Rule};
use exp_store::{RunRecord, Status};

use super::unique;
use crate::figure::{Figure, SeedValue, mean};
use crate::text::count;

/// What one run predicted under a rule.
pub(crate) struct Measured<'a> {
    /// The run.
    pub run: &'a RunRecord,
    /// The epoch that the rule selected.
    pub epoch: usize,
    /// Its predictions, counted.
    pub confusion: Confusion,
    /// Its predictions, in the order of the clips' names.
    pub predictions: &'a [Prediction],
}

/// All folds of one seed.
pub(crate) struct Seed<'a> {
    pub seed: u64,
    pub folds: Vec<Measured<'a>>,
}

/// The seeds of which every planned fold was measured, and the runs that do not count.
///
/// A seed of which a fold is missing is left out whole: a mean over other folds than the other
/// seeds' would differ from theirs by the folds' difficulty.
pub(crate) struct Ensemble<'a> {
    pub seeds: Vec<Seed<'a>>,
    pub left_out: Vec<(&'a RunRecord, String)>,
}

impl<'a> Ensemble<'a> {
    /// Sorts out the runs of one setting on one benchmark.
    pub fn new(runs: &[&'a RunRecord], rule: Rule) -> Self {
        let mut seeds = Vec::new();
        let mut left_out = Vec::new();
        for seed in unique(runs.iter().map(|run| run.seed)) {
            let mut folds = Vec::new();
            let mut missing = Vec::new();
            for &run in runs.iter().filter(|run| run.seed == seed) {
                match measure(run, rule) {
                    Ok(measured) => folds.push(measured),
                    Err(reason) => {
                        missing.push(run.fold);
                        left_out.push((run, reason));
                    }
                }
            }
            match missing.first() {
                None => seeds.push(Seed { seed, folds }),
                Some(fold) => left_out.extend(folds.iter().map(|measured| {
                    let reason = format!("done, but fold {fold} of its seed is missing, and the mean is over all folds");
                    (measured.run, reason)
                })),
            }
        }
        Self { seeds, left_out }
    }

    /// The figure that `of` reads off a confusion matrix. A fold without it is left out of its
    /// seed's mean, a seed without it of the setting's.
    pub fn figure(&self, of: impl Fn(&Confusion) -> Option<f64>) -> Figure {
        self.figure_over(|_| true, of)
    }

    /// The same of one fold alone.
    pub fn figure_in(&self, fold: u32, of: impl Fn(&Confusion) -> Option<f64>) -> Figure {
        self.figure_over(|other| other == fold, of)
    }

    fn figure_over(
        &self,
        counts: impl Fn(u32) -> bool,
        of: impl Fn(&Confusion) -> Option<f64>,
    ) -> Figure {
        let value = |seed: &Seed| {
            let folds = seed.folds.iter().filter(|fold| counts(fold.run.fold));
            mean(folds.filter_map(|fold| of(&fold.confusion)))
        };
        let values = self.seeds.iter().filter_map(|seed| {
            let value = value(seed)?;
            Some(SeedValue {
                seed: seed.seed,
                value,
            })
        });
        Figure::new(values.collect())
    }

    /// Test clips of a class in one seed, over all folds; every seed has the same.
    pub fn support(&self, class: usize) -> u64 {
        let first = self.seeds.first().map_or(&[][..], |seed| &seed.folds);
        first
            .iter()
            .map(|measured| measured.confusion.support(class))
            .sum()
    }

    /// Every run that counts.
    pub fn measured(&self) -> impl Iterator<Item = &Measured<'a>> {
        self.seeds.iter().flat_map(|seed| &seed.folds)
    }
}

/// What a run predicted, or why it does not count.
fn measure(run: &RunRecord, rule: Rule) -> Result<Measured<'_>, String> {
    match run.status {
        Status::Done => {}
        Status::Failed => {
            let reason = run.failure.as_deref().unwrap_or("no reason was recorded");
            return Err(reason.to_owned());
        }
        Status::Queued => return Err("not started yet".to_owned()),
        Status::Running => return Err("not finished yet".to_owned()),
        Status::Interrupted => {
            let stopped = || match run.history.epoch {
                0 => "stopped before the end of its first epoch".to_owned(),
                epoch => format!("stopped after {}", count(epoch, "epoch")),
            };
            return Err(run.failure.clone().unwrap_or_else(stopped));
        }
    }
    let selection = run
        .selections
        .iter()
        .find(|selection| selection.rule == rule);
    let Some(selection) = selection.filter(|selection| !selection.predictions.is_empty()) else {
        return Err(format!(
            "done, but without predictions under the rule `{}`",
            rule.name()
        ));
    };
    let pairs = selection
        .predictions
        .iter()
        .map(|clip| (clip.target, clip.predicted));
    Ok(Measured {
        run,
        epoch: selection.epoch,
        confusion: Confusion::from_pairs(run.classes.len(), pairs),
        predictions: &selection.predictions,
    })
}

/// Classes without a test clip in a fold, as (class, fold). All rules have the same test clips.
pub(super) fn absent(runs: &[&RunRecord]) -> Vec<(String, u32)> {
    let ensemble = Ensemble::new(runs, Rule::Last);
    let absent = ensemble.measured().flat_map(|measured| {
        let classes = measured.confusion.absent().into_iter();
        classes.map(|class| (measured.run.classes[class].clone(), measured.run.fold))
    });
    unique(absent)
}
