//! Finding the parts of a benchmark's official folder.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::DataError;

/// Folder names in a message.
const SHOWN: usize = 12;

/// The first of several spellings of a path below `root` that exists; the first spelling is the
/// official one. `what` names it in the error.
pub(super) fn find(root: &Path, what: &str, spellings: &[String]) -> Result<PathBuf, DataError> {
    if !root.is_dir() {
        return Err(missing_root(root));
    }
    let paths = spellings.iter().map(|spelling| root.join(spelling));
    match paths.into_iter().find(|path| path.exists()) {
        Some(path) => Ok(path),
        None => Err(DataError::Layout {
            folder: root.to_owned(),
            expected: format!("`{}` ({what})", spellings[0]),
            advice: format!(
                "it has {}: is it the folder that the authors hand out, and is it unpacked?",
                contents(root)
            ),
        }),
    }
}

/// The folder of frames, a path below `root` that the user may have set.
pub(super) fn frames(root: &Path, frames: &Path) -> Result<PathBuf, DataError> {
    if !root.is_dir() {
        return Err(missing_root(root));
    }
    let folder = root.join(frames);
    if folder.is_dir() {
        return Ok(folder);
    }
    let above = folder
        .ancestors()
        .find(|above| above.is_dir())
        .unwrap_or(root);
    Err(DataError::Layout {
        folder: root.to_owned(),
        expected: format!("folder `{}` (the frames)", frames.display()),
        advice: format!(
            "{} has {}: unpack the frames there, or name their folder with the setting `frames`",
            above.display(),
            contents(above)
        ),
    })
}

fn missing_root(root: &Path) -> DataError {
    DataError::Read {
        path: root.to_owned(),
        source: std::io::Error::new(
            std::io::ErrorKind::NotFound,
            "this folder should hold the benchmark, and it does not exist",
        ),
    }
}

/// What a folder holds, for a message.
fn contents(folder: &Path) -> String {
    let mut names: Vec<String> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| format!("`{}`", entry.file_name().display()))
        .collect();
    names.sort();
    match names.len() {
        0 => "nothing in it".to_owned(),
        count if count > SHOWN => {
            names.truncate(SHOWN);
            format!("{} and {} more", names.join(", "), count - SHOWN)
        }
        _ => names.join(", "),
    }
}
