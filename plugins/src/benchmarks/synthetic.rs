use exp_core::bounded::Within;
use exp_core::clip::Split;
use exp_core::plugin::{Benchmark, Place, PluginError};
use exp_data::synthetic::{Emotion, Synthetic};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The embedded benchmark: faces drawn by the program itself, with no data from anywhere. It has
/// one fold.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SyntheticFaces {
    /// Training clips.
    train: Within<70, 100_000>,
    /// Test clips, of other people than the training clips.
    test: Within<70, 100_000>,
    /// Decides every pixel.
    seed: u64,
}

impl Default for SyntheticFaces {
    fn default() -> Self {
        Self {
            train: Within::literal(176),
            test: Within::literal(176),
            seed: 1,
        }
    }
}

impl Benchmark for SyntheticFaces {
    fn classes(&self) -> Vec<String> {
        Emotion::ALL
            .map(|emotion| emotion.name().to_owned())
            .to_vec()
    }

    fn open(&self, fold: u32, place: &Place<'_>) -> Result<Split, PluginError> {
        if fold != 1 {
            return Err(
                format!("the synthetic benchmark has one fold, there is no fold {fold}").into(),
            );
        }
        let benchmark = Synthetic {
            seed: self.seed,
            train: self.train.get(),
            test: self.test.get(),
        };
        let folder = format!(
            "synthetic-{}-{}-{}",
            benchmark.seed, benchmark.train, benchmark.test
        );
        Ok(benchmark.write(&place.data.join(folder), &place.progress)?)
    }

    fn is_synthetic(&self) -> bool {
        true
    }
}
