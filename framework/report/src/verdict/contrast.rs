//! Settings that differ in one factor (or two), matched seed by seed and fold by fold.

use exp_core::event::Prediction;
use exp_core::experiment::Level;
use exp_core::metrics::{Metric, Rule};
use exp_store::RunRecord;

use crate::figure::{SeedValue, mean};
use crate::statistics::folds::FoldDifference;
use crate::summary::ensemble::{Ensemble, Measured};
use crate::summary::unique;

/// One setting on one benchmark.
pub(super) struct Arm<'a> {
    pub levels: Vec<Level>,
    /// Every seed that was planned.
    planned: Vec<u64>,
    ensemble: Ensemble<'a>,
}

impl<'a> Arm<'a> {
    /// The settings of some runs of one benchmark.
    pub fn all(runs: &[&'a RunRecord], rule: Rule) -> Vec<Self> {
        let arm = |levels: Vec<Level>| {
            let own: Vec<&RunRecord> = (runs.iter().copied())
                .filter(|run| run.levels == levels)
                .collect();
            Self {
                planned: unique(own.iter().map(|run| run.seed)),
                ensemble: Ensemble::new(&own, rule),
                levels,
            }
        };
        unique(runs.iter().map(|run| run.levels.clone()))
            .into_iter()
            .map(arm)
            .collect()
    }

    fn folds(&self, seed: u64) -> Option<&[Measured<'a>]> {
        let found = self.ensemble.seeds.iter().find(|own| own.seed == seed)?;
        Some(&found.folds)
    }

    fn measured(&self, seed: u64, fold: u32) -> Option<&Measured<'a>> {
        self.folds(seed)?
            .iter()
            .find(|measured| measured.run.fold == fold)
    }
}

/// The labels of each factor, all in the plan's order.
pub(super) fn levels(runs: &[RunRecord]) -> Vec<(String, Vec<String>)> {
    let mut all: Vec<(String, Vec<String>)> = Vec::new();
    for level in runs.iter().flat_map(|run| &run.levels) {
        let place = all.iter().position(|(factor, _)| *factor == level.factor);
        let place = place.unwrap_or_else(|| {
            all.push((level.factor.clone(), Vec::new()));
            all.len() - 1
        });
        if !all[place].1.contains(&level.label) {
            all[place].1.push(level.label.clone());
        }
    }
    all
}

/// One cell of a contrast: the levels that it demands, and with which sign its figure counts.
pub(super) type Cell = (Vec<Level>, f64);

/// The cells of a level less a baseline.
pub(super) fn difference(factor: &str, level: &str, baseline: &str) -> Vec<Cell> {
    let at = |label: &str| Level {
        factor: factor.to_owned(),
        label: label.to_owned(),
    };
    vec![(vec![at(level)], 1.0), (vec![at(baseline)], -1.0)]
}

/// A contrast of settings, matched: the other factors' levels, the seeds and the folds are the same
/// in all of its cells.
pub(super) struct Contrast<'a, 'b> {
    /// For each combination of the other factors' levels: an arm a cell, with its sign.
    pub groups: Vec<Vec<(&'b Arm<'a>, f64)>>,
    /// The combinations of which no seed has all its runs; not among the groups.
    pub left_out: Vec<Vec<Level>>,
    /// The seeds that have all their runs, in the plan's order.
    pub seeds: Vec<u64>,
    /// The seeds of the groups that lack a run.
    pub incomplete: Vec<u64>,
    /// The folds.
    pub folds: Vec<u32>,
}

impl<'a, 'b> Contrast<'a, 'b> {
    pub fn new(arms: &'b [Arm<'a>], cells: &[Cell]) -> Self {
        let mut groups = Vec::new();
        let mut left_out = Vec::new();
        let fixed = |level: &Level| {
            let demanded = cells.iter().flat_map(|(levels, _)| levels);
            demanded
                .into_iter()
                .any(|other| other.factor == level.factor)
        };
        let rest = |arm: &Arm| -> Vec<Level> {
            arm.levels
                .iter()
                .filter(|level| !fixed(level))
                .cloned()
                .collect()
        };
        for combination in unique(arms.iter().map(rest)) {
            let find = |(levels, sign): &Cell| {
                let fits = |arm: &&Arm| {
                    rest(arm) == combination
                        && levels.iter().all(|level| arm.levels.contains(level))
                };
                Some((arms.iter().find(fits)?, *sign))
            };
            // A combination that lacks a cell was never planned: the experiment compares others.
            let Some(group) = cells.iter().map(find).collect::<Option<Vec<_>>>() else {
                continue;
            };
            let complete = |seed: &u64| group.iter().all(|(arm, _)| arm.folds(*seed).is_some());
            if group[0].0.planned.iter().any(complete) {
                groups.push(group);
            } else {
                left_out.push(combination);
            }
        }
        let arms = || groups.iter().flatten().map(|(arm, _)| arm);
        let planned = unique(arms().flat_map(|arm| arm.planned.iter().copied()));
        let (seeds, incomplete): (Vec<u64>, Vec<u64>) = planned
            .into_iter()
            .partition(|&seed| arms().all(|arm| arm.folds(seed).is_some()));
        let mut folds: Vec<u32> = Vec::new();
        if let Some(&seed) = seeds.first() {
            folds = unique(
                arms()
                    .flat_map(|arm| arm.folds(seed).unwrap_or_default())
                    .map(|own| own.run.fold),
            );
            folds.retain(|&fold| arms().all(|arm| arm.measured(seed, fold).is_some()));
            folds.sort_unstable();
        }
        Self {
            groups,
            left_out,
            seeds,
            incomplete,
            folds,
        }
    }

    /// The signed sum of the cells' figures, averaged over the groups.
    fn value(&self, seed: u64, fold: u32, metric: Metric) -> Option<f64> {
        let of = |(arm, sign): &(&Arm, f64)| {
            Some(sign * metric.of(&arm.measured(seed, fold)?.confusion)?)
        };
        let sums: Option<Vec<f64>> = (self.groups.iter())
            .map(|group| group.iter().map(of).sum())
            .collect();
        mean(sums?)
    }

    /// What each seed gives, averaged over folds and groups.
    pub fn by_seed(&self, metric: Metric) -> Vec<SeedValue> {
        let seed = |&seed: &u64| {
            let folds = self
                .folds
                .iter()
                .filter_map(|&fold| self.value(seed, fold, metric));
            Some(SeedValue {
                seed,
                value: mean(folds)?,
            })
        };
        self.seeds.iter().filter_map(seed).collect()
    }

    /// What each fold gives, averaged over seeds and groups.
    pub fn by_fold(&self, metric: Metric) -> Vec<FoldDifference> {
        let fold = |&fold: &u32| {
            let seeds = self
                .seeds
                .iter()
                .filter_map(|&seed| self.value(seed, fold, metric));
            Some(FoldDifference {
                fold,
                difference: mean(seeds)?,
            })
        };
        self.folds.iter().filter_map(fold).collect()
    }

    /// The mean figure of one cell.
    pub fn cell(&self, cell: usize, metric: Metric) -> Option<f64> {
        let arms = || self.groups.iter().map(|group| group[cell].0);
        let runs = self
            .seeds
            .iter()
            .flat_map(|&seed| self.folds.iter().map(move |&fold| (seed, fold)));
        mean(runs.flat_map(|(seed, fold)| {
            arms().filter_map(move |arm| metric.of(&arm.measured(seed, fold)?.confusion))
        }))
    }

    /// The predictions and classes of some run of a fold.
    pub fn any(&self, fold: u32) -> Option<(&'b [Prediction], &'b [String])> {
        let (arm, _) = self.groups.first()?.first()?;
        let measured = arm.measured(*self.seeds.first()?, fold)?;
        Some((measured.predictions, &measured.run.classes))
    }

    /// Whether the clips are drawn.
    pub fn synthetic(&self) -> bool {
        let fold = self.folds.first().copied().unwrap_or_default();
        let pairs = self.pairs(fold);
        !pairs.is_empty()
            && pairs
                .iter()
                .all(|(first, second)| first.run.synthetic && second.run.synthetic)
    }

    /// The two runs of each group and seed in a fold, for a contrast of two cells.
    pub fn pairs(&self, fold: u32) -> Vec<(&'b Measured<'a>, &'b Measured<'a>)> {
        let pair = |group: &Vec<(&'b Arm<'a>, f64)>, seed: u64| match group.as_slice() {
            [(first, _), (second, _)] => {
                Some((first.measured(seed, fold)?, second.measured(seed, fold)?))
            }
            _ => None,
        };
        let all = self
            .groups
            .iter()
            .flat_map(|group| self.seeds.iter().map(move |&seed| (group, seed)));
        all.filter_map(|(group, seed)| pair(group, seed)).collect()
    }
}
