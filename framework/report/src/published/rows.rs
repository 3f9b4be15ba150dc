//! The published results that may stand beside our figures.

use exp_core::metrics::Rule;
use serde::Serialize;

use super::{Published, PublishedResult};
use crate::summary::BenchmarkSummary;
use crate::text::list;

/// Published results beside ours.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Beside {
    /// The fold that they are of; `None`: the whole official protocol.
    pub fold: Option<u32>,
    /// The results that may stand beside ours.
    pub rows: Vec<Row>,
    /// Those that may not, each with the reason.
    pub left_out: Vec<(String, String)>,
}

/// A published result beside ours: a point without an interval.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// The method with its variant.
    pub title: String,
    /// How its protocol differs from that of our figures, in words.
    pub differences: Vec<String>,
    /// The result.
    #[serde(flatten)]
    pub result: PublishedResult,
}

impl Published {
    /// The rows beside our figures on a benchmark under a rule, the highest UAR last; none on a
    /// synthetic benchmark.
    ///
    /// Where we have one fold that others report by itself, the rows are of that fold. Else they are
    /// of the whole protocol, and say so where we have a part of it.
    pub fn beside(&self, benchmark: &BenchmarkSummary, rule: Rule) -> Beside {
        let own =
            |result: &&PublishedResult| !benchmark.synthetic && result.benchmark == benchmark.name;
        let results = || self.results.iter().filter(own);
        let fold = match benchmark.folds[..] {
            [fold] if results().any(|result| result.fold == Some(fold)) => Some(fold),
            _ => None,
        };
        let (comparable, left_out): (Vec<&PublishedResult>, Vec<_>) = results()
            .filter(|result| result.fold == fold)
            .partition(|result| result.not_comparable.is_none());
        let mut rows: Vec<Row> = comparable
            .into_iter()
            .map(|result| Row {
                title: result.title(),
                differences: (result.differences(rule).into_iter())
                    .map(str::to_owned)
                    .chain(more_folds(result, &benchmark.folds))
                    .collect(),
                result: result.clone(),
            })
            .collect();
        rows.sort_by(|a, b| figure_order(&a.result).total_cmp(&figure_order(&b.result)));
        let left_out = left_out.into_iter().map(|result| {
            (
                result.title(),
                result.not_comparable.clone().unwrap_or_default(),
            )
        });
        Beside {
            fold,
            rows,
            left_out: left_out.collect(),
        }
    }
}

/// That a result is the mean over more folds than ours.
fn more_folds(result: &PublishedResult, ours: &[u32]) -> Option<String> {
    let all = result.folds.filter(|&all| ours.len() < all)?;
    let noun = if ours.len() == 1 { "fold" } else { "folds" };
    Some(format!("all {all} folds; ours {noun} {}", list(ours)))
}

fn figure_order(result: &PublishedResult) -> f64 {
    result.uar.or(result.war).unwrap_or(f64::NEG_INFINITY)
}
