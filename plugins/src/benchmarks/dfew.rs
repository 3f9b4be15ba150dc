use std::path::{Path, PathBuf};

use exp_core::clip::Split;
use exp_core::official::Official;
use exp_core::plugin::{Benchmark, Place, PluginError};
use exp_data::benchmarks::dfew;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::official::{Guide, check_fold, root};

const GUIDE: Guide = Guide {
    plugin: "dfew",
    variable: "EXP_DFEW_ROOT",
    holds: "`EmoLabel_DataSplit` and `Clip`",
    request: "ask its authors by e-mail, as https://dfew-dataset.github.io says; for non-commercial research only",
};

/// DFEW (Jiang et al., ACM Multimedia 2020) as its authors hand it out: 11697 clips, seven classes,
/// five folds.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Dfew {
    /// The folder as the authors hand it out; without it, the environment variable `EXP_DFEW_ROOT` names it.
    root: Option<PathBuf>,
    /// The folder of frames below it, with a folder for each clip.
    frames: PathBuf,
}

impl Default for Dfew {
    fn default() -> Self {
        Self {
            root: None,
            frames: PathBuf::from(dfew::FRAMES),
        }
    }
}

impl Benchmark for Dfew {
    fn classes(&self) -> Vec<String> {
        dfew::classes()
    }

    fn open(&self, fold: u32, place: &Place<'_>) -> Result<Split, PluginError> {
        check_fold(fold, &dfew::OFFICIAL)?;
        let root = root(self.root.as_deref(), &GUIDE, &dfew::OFFICIAL, place.project)?;
        Ok(dfew::open(&root, &self.frames, fold, place.progress)?)
    }

    fn root(&self, project: &Path) -> Option<Result<PathBuf, PluginError>> {
        let named = root(self.root.as_deref(), &GUIDE, &dfew::OFFICIAL, project);
        Some(named)
    }

    fn official(&self) -> Option<&'static Official> {
        Some(&dfew::OFFICIAL)
    }
}
