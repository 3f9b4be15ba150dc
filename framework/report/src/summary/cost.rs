//! What the runs cost.

use exp_store::{RunRecord, Status};
use serde::Serialize;

use super::settings::Setting;
use super::unique;
use crate::figure::mean;

/// Clips that training took in a second.
pub(super) const CLIPS_PER_SECOND: &str = "time/clips_per_second";

/// The share of an epoch in which training waited for clips, in 0 to 1.
pub(super) const WAITED: &str = "time/waited_share";

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
    /// Mean seconds of work on one run, over all attempts that its figures are of: the time in which
    /// an interrupted run lay still is not in it.
    pub seconds: f64,
    /// The time of all these runs, in seconds.
    pub total: f64,
    /// The most memory in bytes that a process had when it ended one of these runs. A process that
    /// trains several runs has them all in it.
    pub memory: Option<u64>,
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
                memory: (own.iter())
                    .filter_map(|(run, _)| run.provenance.as_ref()?.peak_memory)
                    .max(),
                clips_per_second: series(CLIPS_PER_SECOND),
                waited: series(WAITED).map(|share| 100.0 * share),
            });
        }
    }
    costs
}

/// As the store recorded them; none where it did not.
fn seconds(run: &RunRecord) -> Option<f64> {
    Some(run.history.seconds).filter(|seconds| *seconds > 0.0)
}
