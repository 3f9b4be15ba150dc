//! The sentences that follow from the figures.

use exp_core::metrics::Metric;

use super::effect::Effect;
use super::evidence::{Conclusion, Evidence, Method};
use super::interaction::Interaction;
use super::numbers::{decimals, p, points, range, signed};
use super::options::Question;
use crate::statistics::paired::LEAST;
use crate::text::{self, count, list};

type Factors = [(String, Vec<String>)];

/// What an effect says.
pub(super) fn effect(effect: &Effect, factors: &Factors) -> String {
    let (level, baseline) = (
        named(&effect.factor, &effect.level, factors),
        named(&effect.factor, &effect.baseline, factors),
    );
    let evidence = &effect.evidence;
    let metric = name(effect.metric);
    let Some(mean) = evidence.mean else {
        return format!(
            "No verdict yet on {level} against {baseline}: no seed has all of its runs."
        );
    };
    let gap = |decimals| points(mean.abs(), decimals);
    let decimals = places(evidence);
    let counted = counted(evidence, &[&effect.factor], factors);
    match evidence.conclusion {
        Conclusion::Above | Conclusion::Below => {
            let word = match evidence.conclusion {
                Conclusion::Above => "better",
                _ => "worse",
            };
            format!(
                "{level} is {word} than {baseline} by {} points {metric} ({}, {counted}{}).",
                gap(decimals),
                interval(evidence, decimals, mean < 0.0),
                corrected(evidence),
            )
        }
        Conclusion::NotDistinguishable => format!(
            "{level} and {baseline} are not distinguishable in {metric}: the difference is {} points ({}, {counted}{}), and {}.",
            signed(mean, decimals),
            interval(evidence, decimals, false),
            corrected(evidence),
            unseen(evidence, decimals),
        ),
        Conclusion::Equal => {
            format!("{level} and {baseline} gave the same {metric} every time ({counted}).")
        }
        Conclusion::NoVerdict => untested(effect, &level, &baseline, mean),
    }
}

/// What an interaction says.
pub(super) fn interaction(interaction: &Interaction, factors: &Factors) -> String {
    let Interaction {
        factor,
        level,
        baseline,
        other,
        evidence,
        ..
    } = interaction;
    let (level, baseline) = (
        named(factor, level, factors),
        named(factor, baseline, factors),
    );
    let metric = name(interaction.metric);
    let at = |label: &str| format!("{} {}", short(other, factors), text::short(label));
    let (here, there) = (at(&interaction.at), at(&interaction.than_at));
    let Some(mean) = evidence.mean else {
        return format!(
            "Whether {level} against {baseline} depends on {here} or {there} is open: no seed has all of its runs."
        );
    };
    let decimals = places(evidence);
    let counted = counted(evidence, &[factor, other], factors);
    let what = format!("The gain of {level} over {baseline}");
    match evidence.conclusion {
        Conclusion::Above | Conclusion::Below => format!(
            "{what} is {} with {here} than with {there} by {} points {metric} ({}, {counted}{}).",
            if mean > 0.0 { "larger" } else { "smaller" },
            points(mean.abs(), decimals),
            interval(evidence, decimals, mean < 0.0),
            corrected(evidence),
        ),
        Conclusion::NotDistinguishable => format!(
            "{what} is not distinguishable between {here} and {there}: it differs by {} points {metric} ({}, {counted}{}), and {}.",
            signed(mean, decimals),
            interval(evidence, decimals, false),
            corrected(evidence),
            unseen(evidence, decimals),
        ),
        Conclusion::Equal => {
            format!("{what} is the same in {metric} with {here} and with {there} ({counted}).")
        }
        Conclusion::NoVerdict => format!(
            "{what} differs by {} points {metric} between {here} and {there} in {counted}: no verdict, an interval takes {LEAST} seeds or folds.",
            signed(mean, decimals)
        ),
    }
}

/// The answer to the experiment's question on one benchmark.
pub(super) fn answer(question: &Question, factors: &Factors, primary: &[Effect]) -> Vec<String> {
    let text = match &question.primary {
        Some(_) if !primary.is_empty() => {
            return primary.iter().map(|effect| effect.sentence.clone()).collect();
        }
        Some((factor, baseline)) => format!(
            "No run has another level of {} than {}.",
            text::short(factor),
            text::short(baseline)
        ),
        None if factors.iter().all(|(_, labels)| labels.len() < 2) => {
            "There is one setting, and so nothing to compare.".to_owned()
        }
        None => "This experiment names no comparison (`compare:` in its file), so it has no primary verdict.".to_owned(),
    };
    vec![text]
}

fn untested(effect: &Effect, level: &str, baseline: &str, mean: f64) -> String {
    let metric = name(effect.metric);
    let gap = signed(mean, decimals(&[mean]));
    if let Some(models) = &effect.models {
        return format!(
            "No verdict on the setting, since there is one run a side: the two trained models are {gap} points {metric} apart ({level} less {baseline}). By McNemar's exact test of these two models, {} right by the first alone and {} by the second alone, {}.",
            count(models.first_only as usize, "clip"),
            models.second_only,
            p(models.p)
        );
    }
    let seeds = effect.evidence.seeds.len();
    format!(
        "No verdict on {level} against {baseline}: the difference is {gap} points {metric} in {}, and an interval takes {LEAST}.",
        count(seeds, "seed")
    )
}

/// How the primary sentences tell of a correction.
fn corrected(evidence: &Evidence) -> String {
    match (evidence.tests, evidence.corrected) {
        (0 | 1, _) | (_, None) => String::new(),
        (tests, Some(corrected)) => {
            format!(
                "; {} after Holm's correction for {tests} comparisons",
                p(corrected)
            )
        }
    }
}

fn interval(evidence: &Evidence, decimals: usize, mirrored: bool) -> String {
    let Some(test) = evidence.test else {
        return "no interval".to_owned();
    };
    let (low, high) = match mirrored {
        true => (-test.interval.high, -test.interval.low),
        false => (test.interval.low, test.interval.high),
    };
    format!("95 % interval {}", range(low, high, decimals))
}

/// The decimals that an evidence's figures need.
fn places(evidence: &Evidence) -> usize {
    let mut values: Vec<f64> = evidence.mean.into_iter().collect();
    if let Some(test) = evidence.test {
        values.extend([test.interval.low, test.interval.high, test.smallest_visible]);
    }
    decimals(&values)
}

fn unseen(evidence: &Evidence, decimals: usize) -> String {
    let smallest = evidence.test.map_or(0.0, |test| test.smallest_visible);
    let n = match evidence.method {
        Method::Folds => count(evidence.n, "fold"),
        _ => count(evidence.n, "seed"),
    };
    format!(
        "with {n} a gap below {} points could not have been seen",
        points(smallest, decimals)
    )
}

/// What n counts: `paired over 5 seeds, each the mean over 5 folds and 2 levels of depth`.
fn counted(evidence: &Evidence, fixed: &[&String], factors: &Factors) -> String {
    let others: Vec<String> = factors
        .iter()
        .filter(|(factor, labels)| !fixed.contains(&factor) && labels.len() > 1)
        .map(|(factor, _)| short(factor, factors))
        .collect();
    let mut over = Vec::new();
    let base = match evidence.method {
        Method::Folds => {
            let seeds = count(evidence.seeds.len(), "seed");
            format!("paired over {} of {seeds}", count(evidence.n, "fold"))
        }
        _ => {
            if evidence.folds.len() > 1 {
                over.push(count(evidence.folds.len(), "fold"));
            }
            format!("paired over {}", count(evidence.seeds.len(), "seed"))
        }
    };
    if evidence.settings > 1 {
        over.push(format!(
            "{} settings of {}",
            evidence.settings,
            list(&others)
        ));
    }
    match over.is_empty() {
        true => base,
        false => format!("{base}, each the mean over {}", list(&over)),
    }
}

/// A level in a sentence: its label, with the factor's name before a bare number or switch.
fn named(factor: &str, label: &str, factors: &Factors) -> String {
    let bare = label.parse::<f64>().is_ok() || matches!(label, "true" | "false" | "null");
    match bare {
        true => format!("{} {label}", short(factor, factors)),
        false => text::short(label).into_owned(),
    }
}

/// The last part of a factor's path, or the whole path where another factor ends alike.
fn short(factor: &str, factors: &Factors) -> String {
    let last = |path: &str| path.rsplit('.').next().unwrap_or_default().to_owned();
    let alike = factors
        .iter()
        .filter(|(other, _)| last(other) == last(factor))
        .count();
    let name = if alike == 1 {
        last(factor)
    } else {
        factor.to_owned()
    };
    text::short(&name).into_owned()
}

/// The figure's name.
fn name(metric: Metric) -> &'static str {
    match metric {
        Metric::Uar => "UAR",
        Metric::War => "WAR",
    }
}
