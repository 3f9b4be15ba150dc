//! What the runs say of one contrast, and what follows from it.

use exp_core::metrics::Metric;
use serde::Serialize;

use super::contrast::Contrast;
use crate::figure::SeedValue;
use crate::statistics::CONFIDENCE;
use crate::statistics::folds::{FoldDifference, nadeau_bengio};
use crate::statistics::paired::{LEAST, Paired, TTest};
use crate::statistics::sign_flip::{SignFlip, sign_flip};

/// What the test of a contrast stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// A t test of the seeds' differences.
    Seeds,
    /// Below three seeds: a t test of the folds' differences with Nadeau and Bengio's variance.
    Folds,
    /// There are too few seeds and folds for a test of the setting.
    Untested,
}

/// What follows from the figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Conclusion {
    /// The contrast is above zero (corrected p below 0.05).
    Above,
    /// The contrast is below zero (corrected p below 0.05).
    Below,
    /// There is a difference, or none: the data cannot show which.
    NotDistinguishable,
    /// All differences are zero.
    Equal,
    /// There is no test.
    NoVerdict,
}

/// The differences of a contrast with their statistics, in points.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evidence {
    /// What each seed gave: the mean over folds and over the other factors' levels.
    pub seeds: Vec<SeedValue>,
    /// What each fold gave, over the same seeds and levels; empty where there is one fold.
    pub folds: Vec<FoldDifference>,
    /// How many combinations of the other factors' levels each seed's value is a mean over.
    pub settings: usize,
    /// Their mean; `None` without a complete seed.
    pub mean: Option<f64>,
    /// The sample standard deviation of what is counted.
    pub sd: Option<f64>,
    /// What is counted.
    pub method: Method,
    /// How many seeds or folds that is.
    pub n: usize,
    /// The test and its interval.
    pub test: Option<TTest>,
    /// A test of the seeds' differences beside it that needs no normal distribution; from six
    /// seeds on.
    pub sign_flip: Option<SignFlip>,
    /// The test's p after Holm's correction over `tests` tests.
    pub corrected: Option<f64>,
    /// Over how many tests p was corrected; 1 where it stands for itself.
    pub tests: usize,
    /// What follows.
    pub conclusion: Conclusion,
    /// Seeds that were left out, since a run of theirs is missing.
    pub incomplete_seeds: Vec<u64>,
    /// Combinations of the other factors' levels that were left out, since no seed has all runs of
    /// theirs.
    pub incomplete_settings: Vec<String>,
    /// Whether folds share test clips, so that nothing is known of their training clips and they
    /// cannot be tested.
    pub folds_overlap: bool,
}

impl Evidence {
    pub(super) fn new(contrast: &Contrast, metric: Metric) -> Self {
        let seeds = contrast.by_seed(metric);
        let mut folds = contrast.by_fold(metric);
        let by_seed = Paired::new(&seeds.iter().map(|seed| seed.value).collect::<Vec<_>>());
        let values: Vec<f64> = folds.iter().map(|fold| fold.difference).collect();
        let over_folds = folds.len() >= LEAST && seeds.len() < LEAST;
        let sizes = if over_folds { clips(contrast) } else { None };
        let (method, paired) = match (by_seed, sizes) {
            (Some(paired), _) if paired.test.is_some() => (Method::Seeds, Some(paired)),
            (_, Some((train, test))) => (Method::Folds, nadeau_bengio(&values, train, test)),
            (paired, None) => (Method::Untested, paired),
        };
        let test = paired.and_then(|paired| paired.test);
        let differences: Vec<f64> = seeds.iter().map(|seed| seed.value).collect();
        if folds.len() < 2 {
            folds.clear();
        }
        let label = |levels: &Vec<exp_core::experiment::Level>| {
            let labels = levels.iter().map(|level| level.label.clone());
            labels.collect::<Vec<_>>().join(", ")
        };
        let mut evidence = Self {
            settings: contrast.groups.len(),
            mean: paired.map(|paired| paired.mean),
            sd: paired.and_then(|paired| paired.sd),
            n: paired.map_or(0, |paired| paired.n),
            sign_flip: sign_flip(&differences).filter(|_| method == Method::Seeds),
            conclusion: Conclusion::NoVerdict,
            corrected: None,
            tests: 1,
            incomplete_seeds: contrast.incomplete.clone(),
            incomplete_settings: contrast.left_out.iter().map(label).collect(),
            folds_overlap: over_folds && sizes.is_none(),
            seeds,
            folds,
            method,
            test,
        };
        evidence.correct(test.map(|test| test.p), 1);
        evidence
    }

    /// Takes the corrected p, and concludes from it.
    pub(super) fn correct(&mut self, corrected: Option<f64>, tests: usize) {
        self.corrected = corrected;
        self.tests = tests;
        let mean = self.mean.unwrap_or(0.0);
        let zero = |value: &f64| *value == 0.0;
        self.conclusion = match corrected {
            None => Conclusion::NoVerdict,
            Some(_) if mean == 0.0 && self.sd.as_ref().is_some_and(zero) => Conclusion::Equal,
            Some(p) if p < 1.0 - CONFIDENCE && mean > 0.0 => Conclusion::Above,
            Some(p) if p < 1.0 - CONFIDENCE => Conclusion::Below,
            Some(_) => Conclusion::NotDistinguishable,
        };
    }
}

/// Training and test clips of a fold, on average. The store keeps test clips alone: with disjoint
/// test sets, the clips of the other folds' are this fold's training clips, or a part of them where
/// not all folds were run. `None` where test sets overlap or there is one fold.
fn clips(contrast: &Contrast) -> Option<(f64, f64)> {
    let mut names = std::collections::HashSet::new();
    let mut total = 0;
    for &fold in &contrast.folds {
        let (run, _) = contrast.any(fold)?;
        for prediction in run {
            total += 1;
            if !names.insert(prediction.clip.as_str()) {
                return None;
            }
        }
    }
    let folds = contrast.folds.len() as f64;
    (folds > 1.0).then(|| {
        let test = f64::from(total) / folds;
        (f64::from(total) - test, test)
    })
}
