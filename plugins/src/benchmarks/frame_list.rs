use std::path::PathBuf;

use exp_core::clip::Split;
use exp_core::plugin::{Benchmark, Place, PluginError};
use exp_data::benchmarks::{Listed, look_up};
use exp_data::frame_list::{Place as Folders, read_frame_list};
use exp_data::rows::Columns;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// List files as the field's public code reads them, one clip a line: `<folder> <number of frames>
/// <label>`, or what `columns` says. A label is a number, or the name of a class.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FrameLists {
    /// The training list; `{fold}` stands for the fold's number.
    train: String,
    /// The test list; `{fold}` stands for the fold's number.
    test: String,
    /// Class names in the order of the lists' numbers. Codes number MAFW's classes in different
    /// orders: take that of the code that the lists come from.
    classes: Vec<String>,
    /// What stands in a line: `folder_frames_label`, `folder_label`, `folder_sound_label` with one space
    /// between them, or `video_name_label`, DFEW's official file with labels from 1.
    #[serde(default)]
    columns: Columns,
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
        let read = |list: &str| -> Result<Vec<Listed>, PluginError> {
            let file = place
                .project
                .join(list.replace("{fold}", &fold.to_string()));
            Ok(read_frame_list(
                &file,
                &folders,
                self.columns,
                &self.classes,
            )?)
        };
        let (train, test) = (read(&self.train)?, read(&self.test)?);
        Ok(look_up(self.classes.clone(), train, test, place.progress))
    }
}
