//! What people noted on runs.

use exp_store::RunRecord;
use serde::Serialize;

use super::settings::Setting;

/// A remark on a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Remark {
    /// The run's content id.
    pub id: String,
    /// Its benchmark.
    pub benchmark: String,
    /// The letter of its setting.
    pub letter: String,
    /// Its seed.
    pub seed: u64,
    /// Its fold.
    pub fold: u32,
    /// When it was noted, RFC 3339.
    pub written: String,
    /// What was noted.
    pub text: String,
}

/// All remarks, in the order of the plan and of time.
pub(super) fn remarks(runs: &[RunRecord], settings: &[Setting]) -> Vec<Remark> {
    let mut all = Vec::new();
    for run in runs.iter().filter(|run| !run.history.notes.is_empty()) {
        let setting = settings.iter().find(|setting| setting.levels == run.levels);
        all.extend(run.history.notes.iter().map(|note| Remark {
            id: run.id.clone(),
            benchmark: run.benchmark.clone(),
            letter: setting.map_or_else(String::new, |setting| setting.letter.clone()),
            seed: run.seed,
            fold: run.fold,
            written: format!("{:.0}", note.written),
            text: note.text.clone(),
        }));
    }
    all
}
