//! What a trained model's file says of itself, so that it can be used without the store.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::metrics::Rule;

/// The entry of a weight file's metadata that holds a [`CheckpointCard`].
pub const CARD: &str = "exp";

/// The run that a model was trained in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunCard {
    /// The run's content id.
    pub run: String,
    /// The benchmark's name.
    pub benchmark: String,
    /// The fold of the benchmark.
    pub fold: u32,
    /// The seed of everything random in it.
    pub seed: u64,
    /// The resolved settings.
    pub settings: serde_json::Value,
    /// Class names in label order.
    pub classes: Vec<String>,
    /// The texts of each class in label order.
    pub texts: Vec<Vec<String>>,
    /// SHA-256 of the backbone's file, which holds the parameters that were not trained.
    pub backbone_sha256: String,
}

/// A model of a run after one of its epochs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckpointCard {
    /// The run.
    pub run: RunCard,
    /// The rule that selected the epoch.
    pub rule: Rule,
    /// The epoch, counted from 1.
    pub epoch: usize,
}

impl CheckpointCard {
    /// The metadata of a weight file.
    pub fn to_metadata(&self) -> Result<BTreeMap<String, String>, serde_json::Error> {
        Ok(BTreeMap::from([(
            CARD.to_owned(),
            serde_json::to_string(self)?,
        )]))
    }

    /// Reads the card out of a weight file's metadata; `None` where there is none.
    pub fn from_metadata(
        metadata: &BTreeMap<String, String>,
    ) -> Option<Result<Self, serde_json::Error>> {
        metadata.get(CARD).map(|text| serde_json::from_str(text))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_card_survives_the_file() {
        let card = CheckpointCard {
            run: RunCard {
                run: "1f".to_owned(),
                benchmark: "synthetic".to_owned(),
                fold: 1,
                seed: u64::MAX,
                settings: serde_json::json!({ "train": { "momentum": 0.9 } }),
                classes: vec!["joy \u{202e}\"".to_owned()],
                texts: vec![vec!["a\nsmile".to_owned()]],
                backbone_sha256: "ab".to_owned(),
            },
            rule: Rule::BestTest,
            epoch: 3,
        };
        let metadata = card.to_metadata().unwrap();
        let again = CheckpointCard::from_metadata(&metadata).unwrap().unwrap();
        assert_eq!(again, card);
        assert!(CheckpointCard::from_metadata(&BTreeMap::new()).is_none());
    }
}
