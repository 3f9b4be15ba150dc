//! List files of the field's benchmarks: one clip a line, `<folder> <number of frames> <label>`.

use std::fs;
use std::path::{Path, PathBuf};

use exp_core::clip::Clip;
use rayon::prelude::*;

use crate::error::DataError;
use crate::natural::natural_order;

/// Where the folders of a list lie on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Where the list says; relative folders start at this one.
    AsListed(PathBuf),
    /// Below this folder; the list's folders are relative.
    Root(PathBuf),
    /// The list's folders begin with `from` (whole folder names); `to` stands in its stead.
    Replace {
        /// The prefix in the list.
        from: String,
        /// The folder here.
        to: PathBuf,
    },
}

/// What a list file names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrameList {
    /// The clips in the order of the list, with the frames that are on disk. A clip's name is its
    /// folder as listed, without the root or prefix.
    pub clips: Vec<Clip>,
    /// How many clips have another number of frames on disk than the list says.
    pub differing: usize,
}

/// Reads a list file and looks up the frames of every clip.
///
/// A line is split from the right at single spaces, so a folder may contain spaces; blank lines are
/// skipped, and line ends may be those of Windows. Labels count from 0 and index `classes`. Frames
/// are the folder's `.jpg` and `.jpeg` files, numbers in their names ordered by value.
///
/// A line that cannot be used is an error naming file and line: a number that is none, a label
/// without a class, a folder that is missing, holds no frame, or does not begin as [`Place`] says.
pub fn read_frame_list(
    file: &Path,
    place: &Place,
    classes: &[String],
) -> Result<FrameList, DataError> {
    let text = fs::read_to_string(file).map_err(|source| DataError::Read {
        path: file.to_owned(),
        source,
    })?;
    let text = text.trim_start_matches('\u{feff}');
    let lines: Vec<(usize, &str)> = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .collect();
    if lines.is_empty() {
        let file = file.to_owned();
        return Err(DataError::EmptyList { file });
    }
    // In parallel, since on a network file system each folder takes a round trip.
    let read: Vec<_> = lines
        .par_iter()
        .map(|(_, line)| read_line(line, place, classes))
        .collect();
    let mut list = FrameList {
        clips: Vec::with_capacity(lines.len()),
        differing: 0,
    };
    for ((index, _), clip) in lines.iter().zip(read) {
        let (clip, listed) = clip.map_err(|message| DataError::ListLine {
            file: file.to_owned(),
            line: index + 1,
            message,
        })?;
        list.differing += usize::from(clip.frames.len() != listed);
        list.clips.push(clip);
    }
    Ok(list)
}

/// One line: the clip, and the number of frames that the list gives it.
fn read_line(line: &str, place: &Place, classes: &[String]) -> Result<(Clip, usize), String> {
    let mut parts = line.trim_end().rsplitn(3, ' ');
    let (Some(label), Some(frames), Some(folder)) = (parts.next(), parts.next(), parts.next())
    else {
        return Err(format!(
            "expected `<folder> <number of frames> <label>`, found `{line}`"
        ));
    };
    let frames = number(frames, "the number of frames")?;
    let label = number(label, "the label")?;
    if label >= classes.len() {
        return Err(format!(
            "label {label} has no class: there are {} ({}), and labels count from 0",
            classes.len(),
            classes.join(", ")
        ));
    }
    let (name, path) = locate(folder.trim_end_matches('/'), place)?;
    let clip = Clip {
        frames: frames_in(&path)?,
        name,
        label,
        subject: None,
    };
    Ok((clip, frames))
}

fn number(text: &str, what: &str) -> Result<usize, String> {
    text.parse()
        .map_err(|_| format!("{what} must be a whole number from 0, found `{text}`"))
}

/// The clip's name and its folder here.
fn locate(folder: &str, place: &Place) -> Result<(String, PathBuf), String> {
    match place {
        Place::AsListed(start) => Ok((folder.to_owned(), start.join(folder))),
        Place::Root(_) if Path::new(folder).is_absolute() => Err(format!(
            "the folder `{folder}` is absolute, so no root can stand before it; replace its beginning instead (`replace: {{from: …, to: …}}`)"
        )),
        Place::Root(root) => Ok((folder.to_owned(), root.join(folder))),
        Place::Replace { from, to } => folder
            .strip_prefix(from.trim_end_matches('/'))
            .and_then(|rest| rest.strip_prefix('/'))
            .map(|name| (name.to_owned(), to.join(name)))
            .ok_or_else(|| {
                format!(
                    "the folder `{folder}` does not begin with `{from}`, which is to be replaced"
                )
            }),
    }
}

/// The frame files of a folder, in natural order.
fn frames_in(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let unreadable = |error| {
        format!(
            "cannot read the clip's folder {}: {error}; check the root or the prefix that is replaced",
            folder.display()
        )
    };
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let name = entry.map_err(unreadable)?.file_name();
        let is_frame = Path::new(&name).extension().is_some_and(|extension| {
            extension.eq_ignore_ascii_case("jpg") || extension.eq_ignore_ascii_case("jpeg")
        });
        if is_frame {
            names.push(name);
        }
    }
    if names.is_empty() {
        return Err(format!(
            "the clip's folder {} holds no .jpg or .jpeg file; extract its frames or take it out of the list",
            folder.display()
        ));
    }
    names.sort_by(|a, b| natural_order(&a.to_string_lossy(), &b.to_string_lossy()));
    Ok(names.into_iter().map(|name| folder.join(name)).collect())
}
