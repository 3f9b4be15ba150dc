//! FERV39k: Y. Wang et al., "FERV39k: A Large-Scale Multi-Scene Dataset for Facial Expression
//! Recognition in Videos" (CVPR 2022).

use std::path::Path;

use exp_core::clip::Split;
use exp_core::official::Official;

use super::folders::{Listed, look_up};
use super::labels::class_named;
use super::{SEVEN, layout, owned};
use crate::error::DataError;
use crate::rows::{Columns, Labels, read_rows};

/// The official folder of frames: cropped faces.
pub const FRAMES: &str = "2_ClipsforFaceCrop";

/// What it holds.
pub const OFFICIAL: Official = Official {
    name: "FERV39k",
    source: "clips: the authors' setup of all scenes; test clips a class and short clips: the same, \
             as public code lists them",
    folds: &[[31088, 7847]],
    first_test: &[1473, 1393, 1958, 1487, 638, 467, 431],
    shorter_than_16: Some(4070),
    holds: None,
};

/// Class names in label order.
pub fn classes() -> Vec<String> {
    owned(&SEVEN)
}

/// Reads the split of all scenes: `4_setups/All_scenes/train_All.csv` and `test_All.csv`, whose lines
/// are `Action/Sad/0010 Sad`, and the folders of `frames` below `root`. There is one fold.
pub fn open(
    root: &Path,
    frames: &Path,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Split, DataError> {
    let classes = classes();
    let frames = layout::frames(root, frames)?;
    let read = |side: &str| -> Result<Vec<Listed>, DataError> {
        let path = format!("4_setups/All_scenes/{side}_All.csv");
        let file = layout::find(root, "the labels", &[path])?;
        let rows = read_rows(&file, Columns::FolderLabel, Labels::Names, &classes)?;
        rows.into_iter()
            .map(|row| {
                // The folder says the feeling too: a file in which the two differ was altered.
                let feeling = row.folder.split('/').nth(1).unwrap_or_default();
                match class_named(feeling, &classes) {
                    Ok(label) if label != row.label => Err(DataError::ListLine {
                        file: file.clone(),
                        line: row.line,
                        message: format!(
                            "the label is `{}`, but the folder `{}` says `{feeling}`; take the \
                             authors' file",
                            classes[row.label], row.folder
                        ),
                    }),
                    _ => Ok(Listed {
                        folder: frames.join(&row.folder),
                        name: row.folder,
                        label: row.label,
                        frames: None,
                    }),
                }
            })
            .collect()
    };
    let (train, test) = (read("train")?, read("test")?);
    Ok(look_up(classes, train, test, progress))
}
