//! The answer at the top: what the comparisons say, and their chart.

use serde::Serialize;

use crate::Report;
use crate::charts::forest::{Forest, Row, forest};
use crate::verdict::{
    BenchmarkVerdict, Effect, Evidence, Method, decimals, p_value, points, signed,
};
use crate::{describe, text};

/// Sentences of an answer, and notes on it, that stand open; the others are in details.
const OPEN: usize = 8;

/// Differences that the chart draws.
const DRAWN: usize = 40;

/// Comparisons that the table holds.
const LISTED: usize = 200;

/// The answer on one benchmark.
#[derive(Serialize)]
pub struct Answer {
    benchmark: String,
    sentences: Vec<String>,
    /// The sentences that are too many to stand open.
    more_sentences: Vec<String>,
    notes: Vec<String>,
    more_notes: Vec<String>,
    chart: Option<Forest>,
    /// Comparisons that the chart has no room for.
    more_lines: usize,
    /// All comparisons with their figures.
    comparisons: Vec<Comparison>,
    /// Comparisons that the table has no room for.
    more_comparisons: usize,
}

/// One comparison as a row of a table.
#[derive(Serialize)]
struct Comparison {
    primary: bool,
    what: String,
    metric: &'static str,
    mean: String,
    interval: String,
    p: String,
    corrected: String,
    n: String,
    visible: String,
    sentence: String,
}

impl Answer {
    /// The answers on all benchmarks.
    pub fn all(report: &Report) -> Vec<Self> {
        report.verdict.benchmarks.iter().map(Self::new).collect()
    }

    fn new(verdict: &BenchmarkVerdict) -> Self {
        let primary = verdict.primary.iter().map(|effect| (true, effect));
        let effects = primary.chain(verdict.others.iter().map(|effect| (false, effect)));
        let effects: Vec<(bool, &Effect)> = effects.collect();
        let rows: Vec<Row> = (effects.iter())
            .filter_map(|(primary, effect)| row(*primary, effect))
            .collect();
        let more_lines = rows.len().saturating_sub(DRAWN);
        let mut comparisons: Vec<Comparison> = (effects.iter())
            .map(|(primary, effect)| {
                comparison(
                    *primary,
                    what(effect),
                    describe::metric(effect.metric),
                    &effect.evidence,
                    &effect.sentence,
                )
            })
            .collect();
        comparisons.extend(verdict.interactions.iter().map(|one| {
            let what = format!(
                "({} − {}) with {} − with {}",
                text::short(&one.level),
                text::short(&one.baseline),
                text::short(&one.at),
                text::short(&one.than_at)
            );
            let metric = describe::metric(one.metric);
            comparison(false, what, metric, &one.evidence, &one.sentence)
        }));
        let more_comparisons = comparisons.len().saturating_sub(LISTED);
        comparisons.truncate(LISTED);
        let (sentences, more_sentences) = open(&verdict.answer);
        let (notes, more_notes) = open(&verdict.notes);
        Self {
            benchmark: verdict.benchmark.clone(),
            sentences,
            more_sentences,
            notes,
            more_notes,
            chart: forest(rows.into_iter().take(DRAWN).collect()),
            more_lines,
            comparisons,
            more_comparisons,
        }
    }
}

/// The texts that stand open, and the others.
fn open(texts: &[String]) -> (Vec<String>, Vec<String>) {
    let (open, more) = texts.split_at(texts.len().min(OPEN));
    (open.to_vec(), more.to_vec())
}

/// What is compared: `depth: 2 − 1`.
fn what(effect: &Effect) -> String {
    let name = effect.factor.rsplit('.').next().unwrap_or_default();
    let [name, level, baseline] = [name, &effect.level, &effect.baseline].map(text::short);
    format!("{name}: {level} − {baseline}")
}

/// The row of the chart; none without a mean.
fn row(primary: bool, effect: &Effect) -> Option<Row> {
    let evidence = &effect.evidence;
    let interval = evidence
        .test
        .map(|test| (test.interval.low, test.interval.high));
    Some(Row {
        primary,
        label: what(effect),
        metric: describe::metric(effect.metric),
        mean: evidence.mean?,
        interval,
        figure: match interval {
            Some(_) => format!("{} ({})", mean(evidence), self::interval(evidence)),
            None => mean(evidence),
        },
    })
}

fn comparison(
    primary: bool,
    what: String,
    metric: &'static str,
    evidence: &Evidence,
    sentence: &str,
) -> Comparison {
    let dash = || "–".to_owned();
    let noun = match evidence.method {
        Method::Folds => "fold",
        Method::Seeds | Method::Untested => "seed",
    };
    Comparison {
        primary,
        what,
        metric,
        mean: mean(evidence),
        interval: interval(evidence),
        p: evidence
            .test
            .map_or_else(dash, |test| bare(&p_value(test.p))),
        corrected: match (evidence.tests, evidence.corrected) {
            (2.., Some(p)) => bare(&p_value(p)),
            _ => dash(),
        },
        n: text::count(evidence.n, noun),
        visible: evidence
            .test
            .map_or_else(dash, |test| points(test.smallest_visible, places(evidence))),
        sentence: sentence.to_owned(),
    }
}

fn mean(evidence: &Evidence) -> String {
    let shown = evidence.mean.map(|mean| signed(mean, places(evidence)));
    shown.unwrap_or_else(|| "–".to_owned())
}

fn interval(evidence: &Evidence) -> String {
    let places = places(evidence);
    let ends = |low, high| format!("{} to {}", points(low, places), points(high, places));
    let test = evidence
        .test
        .map(|test| ends(test.interval.low, test.interval.high));
    test.unwrap_or_else(|| "–".to_owned())
}

/// The decimals with which no figure of a comparison becomes zero.
fn places(evidence: &Evidence) -> usize {
    let ends = evidence
        .test
        .map(|test| [test.interval.low, test.interval.high]);
    let values: Vec<f64> = evidence
        .mean
        .into_iter()
        .chain(ends.into_iter().flatten())
        .collect();
    decimals(&values)
}

/// `p = 0.03` without what its column says: `0.03`, `< 0.001`.
fn bare(p: &str) -> String {
    p.trim_start_matches("p ")
        .trim_start_matches("= ")
        .to_owned()
}
