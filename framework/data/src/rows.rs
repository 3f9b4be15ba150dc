//! The lines of list files, of the field's public code and of the benchmarks' authors: one clip a line.

use std::fs;
use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::benchmarks::labels::class_named;
use crate::error::DataError;

/// What stands in a line. Columns of text files have one space between them; a folder may contain
/// spaces. A label is a number that counts from 0, or a class name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Columns {
    /// `<folder> <number of frames> <label>`, as DFER-CLIP, Former-DFER, IAL and MMA-DFER have it.
    #[default]
    FolderFramesLabel,
    /// `<folder> <label>`, as MAE-DFER and SVFAP have it.
    FolderLabel,
    /// `<folder> <sound file> <label>`, as HiCMAE and CLAIP-Emo have it.
    FolderSoundLabel,
    /// DFEW's official `video_name,label` with that header, as M3DFEL reads it: labels count from
    /// 1, and numbers of clips are padded to five digits, as their folders are.
    VideoNameLabel,
}

/// Which labels a list may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Labels {
    /// Numbers, and names of classes.
    NumbersOrNames,
    /// Names of classes only: the numbers of such lists mean another thing in each code.
    Names,
}

/// A line of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its number in the file, from 1.
    pub line: usize,
    /// The clip's folder as listed, without a slash at its end.
    pub folder: String,
    /// The number of frames, where the list has one.
    pub frames: Option<usize>,
    /// Index of the class.
    pub label: usize,
}

impl Columns {
    /// A line, for messages.
    fn form(self) -> &'static str {
        match self {
            Self::FolderFramesLabel => "<folder> <number of frames> <label>",
            Self::FolderLabel => "<folder> <label>",
            Self::FolderSoundLabel => "<folder> <sound file> <label>",
            Self::VideoNameLabel => "<video name>,<label>",
        }
    }

    /// The number of the first class.
    fn first(self) -> usize {
        usize::from(self == Self::VideoNameLabel)
    }

    fn has_header(self) -> bool {
        self == Self::VideoNameLabel
    }
}

/// Reads the lines of a list file.
///
/// A line is split from the right at single spaces, so a folder may contain spaces; blank lines and a
/// byte order mark are skipped, line ends may be those of Windows, and the last may lack one.
///
/// A line that cannot be used is an error naming file and line: one that is not UTF-8, a number that
/// is none, a label without a class. A list of labels from 1 that has a 0, or lacks the last class,
/// is an error too: other code keeps such files with labels from 0, and read as official ones they
/// would shift every label.
pub fn read_rows(
    file: &Path,
    columns: Columns,
    labels: Labels,
    classes: &[String],
) -> Result<Vec<Row>, DataError> {
    let mut lines = read_lines(file)?.into_iter();
    if columns.has_header()
        && let Some((line, header)) = lines.next()
        && !header.trim().eq_ignore_ascii_case("video_name,label")
    {
        let message = format!("expected the header `video_name,label`, found `{header}`");
        return Err(at(file, line, message));
    }
    let parsed = lines
        .map(|(line, text)| Ok((line, split(&text, columns).map_err(|m| at(file, line, m))?)))
        .collect::<Result<Vec<_>, DataError>>()?;
    if parsed.is_empty() {
        return Err(DataError::EmptyList {
            file: file.to_owned(),
            expected: columns.form(),
        });
    }
    if columns.first() == 1 {
        let labels = parsed.iter().map(|(_, (_, _, label))| label.as_str());
        from_one(labels, classes.len()).map_err(|message| DataError::List {
            file: file.to_owned(),
            message,
        })?;
    }
    parsed
        .into_iter()
        .map(|(line, (folder, frames, label))| {
            let label = match (label.parse(), labels) {
                (Ok(number), Labels::NumbersOrNames) => class_numbered(number, columns, classes),
                (Ok(number), Labels::Names) => Err(format!(
                    "expected the name of a class, found the number {number}; codes number these \
                     classes differently, so a list with numbers needs its classes declared: read \
                     it with `frame_list`"
                )),
                (Err(_), _) => class_named(&label, classes),
            };
            Ok(Row {
                line,
                folder,
                frames,
                label: label.map_err(|message| at(file, line, message))?,
            })
        })
        .collect()
}

/// Whether these can be labels that count from 1. Names are none of its business.
fn from_one<'a>(labels: impl Iterator<Item = &'a str>, classes: usize) -> Result<(), String> {
    let numbers: Vec<usize> = labels.filter_map(|label| label.parse().ok()).collect();
    if numbers.is_empty() {
        return Ok(());
    }
    let zeros = numbers.iter().filter(|number| **number == 0).count();
    let found = match (zeros, numbers.contains(&classes)) {
        (0, true) => return Ok(()),
        (0, false) => format!("no label is {classes}"),
        (1, _) => "one label is 0".to_owned(),
        _ => format!("{zeros} labels are 0"),
    };
    Err(format!(
        "expected labels from 1 to {classes}, but {found}: this looks like the copy of other code \
         whose labels count from 0, and read as the official file every class would be wrong; take \
         the authors' file"
    ))
}

/// An error at a line of a list.
pub(crate) fn at(file: &Path, line: usize, message: String) -> DataError {
    DataError::ListLine {
        file: file.to_owned(),
        line,
        message,
    }
}

/// The lines that are not blank, with their numbers.
fn read_lines(file: &Path) -> Result<Vec<(usize, String)>, DataError> {
    let bytes = fs::read(file).map_err(|source| DataError::Read {
        path: file.to_owned(),
        source,
    })?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let mut lines = Vec::new();
    for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let text = std::str::from_utf8(line).map_err(|error| {
            let message = format!(
                "expected UTF-8, but the byte {:#04x} at position {} is none, in `{}`; save the list \
                 as UTF-8, and see that the clip's folder has that very name",
                line[error.valid_up_to()],
                error.valid_up_to() + 1,
                String::from_utf8_lossy(line).trim_end()
            );
            at(file, index + 1, message)
        })?;
        let text = text.trim_end();
        if !text.trim().is_empty() {
            lines.push((index + 1, text.to_owned()));
        }
    }
    Ok(lines)
}

/// Folder, number of frames and label of one line.
fn split(line: &str, columns: Columns) -> Result<(String, Option<usize>, String), String> {
    let wrong = || format!("expected `{}`, found `{line}`", columns.form());
    let (parts, separator) = match columns {
        Columns::FolderFramesLabel | Columns::FolderSoundLabel => (3, ' '),
        Columns::FolderLabel => (2, ' '),
        Columns::VideoNameLabel => (2, ','),
    };
    let mut columns_found = line.rsplitn(parts, separator);
    let label = columns_found.next().ok_or_else(wrong)?.trim();
    let middle = match parts {
        3 => Some(columns_found.next().ok_or_else(wrong)?),
        _ => None,
    };
    let folder = columns_found.next().ok_or_else(wrong)?;
    let folder = folder.trim_end_matches('/');
    if folder.is_empty() || label.is_empty() {
        return Err(wrong());
    }
    if separator == ' ' && folder.ends_with(char::is_whitespace) {
        return Err(format!(
            "the folder `{folder}` ends in a space; expected `{}` with one space between the columns",
            columns.form()
        ));
    }
    let frames = match (columns, middle) {
        (Columns::FolderFramesLabel, Some(frames)) => Some(frames.parse().map_err(|_| {
            format!(
                "the number of frames must be a whole number from 0, found `{frames}`; if that is \
                 right, the setting `columns` must say what stands there"
            )
        })?),
        _ => None,
    };
    let folder = match columns {
        Columns::VideoNameLabel => clip_number(folder.trim()),
        _ => folder.to_owned(),
    };
    Ok((folder, frames, label.to_owned()))
}

/// The folder of a DFEW clip: its number with five digits.
fn clip_number(name: &str) -> String {
    match name.bytes().all(|byte| byte.is_ascii_digit()) {
        true => format!("{name:0>5}"),
        false => name.to_owned(),
    }
}

fn class_numbered(number: usize, columns: Columns, classes: &[String]) -> Result<usize, String> {
    let first = columns.first();
    match number.checked_sub(first) {
        Some(label) if label < classes.len() => Ok(label),
        _ => Err(format!(
            "label {number} has no class: there are {} ({}), and labels count from {first}",
            classes.len(),
            classes.join(", ")
        )),
    }
}
