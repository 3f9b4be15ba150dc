//! How two levels differ in what they confuse.

use serde::Serialize;

use crate::Report;
use crate::summary::{BenchmarkSummary, Cell};

/// Levels that are set against the baseline.
const SHOWN: usize = 3;

/// What one level confuses more or less often than another.
#[derive(Serialize)]
pub struct Difference {
    level: String,
    baseline: String,
    classes: Vec<String>,
    /// Rows: true classes; columns: predicted ones.
    rows: Vec<Vec<Option<Change>>>,
}

/// One cell.
#[derive(Serialize)]
struct Change {
    /// The share of the true class with the level less that with the baseline, in points.
    points: f64,
    /// How strong its colour is, 100 at the largest change of the matrix.
    shade: f64,
}

/// The primary comparison's levels, each less the baseline; settings that differ in nothing else are
/// summed up.
pub fn differences(report: &Report, benchmark: &BenchmarkSummary) -> Vec<Difference> {
    let verdicts = &report.verdict.benchmarks;
    let verdict = verdicts
        .iter()
        .find(|verdict| verdict.benchmark == benchmark.name);
    let effects = verdict.map_or(&[][..], |verdict| &verdict.primary);
    let difference = |effect: &crate::verdict::Effect| {
        let of = |label: &str| total(report, benchmark, &effect.factor, label);
        let (classes, level) = of(&effect.level)?;
        let (others, baseline) = of(&effect.baseline)?;
        (classes == others).then(|| Difference {
            level: effect.level.clone(),
            baseline: effect.baseline.clone(),
            rows: change(&level, &baseline),
            classes,
        })
    };
    effects.iter().filter_map(difference).take(SHOWN).collect()
}

/// The classes and the counts of all settings at a level; `None` where their classes differ or no
/// run counts.
fn total(
    report: &Report,
    benchmark: &BenchmarkSummary,
    factor: &str,
    label: &str,
) -> Option<(Vec<String>, Vec<Vec<u64>>)> {
    let at = report
        .summary
        .factors
        .iter()
        .position(|other| other == factor)?;
    let mut sum: Option<(Vec<String>, Vec<Vec<u64>>)> = None;
    let settings = benchmark
        .settings
        .iter()
        .filter(|own| own.setting.labels[at] == label);
    for under in settings
        .map(|setting| setting.rule(report.view.rule))
        .filter(|under| under.uar.n > 0)
    {
        let classes: Vec<String> = under
            .recalls
            .iter()
            .map(|recall| recall.class.clone())
            .collect();
        let count = |row: &Vec<Cell>| row.iter().map(|cell| cell.count).collect();
        let own: Vec<Vec<u64>> = under.confusion.iter().map(count).collect();
        match &mut sum {
            None => sum = Some((classes, own)),
            Some((known, _)) if *known != classes => return None,
            Some((_, total)) => {
                for (total, own) in total.iter_mut().flatten().zip(own.iter().flatten()) {
                    *total += own;
                }
            }
        }
    }
    sum
}

fn change(level: &[Vec<u64>], baseline: &[Vec<u64>]) -> Vec<Vec<Option<Change>>> {
    let share = |row: &[u64], at: usize| {
        let support: u64 = row.iter().sum();
        (support > 0).then(|| 100.0 * row[at] as f64 / support as f64)
    };
    let points: Vec<Vec<Option<f64>>> = level
        .iter()
        .zip(baseline)
        .map(|(level, baseline)| {
            let cell = |at| Some(share(level, at)? - share(baseline, at)?);
            (0..level.len()).map(cell).collect()
        })
        .collect();
    let largest = points
        .iter()
        .flatten()
        .flatten()
        .fold(0.0, |most: f64, one| most.max(one.abs()));
    let cell = |points: f64| Change {
        points,
        shade: if largest > 0.0 {
            100.0 * points.abs() / largest
        } else {
            0.0
        },
    };
    let row = |row: Vec<Option<f64>>| row.into_iter().map(|points| points.map(cell)).collect();
    points.into_iter().map(row).collect()
}
