//! DFEW: X. Jiang et al., "DFEW: A Large-Scale Database for Recognizing Dynamic Facial Expressions in
//! the Wild" (ACM Multimedia 2020).

use std::path::Path;

use exp_core::clip::Split;
use exp_core::official::Official;

use super::folders::{Listed, look_up};
use super::{SEVEN, layout, owned};
use crate::error::DataError;
use crate::frame_list::{Place, read_frame_list};
use crate::rows::Columns;

/// The official folder of frames: aligned faces, all frames of each clip.
pub const FRAMES: &str = "Clip/clip_224x224";

/// What it holds.
pub const OFFICIAL: Official = Official {
    name: "DFEW",
    source: "clips a fold: the authors' label files of single-labelled clips with a detected face; \
             test clips a class: the same, as public code lists them",
    folds: &[
        [9356, 2341],
        [9356, 2341],
        [9357, 2340],
        [9358, 2339],
        [9361, 2336],
    ],
    first_test: &[489, 379, 534, 435, 294, 29, 181],
    shorter_than_16: Some(14),
    holds: None,
};

/// Class names in label order, which is that of the official labels 1 to 7.
pub fn classes() -> Vec<String> {
    owned(&SEVEN)
}

/// Reads a fold: `EmoLabel_DataSplit/train(single-labeled)/set_1.csv` and so on, and the folders of
/// `frames` below `root`. Labels that cannot be the official ones, from 1 to 7, are refused.
pub fn open(
    root: &Path,
    frames: &Path,
    fold: u32,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Split, DataError> {
    let classes = classes();
    let place = Place::Root(layout::frames(root, frames)?);
    let read = |side: &str| -> Result<Vec<Listed>, DataError> {
        let path = format!("EmoLabel_DataSplit/{side}(single-labeled)/set_{fold}.csv");
        let file = layout::find(root, "the labels", &[path])?;
        read_frame_list(&file, &place, Columns::VideoNameLabel, &classes)
    };
    let (train, test) = (read("train")?, read("test")?);
    Ok(look_up(classes, train, test, progress))
}
