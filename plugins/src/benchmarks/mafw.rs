use std::path::{Path, PathBuf};

use exp_core::clip::Split;
use exp_core::official::Official;
use exp_core::plugin::{Benchmark, Place, PluginError};
use exp_data::benchmarks::mafw;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::official::{Guide, check_fold, root};

const GUIDE: Guide = Guide {
    plugin: "mafw",
    variable: "EXP_MAFW_ROOT",
    holds: "`data/faces` and `Train & Test Set`",
    request: "ask its authors from an address of a university, as https://mafw-database.github.io/MAFW says; for non-commercial research only",
};

/// The single expressions of MAFW (Liu et al., ACM Multimedia 2022) as its authors hand it out: 9172
/// clips, eleven classes, five folds.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Mafw {
    /// The folder as the authors hand it out; without it, the environment variable `EXP_MAFW_ROOT` names it.
    root: Option<PathBuf>,
    /// The folder of frames below it, with a folder for each clip.
    frames: PathBuf,
}

impl Default for Mafw {
    fn default() -> Self {
        Self {
            root: None,
            frames: PathBuf::from(mafw::FRAMES),
        }
    }
}

impl Benchmark for Mafw {
    fn classes(&self) -> Vec<String> {
        mafw::classes()
    }

    fn open(&self, fold: u32, place: &Place<'_>) -> Result<Split, PluginError> {
        check_fold(fold, &mafw::OFFICIAL)?;
        let root = root(self.root.as_deref(), &GUIDE, &mafw::OFFICIAL, place.project)?;
        Ok(mafw::open(&root, &self.frames, fold, place.progress)?)
    }

    fn root(&self, project: &Path) -> Option<Result<PathBuf, PluginError>> {
        let named = root(self.root.as_deref(), &GUIDE, &mafw::OFFICIAL, project);
        Some(named)
    }

    fn official(&self) -> Option<&'static Official> {
        Some(&mafw::OFFICIAL)
    }
}
