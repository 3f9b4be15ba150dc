//! MAFW: Y. Liu et al., "MAFW: A Large-scale, Multi-modal, Compound Affective Database for Dynamic
//! Facial Expression Recognition in the Wild" (ACM Multimedia 2022).

use std::path::Path;

use exp_core::clip::Split;
use exp_core::official::{Official, Overlap};

use super::folders::{Listed, look_up};
use super::{SEVEN, layout, owned};
use crate::error::DataError;
use crate::rows::{Columns, Labels, read_rows};

/// The folder of cropped faces, one folder a clip.
pub const FRAMES: &str = "data/faces";

/// What its set of single expressions holds.
pub const OFFICIAL: Official = Official {
    name: "MAFW",
    source: "clips a fold: the authors' lists of single expressions without captions; test clips a \
             class: the same, as public code lists them",
    folds: &[
        [7333, 1839],
        [7335, 1837],
        [7339, 1833],
        [7340, 1832],
        [7341, 1831],
    ],
    first_test: &[249, 294, 228, 278, 215, 128, 125, 48, 184, 53, 37],
    shorter_than_16: None,
    holds: Some(Overlap {
        of: "DFEW",
        clips: 1097,
        source: "its paper, section 3.1",
    }),
};

/// Class names in label order: those of DFEW, then the four that only MAFW has. The official list has
/// another order, public code a third; the label files give names, so none of it matters here.
pub fn classes() -> Vec<String> {
    let four = ["contempt", "anxiety", "helplessness", "disappointment"];
    owned(&[&SEVEN[..], &four].concat())
}

/// Reads a fold: `Train & Test Set/single/no_caption/set_1/train.txt` and `test.txt`, whose lines are
/// `00025.mp4 anger`, and the folders of `frames` below `root`.
pub fn open(
    root: &Path,
    frames: &Path,
    fold: u32,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Split, DataError> {
    let classes = classes();
    let frames = layout::frames(root, frames)?;
    let read = |side: &str| -> Result<Vec<Listed>, DataError> {
        let below = format!("single/no_caption/set_{fold}/{side}.txt");
        let spellings = ["Train & Test Set", "Train_Test_Set"];
        let paths = spellings.map(|folder| format!("{folder}/{below}"));
        let file = layout::find(root, "the labels", &paths)?;
        let rows = read_rows(&file, Columns::FolderLabel, Labels::Names, &classes)?;
        let listed = rows.into_iter().map(|row| {
            let name = row.folder.trim_end_matches(".mp4").to_owned();
            Listed {
                folder: frames.join(&name),
                name,
                label: row.label,
                frames: None,
            }
        });
        Ok(listed.collect())
    };
    let (train, test) = (read("train")?, read("test")?);
    Ok(look_up(classes, train, test, progress))
}
