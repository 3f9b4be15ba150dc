//! One level of a factor against another.

use exp_core::metrics::{Metric, Rule};
use rayon::prelude::*;
use serde::Serialize;

use super::contrast::{Arm, Contrast, difference};
use super::evidence::Evidence;
use super::test_set::{TestSet, models, test_set};
use crate::statistics::mcnemar::McNemar;

/// One level of a factor against another, on one benchmark.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Effect {
    /// The path of the factor.
    pub factor: String,
    /// The label of the level.
    pub level: String,
    /// The label of the level that it is compared with.
    pub baseline: String,
    /// The figure.
    pub metric: Metric,
    /// The rule that selected the epochs.
    pub rule: Rule,
    /// The mean figure of the level's runs that count, in percent.
    pub level_mean: Option<f64>,
    /// The mean figure of the baseline's runs that count, in percent.
    pub baseline_mean: Option<f64>,
    /// The level's figure less the baseline's.
    #[serde(flatten)]
    pub evidence: Evidence,
    /// One trained model a side: McNemar's test of these two models. `first_only` counts the clips
    /// that the level's model alone has right.
    pub models: Option<McNemar>,
    /// What the test set's clips leave open; for the primary comparison.
    pub test_set: Option<TestSet>,
    /// What follows, in words. It holds labels as they were written: plain text, to be escaped.
    pub sentence: String,
}

/// Makes the effects of one benchmark.
pub(super) struct EffectBuilder<'a, 'b> {
    pub arms: &'b [Arm<'a>],
    pub factors: &'b [(String, Vec<String>)],
    pub rule: Rule,
}

impl EffectBuilder<'_, '_> {
    /// Every level of a factor against the baseline, or else against the first.
    pub fn effects(
        &self,
        factor: &str,
        baseline: Option<&str>,
        metric: Metric,
        primary: bool,
    ) -> Vec<Effect> {
        let own = self.factors.iter().find(|(other, _)| other == factor);
        let labels = own.map_or(&[][..], |(_, labels)| labels);
        let Some(baseline) = baseline.or(labels.first().map(String::as_str)) else {
            return Vec::new();
        };
        // Each draws its own test sets, which takes most of a report's time.
        labels
            .par_iter()
            .filter(|level| *level != baseline)
            .map(|level| self.effect(factor, level, baseline, metric, primary))
            .collect()
    }

    fn effect(
        &self,
        factor: &str,
        level: &str,
        baseline: &str,
        metric: Metric,
        primary: bool,
    ) -> Effect {
        let contrast = Contrast::new(self.arms, &difference(factor, level, baseline));
        Effect {
            factor: factor.to_owned(),
            level: level.to_owned(),
            baseline: baseline.to_owned(),
            metric,
            rule: self.rule,
            level_mean: contrast.cell(0, metric),
            baseline_mean: contrast.cell(1, metric),
            evidence: Evidence::new(&contrast, metric),
            models: models(&contrast),
            test_set: primary.then(|| test_set(&contrast, metric)).flatten(),
            sentence: String::new(),
        }
    }
}
