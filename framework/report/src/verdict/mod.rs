//! What an experiment's runs answer: its comparisons with intervals and tests, and the sentences
//! that follow from them.
//!
//! The unit is the seed: a figure is averaged over folds and over the other factors' levels within a
//! seed, and the difference of two levels is taken seed by seed. A seed counts only where all of its
//! runs are there.
//!
//! The comparison that the experiment names is tested for itself (its levels, if there are several,
//! are corrected among each other); all other comparisons are corrected together.

mod best;
mod contrast;
mod effect;
mod evidence;
mod interaction;
mod notes;
mod numbers;
mod options;
mod sentence;
mod test_set;

use exp_core::experiment::Compare;
use exp_core::metrics::{Metric, Rule};
use exp_store::{ExperimentData, RunRecord};
use serde::Serialize;

pub use best::best;
pub use effect::Effect;
pub use evidence::{Conclusion, Evidence, Method};
pub use interaction::Interaction;
pub use numbers::p as p_value;
pub(crate) use numbers::{decimals, points, signed};
pub use options::{Options, VerdictError};
pub use test_set::{TestSet, Unmoved};

use crate::statistics::holm::holm;
use crate::summary::unique;
use contrast::{Arm, levels};
use effect::EffectBuilder;
use options::Question;

/// What an experiment's runs answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verdict {
    /// The primary comparison, with what was asked for in place of what the file says; `None` if
    /// the experiment names none.
    pub compare: Option<Compare>,
    /// The figure that is compared.
    pub metric: Metric,
    /// The rule that selected the epochs.
    pub rule: Rule,
    /// The benchmarks, in the experiment's order.
    pub benchmarks: Vec<BenchmarkVerdict>,
}

/// What the runs on one benchmark answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BenchmarkVerdict {
    /// The benchmark.
    pub benchmark: String,
    /// Whether its clips are drawn.
    pub synthetic: bool,
    /// The answer: a sentence for each effect of the primary comparison, or why there is none.
    pub answer: Vec<String>,
    /// The primary comparison: every other level against the baseline.
    pub primary: Vec<Effect>,
    /// The other comparisons: the primary one in the other figure, and every level of the other
    /// factors against their first.
    pub others: Vec<Effect>,
    /// Whether the effect of one factor depends on another's level: the primary factor with each
    /// other, or all pairs where none is primary.
    pub interactions: Vec<Interaction>,
    /// What a reader has to know of these comparisons, as sentences.
    pub notes: Vec<String>,
}

/// Compares an experiment's settings.
///
/// # Errors
/// A baseline in `options` that is no level of the compared factor, or a rule that some runs do not
/// have.
pub fn verdict(data: &ExperimentData, options: &Options) -> Result<Verdict, VerdictError> {
    let question = Question::new(data, options)?;
    let names = (data.experiment.benchmarks.iter().cloned())
        .chain(data.runs.iter().map(|run| run.benchmark.clone()));
    let benchmarks = unique(names).into_iter().filter_map(|name| {
        let runs: Vec<&RunRecord> = data
            .runs
            .iter()
            .filter(|run| run.benchmark == name)
            .collect();
        (!runs.is_empty()).then(|| benchmark(name, &runs, &levels(&data.runs), &question))
    });
    Ok(Verdict {
        benchmarks: benchmarks.collect(),
        compare: question.compare(),
        metric: question.metric,
        rule: question.rule,
    })
}

fn benchmark(
    name: String,
    runs: &[&RunRecord],
    factors: &[(String, Vec<String>)],
    question: &Question,
) -> BenchmarkVerdict {
    let arms = Arm::all(runs, question.rule);
    let builder = EffectBuilder {
        arms: &arms,
        factors,
        rule: question.rule,
    };
    let primary_factor = question.primary.as_ref().map(|(factor, _)| factor);
    let mut primary = Vec::new();
    let mut others = Vec::new();
    if let Some((factor, baseline)) = &question.primary {
        primary = builder.effects(factor, Some(baseline), question.metric, true);
        let other = match question.metric {
            Metric::Uar => Metric::War,
            Metric::War => Metric::Uar,
        };
        others = builder.effects(factor, Some(baseline), other, false);
    }
    for (factor, _) in factors {
        if Some(factor) != primary_factor {
            others.extend(builder.effects(factor, None, question.metric, false));
        }
    }
    let mut interactions = builder.interactions(question);
    correct(
        primary
            .iter_mut()
            .map(|effect| &mut effect.evidence)
            .collect(),
    );
    let rest = others.iter_mut().map(|effect| &mut effect.evidence);
    correct(
        rest.chain(interactions.iter_mut().map(|one| &mut one.evidence))
            .collect(),
    );
    for effect in primary.iter_mut().chain(&mut others) {
        effect.sentence = sentence::effect(effect, factors);
    }
    for interaction in &mut interactions {
        interaction.sentence = sentence::interaction(interaction, factors);
    }
    BenchmarkVerdict {
        synthetic: runs.iter().any(|run| run.synthetic),
        answer: sentence::answer(question, factors, &primary),
        notes: notes::notes(question, &primary, &others, &interactions),
        benchmark: name,
        primary,
        others,
        interactions,
    }
}

/// Holm's correction over all of these that have a test.
fn correct(family: Vec<&mut Evidence>) {
    let p = family
        .iter()
        .map(|evidence| evidence.test.map_or(f64::NAN, |test| test.p));
    let corrected = holm(&p.collect::<Vec<_>>());
    let tests = corrected.iter().filter(|p| !p.is_nan()).count().max(1);
    for (evidence, p) in family.into_iter().zip(corrected) {
        evidence.correct(Some(p).filter(|p| !p.is_nan()), tests);
    }
}
