//! The content id of a run: the same id, the same run.

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Raised when the same settings would train another model than before: a change of the
/// optimiser, of sampling, of initial values. Runs from before are then not taken for the same.
pub const TRAINING_MEANING: u32 = 3;

/// Everything a run's figures depend on.
#[derive(Debug, Clone, Serialize)]
pub struct Identity<'a> {
    /// The benchmark's name.
    pub benchmark: &'a str,
    /// Resolved settings. Those of the benchmark and the backbone do not count: what they stand
    /// for is in `manifest` and `weights`.
    pub settings: &'a Value,
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
    let mut settings = that_count(identity.settings);
    if let Some(map) = settings.as_object_mut() {
        map.remove("benchmark");
        map.remove("backbone");
    }
    let identity = Identity {
        settings: &settings,
        ..identity.clone()
    };
    let mut identity = serde_json::json!({ "meaning": TRAINING_MEANING, "run": identity });
    // The order in which settings are declared means nothing.
    identity.sort_all_objects();
    let digest = Sha256::digest(identity.to_string().as_bytes());
    digest
        .iter()
        .take(12)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Settings of `train` that change no figure: how clips are read, and what is kept in memory.
const SILENT: [&str; 4] = ["workers", "cache_gib", "checkpoint_minutes", "recompute"];

/// Settings without those that change no figure, and without those that are the default, where runs
/// from before there were such settings had it too.
pub(super) fn that_count(settings: &Value) -> Value {
    let mut settings = settings.clone();
    let Some(map) = settings.as_object_mut() else {
        return settings;
    };
    map.retain(|key, value| !is_default(key, value));
    for section in ["clip", "train"] {
        if let Some(inner) = map.get_mut(section).and_then(Value::as_object_mut) {
            inner.retain(|key, value| !is_default(&format!("{section}.{key}"), value));
        }
    }
    if let Some(train) = map.get_mut("train").and_then(Value::as_object_mut) {
        train.retain(|key, _| !SILENT.contains(&key.as_str()));
    }
    settings
}

/// Whether a younger setting has the value that stands for how it was before.
fn is_default(path: &str, value: &Value) -> bool {
    match path {
        "image_encoder" => value == "trained",
        "clip.short" => value == "repeat_last",
        "clip.damaged" => value == "stop",
        "train.micro_batch" => value.is_null(),
        "train.held_out" => value.as_f64() == Some(0.0),
        // On CUDA, TF32 is what `f32` is.
        "train.precision" => value == "f32" || value == "tf32",
        _ => false,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::experiment::Training;
    use serde_json::json;

    fn id(settings: &serde_json::Value, change: impl Fn(&mut Identity<'_>)) -> String {
        let mut identity = Identity {
            benchmark: "synthetic",
            settings,
            manifest: "m",
            weights: "w",
            texts: &[],
            seed: 1,
            fold: 1,
            device: "cpu-f32",
        };
        change(&mut identity);
        run_id(&identity)
    }

    /// Runs in a store stay what they are: a new setting, or another order of them, changes no id.
    #[test]
    fn the_id_of_the_defaults_is_fixed() {
        let settings = json!({"train": Training::default()});
        assert_eq!(id(&settings, |_| {}), "d0ed2fb7409eccdf9018fc6a");
    }

    #[test]
    fn what_changes_figures_changes_the_id_and_nothing_else_does() {
        let settings = |backbone: &str, epochs: u32, workers: u32| {
            json!({
                "benchmark": {"frame_list": {"root": backbone}},
                "backbone": backbone,
                "train": {"epochs": epochs, "workers": workers},
            })
        };
        let first = id(&settings("a", 1, 1), |_| {});
        assert_eq!(first.len(), 24);
        assert_eq!(first, id(&settings("moved", 1, 8), |_| {}));
        let with = |change: fn(&mut serde_json::Value)| {
            let mut settings = settings("a", 1, 1);
            change(&mut settings);
            id(&settings, |_| {})
        };
        let rules = |short: &str, damaged: &str| json!({"short": short, "damaged": damaged});
        let default = json!({"clip": {}, "train": {"epochs": 1}});
        let mut written = default.clone();
        written["clip"] = rules("repeat_last", "stop");
        written["train"]["cache_gib"] = json!(2);
        written["image_encoder"] = json!("trained");
        written["train"]["recompute"] = json!(true);
        written["train"]["precision"] = json!("f32");
        written["train"]["micro_batch"] = json!(null);
        written["train"]["held_out"] = json!(0.0);
        assert_eq!(id(&default, |_| {}), id(&written, |_| {}));
        let texts = ["happiness.".to_owned()];
        let others = [
            id(&settings("a", 2, 1), |_| {}),
            with(|settings| settings["clip"] = json!({"short": "repeat_first"})),
            with(|settings| settings["image_encoder"] = json!({"frozen": {"views": 4}})),
            with(|settings| settings["image_encoder"] = json!({"frozen": {"views": 2}})),
            with(|settings| settings["clip"] = json!({"short": "drop"})),
            with(|settings| settings["train"]["micro_batch"] = json!(4)),
            with(|settings| settings["train"]["held_out"] = json!(0.1)),
            with(|settings| settings["train"]["held_out"] = json!(0.2)),
            with(|settings| settings["train"]["precision"] = json!("bf16")),
            with(|settings| settings["clip"] = json!({"damaged": "repeat_neighbour"})),
            id(&settings("a", 1, 1), |identity| {
                identity.benchmark = "other"
            }),
            id(&settings("a", 1, 1), |identity| identity.manifest = "n"),
            id(&settings("a", 1, 1), |identity| identity.weights = "v"),
            id(&settings("a", 1, 1), |identity| identity.seed = 2),
            id(&settings("a", 1, 1), |identity| identity.fold = 2),
            id(&settings("a", 1, 1), |identity| {
                identity.device = "cuda-f32"
            }),
            id(&settings("a", 1, 1), |identity| {
                identity.device = "cpu-bf16"
            }),
            run_id(&Identity {
                benchmark: "synthetic",
                settings: &settings("a", 1, 1),
                manifest: "m",
                weights: "w",
                texts: &texts,
                seed: 1,
                fold: 1,
                device: "cpu-f32",
            }),
        ];
        for (index, other) in others.iter().enumerate() {
            assert_ne!(&first, other, "{index}");
            assert!(!others[..index].contains(other), "{index}");
        }
    }

    /// Stores are full of ids: with the settings of today, a run is the one it was before.
    #[test]
    fn ids_from_before_a_setting_stand() {
        let before = json!({
            "epochs": 50, "batch": 48, "micro_batch": null, "recompute": false,
            "learning_rate": {}, "momentum": 0.9, "weight_decay": 1e-4, "decay": {},
            "workers": null, "cache_gib": 0.0, "checkpoint_minutes": 10.0,
        });
        let now = serde_json::to_value(crate::experiment::Training::default()).unwrap();
        let keys = |train: &serde_json::Value| -> Vec<String> {
            let counted = that_count(&json!({ "train": train }));
            counted["train"]
                .as_object()
                .unwrap()
                .keys()
                .cloned()
                .collect()
        };
        assert_eq!(keys(&now), keys(&before));
    }
}
