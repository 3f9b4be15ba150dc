//! Learning curves of one setting.

use std::collections::BTreeMap;

use exp_store::RunRecord;

use crate::figure::mean;

/// The series that are drawn.
pub const SERIES: [&str; 4] = ["train/loss", "test/loss", "test/uar", "test/war"];

/// One series of all runs of a setting that count.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// The series' name.
    pub series: &'static str,
    /// Each run's (epoch, value), in the order of epochs; values may be NaN or infinite.
    pub runs: Vec<Vec<(usize, f64)>>,
    /// The mean over the runs at each epoch; NaN where a run has no finite value, since a mean
    /// over the others would hide that.
    pub mean: Vec<(usize, f64)>,
}

impl Curve {
    /// Values that are not finite, and so leave a gap.
    pub fn gaps(&self) -> usize {
        self.runs
            .iter()
            .flatten()
            .filter(|(_, value)| !value.is_finite())
            .count()
    }
}

/// The curves of some runs; a series that none of them has is left out.
pub(super) fn of(runs: &[&RunRecord]) -> Vec<Curve> {
    let curves = SERIES.iter().map(|series| {
        let runs: Vec<Vec<(usize, f64)>> = runs.iter().map(|run| points(run, series)).collect();
        let mean = average(&runs);
        Curve { series, runs, mean }
    });
    curves.filter(|curve| !curve.mean.is_empty()).collect()
}

fn points(run: &RunRecord, series: &str) -> Vec<(usize, f64)> {
    let mut points: Vec<(usize, f64)> = run
        .points
        .iter()
        .filter(|point| point.series == series)
        .map(|point| (point.epoch, point.value))
        .collect();
    points.sort_by_key(|&(epoch, _)| epoch);
    points
}

fn average(runs: &[Vec<(usize, f64)>]) -> Vec<(usize, f64)> {
    let mut epochs: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    for &(epoch, value) in runs.iter().flatten() {
        epochs.entry(epoch).or_default().push(value);
    }
    let mean = |values: Vec<f64>| {
        let whole = values.len() == runs.len() && values.iter().all(|value| value.is_finite());
        if whole { mean(values) } else { None }
    };
    let means = epochs
        .into_iter()
        .map(|(epoch, values)| (epoch, mean(values).unwrap_or(f64::NAN)));
    means.collect()
}
