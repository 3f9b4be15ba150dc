//! What the runs cost.

use exp_store::{RunRecord, Status};
use serde::Serialize;

use super::settings::Setting;
use super::unique;
use crate::figure::mean;

/// What costs are made of.
pub(super) const SERIES: [&str; 5] = [CLIPS_PER_SECOND, WAITED, EPOCH_SECONDS, JOULES, GPU_MEMORY];

/// Clips that training took in a second.
const CLIPS_PER_SECOND: &str = "time/clips_per_second";

/// The share of an epoch in which training waited for clips, in 0 to 1.
const WAITED: &str = "time/waited_share";

/// Seconds of an epoch, which each has.
const EPOCH_SECONDS: &str = "time/epoch_seconds";

/// The energy in joules that the GPU used during an epoch.
const JOULES: &str = "gpu/joules";

/// The bytes of a GPU's memory that the process held at the end of an epoch.
const GPU_MEMORY: &str = "gpu/memory_bytes";

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
    /// The most memory of a GPU in bytes that a process held at the end of an epoch.
    pub gpu_memory: Option<u64>,
    /// Mean energy in joules that the GPU used for one run, whoever computed on it; `None` where that
    /// is not known of each epoch of each run.
    pub joules: Option<f64>,
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
            let series = |name| own.iter().flat_map(move |(run, _)| values(run, name));
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
                gpu_memory: series(GPU_MEMORY)
                    .reduce(f64::max)
                    .map(|bytes| bytes as u64),
                joules: (own
                    .iter()
                    .map(|(run, _)| joules(run))
                    .collect::<Option<Vec<f64>>>())
                .and_then(mean),
                clips_per_second: mean(series(CLIPS_PER_SECOND)),
                waited: mean(series(WAITED)).map(|share| 100.0 * share),
            });
        }
    }
    costs
}

/// The finite figures of a series.
fn values(run: &RunRecord, series: &str) -> impl Iterator<Item = f64> {
    let points = run.points.iter();
    points
        .filter(move |point| point.series == series && point.value.is_finite())
        .map(|point| point.value)
}

/// What all epochs together used; `None` where that is not known of each.
fn joules(run: &RunRecord) -> Option<f64> {
    let known = values(run, JOULES).count();
    (known > 0 && known == values(run, EPOCH_SECONDS).count()).then(|| values(run, JOULES).sum())
}

/// As the store recorded them; none where it did not.
fn seconds(run: &RunRecord) -> Option<f64> {
    Some(run.history.seconds).filter(|seconds| *seconds > 0.0)
}
