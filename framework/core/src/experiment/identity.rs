//! The content id of a run: the same id, the same run.

use serde::Serialize;
use sha2::{Digest, Sha256};

/// Raised when the same settings would train another model than before: a change of the
/// optimiser, of sampling, of initial values. Runs from before are then not taken for the same.
pub const TRAINING_MEANING: u32 = 1;

/// Everything a run's figures depend on.
#[derive(Debug, Clone, Serialize)]
pub struct Identity<'a> {
    /// Resolved settings without the benchmark's own: its data are in `manifest`.
    pub settings: &'a serde_json::Value,
    /// Hash of the clips: names, frame files, sizes, labels, classes.
    pub manifest: &'a str,
    /// SHA-256 of the backbone's file.
    pub weights: &'a str,
    /// The class texts.
    pub texts: &'a [String],
    /// The seed.
    pub seed: u64,
    /// The fold.
    pub fold: u32,
    /// Kind of device and precision, as in `cpu-f32`.
    pub device: &'a str,
}

/// The id of a run: 24 hexadecimal digits of the SHA-256 of its identity.
pub fn run_id(identity: &Identity<'_>) -> String {
    let mut settings = identity.settings.clone();
    if let Some(map) = settings.as_object_mut() {
        map.remove("benchmark");
        // How many threads read the clips changes no figure.
        if let Some(train) = map.get_mut("train").and_then(|train| train.as_object_mut()) {
            train.remove("workers");
        }
    }
    let identity = Identity {
        settings: &settings,
        ..identity.clone()
    };
    let text = serde_json::json!({ "meaning": TRAINING_MEANING, "run": identity }).to_string();
    let digest = Sha256::digest(text.as_bytes());
    digest
        .iter()
        .take(12)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
