//! What stands below the sentences of a verdict: what they rest on, and what they leave out.

use exp_core::metrics::Rule;

use super::effect::Effect;
use super::evidence::{Conclusion, Method};
use super::interaction::Interaction;
use super::numbers::{decimals, p, range};
use super::options::Question;
use super::test_set::Unmoved;
use crate::statistics::bootstrap::Unit;
use crate::text::{self, count, list};

/// What a reader has to know of a benchmark's comparisons.
pub(super) fn notes(
    question: &Question,
    primary: &[Effect],
    others: &[Effect],
    interactions: &[Interaction],
) -> Vec<String> {
    let mut notes = Vec::new();
    let evidence = || {
        (primary.iter().chain(others).map(|effect| &effect.evidence))
            .chain(interactions.iter().map(|one| &one.evidence))
    };
    if evidence().any(|evidence| evidence.conclusion == Conclusion::NotDistinguishable) {
        notes.push("The smallest gap that could have been seen is the one that such an experiment shows in 4 of 5 repetitions.".to_owned());
    }
    if evidence().any(|evidence| evidence.method == Method::Seeds) {
        notes.push("Intervals over seeds take the differences as normally distributed; where they have a long tail, or a run now and then goes wrong, about 9 in 10 of them hold the true value instead of 19 in 20.".to_owned());
    }
    if evidence().any(|evidence| evidence.method == Method::Folds) {
        notes.push("The folds share their training data, so their differences are not independent: the variance is corrected for that (Nadeau and Bengio, 2003), by a rule of thumb. How far another seed would move the figures is not in the interval.".to_owned());
    }
    if evidence().any(|evidence| evidence.folds_overlap) {
        notes.push("Folds share test clips here, so they are not tested against each other; three seeds are needed.".to_owned());
    }
    if question.rule == Rule::BestTest {
        notes.push("Epochs were chosen by their result on the test set, so the figures on both sides are too high.".to_owned());
    }
    let seeds: Vec<u64> = crate::summary::unique(
        primary
            .iter()
            .flat_map(|effect| effect.evidence.incomplete_seeds.iter().copied()),
    );
    if !seeds.is_empty() {
        let noun = if seeds.len() == 1 { "Seed" } else { "Seeds" };
        let verb = if seeds.len() == 1 { "is" } else { "are" };
        notes.push(format!(
            "{noun} {} {verb} left out of a comparison, since a run on one of its sides is missing: only complete pairs count.",
            list(&seeds)
        ));
    }
    let settings = crate::summary::unique(
        primary
            .iter()
            .flat_map(|effect| effect.evidence.incomplete_settings.iter().cloned()),
    );
    for setting in settings {
        let setting = text::short(&setting);
        notes.push(format!(
            "The comparison leaves the setting {setting} out, since no seed has its runs on both sides."
        ));
    }
    for effect in primary {
        notes.extend(beside(effect));
    }
    notes
}

/// What stands beside an effect's verdict and never instead of it.
fn beside(effect: &Effect) -> Vec<String> {
    let mut notes = Vec::new();
    let against = format!(
        "{} against {}",
        text::short(&effect.level),
        text::short(&effect.baseline)
    );
    if let Some(test) = effect.evidence.sign_flip {
        let how = if test.exact {
            "all signs"
        } else {
            "99,999 random signs"
        };
        notes.push(format!(
            "{against}: the sign-flip test of {how} gives {} (so many seeds can give {} at the least).",
            p(test.p),
            p(test.smallest)
        ));
    }
    if let Some(test) = &effect.test_set {
        let (low, high) = (test.interval.low, test.interval.high);
        let drawn = match test.unit {
            Unit::Person => count(test.units, "person"),
            Unit::Clip => format!(
                "{} (as if no two showed the same person)",
                count(test.units, "test clip")
            ),
        };
        notes.push(format!(
            "{against}, for these trained models alone: drawing other test sets from these {drawn} moves the difference within {} points (95 % of draws; in UAR, where a class has few clips, such an interval is somewhat too narrow).",
            range(low, high, decimals(&[low, high]))
        ));
        if !test.unmoved.is_empty() {
            let class = |class: &Unmoved| {
                format!(
                    "{} ({:.0} and {:.0} %)",
                    text::short(&class.class),
                    class.level,
                    class.baseline
                )
            };
            notes.push(format!(
                "{against}: such draws cannot move the recall difference of {}.",
                list(&test.unmoved.iter().map(class).collect::<Vec<_>>())
            ));
        }
    }
    notes
}
