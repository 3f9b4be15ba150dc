use std::path::PathBuf;

use exp_core::clip::{Clip, Split};
use exp_core::plugin::{Benchmark, Place, PluginError};
use exp_data::frame_list::{Place as Folders, read_frame_list};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// List files as the field's public code reads them: `<folder> <number of frames> <label>`.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FrameLists {
    /// The training list; `{fold}` stands for the fold's number.
    train: String,
    /// The test list; `{fold}` stands for the fold's number.
    test: String,
    /// Class names in label order.
    classes: Vec<String>,
    /// The folder that the lists' folders lie in.
    root: Option<PathBuf>,
    /// A prefix of the lists' folders, and the folder that stands in its stead here.
    replace: Option<Replace>,
}

/// A prefix of the lists' folders, and the folder that stands in its stead here.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Replace {
    /// The prefix in the lists.
    from: String,
    /// The folder here.
    to: PathBuf,
}

impl Benchmark for FrameLists {
    fn classes(&self) -> Vec<String> {
        self.classes.clone()
    }

    fn open(&self, fold: u32, place: &Place<'_>) -> Result<Split, PluginError> {
        let folders = match (&self.root, &self.replace) {
            (None, None) => Folders::AsListed(place.project.to_owned()),
            (Some(root), None) => Folders::Root(place.project.join(root)),
            (None, Some(replace)) => Folders::Replace {
                from: replace.from.clone(),
                to: place.project.join(&replace.to),
            },
            (Some(_), Some(_)) => {
                return Err("`frame_list` takes `root` or `replace`, not both".into());
            }
        };
        let read = |list: &str| -> Result<Vec<Clip>, PluginError> {
            let file = place
                .project
                .join(list.replace("{fold}", &fold.to_string()));
            Ok(read_frame_list(&file, &folders, &self.classes)?.clips)
        };
        Ok(Split {
            classes: self.classes.clone(),
            train: read(&self.train)?,
            test: read(&self.test)?,
        })
    }
}
