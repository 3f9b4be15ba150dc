use std::path::{Path, PathBuf};

use exp_core::clip::Split;
use exp_core::official::Official;
use exp_core::plugin::{Benchmark, Place, PluginError};
use exp_data::benchmarks::ferv39k;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::official::{Guide, check_fold, root};

const GUIDE: Guide = Guide {
    plugin: "ferv39k",
    variable: "EXP_FERV39K_ROOT",
    holds: "`2_ClipsforFaceCrop` and `4_setups`",
    request: "fill in the form of https://wangyanckxx.github.io/Proj_CVPR2022_FERV39k.html; for non-commercial research only",
};

/// FERV39k (Wang et al., CVPR 2022) as its authors hand it out: 38935 clips of 22 scenes, seven
/// classes, one fold.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Ferv39k {
    /// The folder as the authors hand it out; without it, the environment variable `EXP_FERV39K_ROOT` names it.
    root: Option<PathBuf>,
    /// The folder of frames below it, with a folder for each clip.
    frames: PathBuf,
}

impl Default for Ferv39k {
    fn default() -> Self {
        Self {
            root: None,
            frames: PathBuf::from(ferv39k::FRAMES),
        }
    }
}

impl Benchmark for Ferv39k {
    fn classes(&self) -> Vec<String> {
        ferv39k::classes()
    }

    fn open(&self, fold: u32, place: &Place<'_>) -> Result<Split, PluginError> {
        check_fold(fold, &ferv39k::OFFICIAL)?;
        let root = root(
            self.root.as_deref(),
            &GUIDE,
            &ferv39k::OFFICIAL,
            place.project,
        )?;
        Ok(ferv39k::open(&root, &self.frames, place.progress)?)
    }

    fn root(&self, project: &Path) -> Option<Result<PathBuf, PluginError>> {
        let named = root(self.root.as_deref(), &GUIDE, &ferv39k::OFFICIAL, project);
        Some(named)
    }

    fn official(&self) -> Option<&'static Official> {
        Some(&ferv39k::OFFICIAL)
    }
}
