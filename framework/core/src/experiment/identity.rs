//! The content id of a run: the same id, the same run.

use serde::Serialize;
use sha2::{Digest, Sha256};

/// Raised when the same settings would train another model than before: a change of the
/// optimiser, of sampling, of initial values. Runs from before are then not taken for the same.
pub const TRAINING_MEANING: u32 = 2;

/// Everything a run's figures depend on.
#[derive(Debug, Clone, Serialize)]
pub struct Identity<'a> {
    /// The benchmark's name.
    pub benchmark: &'a str,
    /// Resolved settings. Those of the benchmark and the backbone do not count: what they stand
    /// for is in `manifest` and `weights`.
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
    let mut settings = that_count(identity.settings);
    if let Some(map) = settings.as_object_mut() {
        map.remove("benchmark");
        map.remove("backbone");
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

/// Settings without those that change no figure: how clips are read and what is kept in memory, and
/// the rules for short clips and damaged frames, the image encoder, the micro-batch and the precision
/// where they are the default, which runs from before there were such settings had too.
pub(super) fn that_count(settings: &serde_json::Value) -> serde_json::Value {
    let mut settings = settings.clone();
    let clip = settings
        .get_mut("clip")
        .and_then(|clip| clip.as_object_mut());
    if let Some(clip) = clip {
        for (key, default) in [("short", "repeat_last"), ("damaged", "stop")] {
            if clip.get(key).is_some_and(|value| value == default) {
                clip.remove(key);
            }
        }
    }
    if let Some(map) = settings.as_object_mut()
        && map
            .get("image_encoder")
            .is_some_and(|value| value == "trained")
    {
        map.remove("image_encoder");
    }
    let train = settings
        .get_mut("train")
        .and_then(|train| train.as_object_mut());
    if let Some(train) = train {
        // On CUDA, TF32 is what `f32` is. The others keep their order, which ids depend on: `remove` puts
        // the last one in the place of the one that goes.
        let exact = |precision: &serde_json::Value| precision == "f32" || precision == "tf32";
        train.retain(|key, value| key != "precision" || !exact(value));
        train.remove("workers");
        train.remove("cache_gib");
        train.remove("checkpoint_minutes");
        train.remove("recompute");
        if train
            .get("micro_batch")
            .is_some_and(|clips| clips.is_null())
        {
            train.remove("micro_batch");
        }
    }
    settings
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
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
        assert_eq!(id(&default, |_| {}), id(&written, |_| {}));
        let texts = ["happiness.".to_owned()];
        let others = [
            id(&settings("a", 2, 1), |_| {}),
            with(|settings| settings["clip"] = json!({"short": "repeat_first"})),
            with(|settings| settings["image_encoder"] = json!({"frozen": {"views": 4}})),
            with(|settings| settings["image_encoder"] = json!({"frozen": {"views": 2}})),
            with(|settings| settings["clip"] = json!({"short": "drop"})),
            with(|settings| settings["train"]["micro_batch"] = json!(4)),
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
