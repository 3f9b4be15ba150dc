//! Which comparison is asked for.

use exp_core::experiment::{Compare, held_out_share};
use exp_core::metrics::{Metric, Rule};
use exp_core::tree::suggest;
use exp_store::{ExperimentData, RunRecord};

use super::contrast::levels;
use crate::text::list;

/// What to compare where it is not what the experiment's `compare:` says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// The label of the level that the others are compared with.
    pub baseline: Option<String>,
    /// The figure.
    pub metric: Option<Metric>,
    /// The selection rule.
    pub rule: Option<Rule>,
}

/// Why a comparison cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum VerdictError {
    /// No level has the label.
    #[error("no level is called `{baseline}`{}: {help}", .factor.as_ref().map_or_else(String::new, |factor| format!(" in the compared factor `{factor}`")))]
    UnknownBaseline {
        /// The label that was asked for.
        baseline: String,
        /// The factor that the experiment compares, if it names one.
        factor: Option<String>,
        /// The labels that there are, or the nearest.
        help: String,
    },
    /// Several factors have a level with the label, and the experiment names none of them.
    #[error("`{baseline}` is a level of {}, and the experiment does not say which of them it compares: add `compare: {{factor: …, baseline: {baseline}, metric: uar, rule: last}}` to its file", list(.factors))]
    AmbiguousBaseline {
        /// The label that was asked for.
        baseline: String,
        /// The factors.
        factors: Vec<String>,
    },
    /// Runs that keep nothing out of training have no epoch under the rule.
    #[error(
        "the rule `held_out` chooses the epoch on training clips that are kept out of training, and {lacking} of the {runs} runs of `{name}` keep none out: set `train.held_out` in its file to a share of the clips, such as 0.1, and run it, or take another rule"
    )]
    NothingHeldOut {
        /// The experiment.
        name: String,
        /// Runs that keep none out.
        lacking: usize,
        /// All runs.
        runs: usize,
    },
}

/// What is compared.
pub(super) struct Question {
    /// Factor and baseline of the primary comparison.
    pub primary: Option<(String, String)>,
    pub metric: Metric,
    pub rule: Rule,
}

impl Question {
    pub fn new(data: &ExperimentData, options: &Options) -> Result<Self, VerdictError> {
        let compare = data.experiment.compare.as_ref();
        let primary = match &options.baseline {
            None => compare.map(|compare| (compare.factor.clone(), compare.baseline.clone())),
            Some(baseline) => Some((factor(&data.runs, compare, baseline)?, baseline.clone())),
        };
        let rule = options
            .rule
            .or(compare.map(|compare| compare.rule))
            .unwrap_or(Rule::Last);
        let keeps_none_out = |run: &&RunRecord| held_out_share(&run.settings).is_none();
        let lacking = data.runs.iter().filter(keeps_none_out).count();
        if rule == Rule::HeldOut && lacking > 0 {
            return Err(VerdictError::NothingHeldOut {
                name: data.experiment.name.clone(),
                lacking,
                runs: data.runs.len(),
            });
        }
        Ok(Self {
            primary,
            rule,
            metric: options
                .metric
                .or(compare.map(|compare| compare.metric))
                .unwrap_or(Metric::Uar),
        })
    }

    /// As in an experiment's file.
    pub fn compare(&self) -> Option<Compare> {
        let (factor, baseline) = self.primary.clone()?;
        Some(Compare {
            factor,
            baseline,
            metric: self.metric,
            rule: self.rule,
        })
    }
}

/// The factor of which `baseline` is a level: the compared one, or the only one that has it.
fn factor(
    runs: &[RunRecord],
    compare: Option<&Compare>,
    baseline: &str,
) -> Result<String, VerdictError> {
    let all = levels(runs);
    let of = |(factor, _): &&(String, Vec<String>)| {
        compare.is_none_or(|compare| compare.factor == *factor)
    };
    let labels = || all.iter().filter(of).flat_map(|(_, labels)| labels);
    let having = all
        .iter()
        .filter(of)
        .filter(|(_, labels)| labels.iter().any(|label| label == baseline));
    let mut factors: Vec<String> = having.map(|(factor, _)| factor.clone()).collect();
    match (factors.pop(), factors.is_empty()) {
        (Some(factor), true) => Ok(factor),
        (Some(factor), false) => {
            factors.push(factor);
            Err(VerdictError::AmbiguousBaseline {
                baseline: baseline.to_owned(),
                factors,
            })
        }
        (None, _) => Err(VerdictError::UnknownBaseline {
            baseline: baseline.to_owned(),
            factor: compare.map(|compare| compare.factor.clone()),
            help: suggest(baseline, "there are", labels().map(String::as_str))
                .unwrap_or_else(|| "nothing varies in it".to_owned()),
        }),
    }
}
