//! What the runs cost.

use exp_store::{RunRecord, Status};
use serde::Serialize;

use super::settings::Setting;
use super::unique;
use crate::figure::mean;

/// What the runs of one setting on one benchmark cost.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cost {
    /// The letter of the setting.
    pub letter: String,
    /// Its levels.
    pub title: String,
    /// The benchmark.
    pub benchmark: String,
    /// Runs that are done.
    pub runs: usize,
    /// Mean time from start to end of one run, in seconds.
    pub seconds: f64,
    /// The time of all these runs, in seconds.
    pub total: f64,
    /// Mean number of clips that training took in a second.
    pub clips_per_second: Option<f64>,
    /// Mean share of an epoch in which training waited for clips, in percent.
    pub waited: Option<f64>,
}

/// The cost of each setting on each benchmark, of the runs that are done. Runs that were trained
/// side by side on one machine slowed each other down: the figures are what was, not what the
/// model needs.
pub(super) fn costs(runs: &[RunRecord], settings: &[Setting]) -> Vec<Cost> {
    let mut costs = Vec::new();
    for benchmark in unique(runs.iter().map(|run| &run.benchmark)) {
        for setting in settings {
            let own: Vec<(&RunRecord, f64)> = runs
                .iter()
                .filter(|run| run.benchmark == *benchmark && run.status == Status::Done)
                .filter(|run| run.levels == setting.levels)
                .filter_map(|run| Some((run, seconds(run)?)))
                .collect();
            let Some(seconds) = mean(own.iter().map(|(_, seconds)| *seconds)) else {
                continue;
            };
            let series = |name: &str| {
                let points = own.iter().flat_map(|(run, _)| &run.points);
                let points = points.filter(|point| point.series == name);
                mean(
                    points
                        .map(|point| point.value)
                        .filter(|value| value.is_finite()),
                )
            };
            costs.push(Cost {
                letter: setting.letter.clone(),
                title: setting.title.clone(),
                benchmark: benchmark.clone(),
                runs: own.len(),
                seconds,
                total: seconds * own.len() as f64,
                clips_per_second: series("time/clips_per_second"),
                waited: series("time/waited_share").map(|share| 100.0 * share),
            });
        }
    }
    costs
}

/// From start to end; none where the clock was turned back in between.
fn seconds(run: &RunRecord) -> Option<f64> {
    let span = run.finished?.duration_since(run.started?).as_secs_f64();
    (span >= 0.0).then_some(span)
}
