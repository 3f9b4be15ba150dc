//! The settings that all runs on a benchmark have in common.

use exp_store::RunRecord;
use serde::Serialize;
use serde_json::Value as Json;

use super::unique;

/// The settings that all runs on a benchmark have in common, from every layer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SharedSettings {
    /// The benchmark.
    pub benchmark: String,
    /// Path and value of each.
    pub settings: Vec<(String, String)>,
}

/// The settings that do not vary, benchmark by benchmark.
pub(super) fn shared(runs: &[RunRecord]) -> Vec<SharedSettings> {
    unique(runs.iter().map(|run| run.benchmark.clone()))
        .into_iter()
        .map(|benchmark| {
            let mut runs = runs.iter().filter(|run| run.benchmark == benchmark);
            let mut settings = Vec::new();
            if let Some(first) = runs.next() {
                leaves(String::new(), &first.settings, &mut settings);
            }
            for run in runs {
                let mut others = Vec::new();
                leaves(String::new(), &run.settings, &mut others);
                settings.retain(|setting| others.contains(setting));
            }
            SharedSettings {
                benchmark,
                settings,
            }
        })
        .filter(|shared| !shared.settings.is_empty())
        .collect()
}

/// The paths of all values, `{}` for a plugin without settings; what is off (null) is left out.
fn leaves(path: String, value: &Json, found: &mut Vec<(String, String)>) {
    match value {
        Json::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                let path = match path.as_str() {
                    "" => key.clone(),
                    path => format!("{path}.{key}"),
                };
                leaves(path, value, found);
            }
        }
        Json::Null => {}
        Json::Object(_) if path.is_empty() => {}
        Json::String(text) => found.push((path, text.clone())),
        other => found.push((path, other.to_string())),
    }
}
