//! Whether the effect of one factor depends on the level of another.

use exp_core::metrics::{Metric, Rule};
use serde::Serialize;

use super::contrast::{Cell, Contrast, difference};
use super::effect::EffectBuilder;
use super::evidence::Evidence;
use super::options::Question;

/// The difference of two differences: the level against its baseline at one level of another factor,
/// less the same at that factor's first level.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Interaction {
    /// The path of the factor whose effect it is.
    pub factor: String,
    /// The label of its level.
    pub level: String,
    /// The label of the level that it is compared with.
    pub baseline: String,
    /// The path of the other factor.
    pub other: String,
    /// The label of the other factor's level.
    pub at: String,
    /// The label of the other factor's first level.
    pub than_at: String,
    /// The figure.
    pub metric: Metric,
    /// The rule that selected the epochs.
    pub rule: Rule,
    /// The difference of the differences.
    #[serde(flatten)]
    pub evidence: Evidence,
    /// What follows, in words. It holds labels as they were written: plain text, to be escaped.
    pub sentence: String,
}

impl EffectBuilder<'_, '_> {
    /// The interactions of the primary factor with each other one, or of all pairs.
    pub fn interactions(&self, question: &Question) -> Vec<Interaction> {
        let mut all = Vec::new();
        for (place, (factor, levels)) in self.factors.iter().enumerate() {
            let (baseline, others) = match &question.primary {
                Some((primary, baseline)) if primary == factor => (baseline, self.factors),
                Some(_) => continue,
                None => (&levels[0], &self.factors[place + 1..]),
            };
            for (other, at) in others.iter().filter(|(other, _)| other != factor) {
                for level in levels.iter().filter(|level| *level != baseline) {
                    for label in &at[1..] {
                        let main = difference(factor, level, baseline);
                        let modified = difference(other, label, &at[0]);
                        let contrast = Contrast::new(self.arms, &product(&main, &modified));
                        // Where the grid lacks one of the four, there is nothing to ask.
                        if contrast.groups.is_empty() && contrast.left_out.is_empty() {
                            continue;
                        }
                        all.push(Interaction {
                            factor: factor.clone(),
                            level: level.clone(),
                            baseline: baseline.clone(),
                            other: other.clone(),
                            at: label.clone(),
                            than_at: at[0].clone(),
                            metric: question.metric,
                            rule: self.rule,
                            evidence: Evidence::new(&contrast, question.metric),
                            sentence: String::new(),
                        });
                    }
                }
            }
        }
        all
    }
}

/// The cells of a difference of differences.
fn product(main: &[Cell], modified: &[Cell]) -> Vec<Cell> {
    let cell = |(levels, sign): &Cell, (others, other_sign): &Cell| {
        (
            levels.iter().chain(others).cloned().collect(),
            sign * other_sign,
        )
    };
    modified
        .iter()
        .flat_map(|outer| main.iter().map(move |inner| cell(inner, outer)))
        .collect()
}
