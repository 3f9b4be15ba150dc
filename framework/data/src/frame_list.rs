//! List files of the field's public code: which clips they name, and where these should lie here.

use std::path::{Path, PathBuf};

use crate::benchmarks::Listed;
use crate::error::DataError;
use crate::rows::{Columns, Labels, at, read_rows};

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

/// Reads a list file and says where its clips should lie. A clip's name is its folder as listed,
/// without the root or prefix. Whether the folders are there is for
/// [`look_up`](crate::benchmarks::look_up) to say.
///
/// The error is as for [`read_rows`], and for a folder that does not begin as [`Place`] says.
pub fn read_frame_list(
    file: &Path,
    place: &Place,
    columns: Columns,
    classes: &[String],
) -> Result<Vec<Listed>, DataError> {
    read_rows(file, columns, Labels::NumbersOrNames, classes)?
        .into_iter()
        .map(|row| {
            let (name, folder) =
                locate(&row.folder, place).map_err(|message| at(file, row.line, message))?;
            Ok(Listed {
                name,
                folder,
                label: row.label,
                frames: row.frames,
            })
        })
        .collect()
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
            .filter(|rest| rest.starts_with('/'))
            // All slashes: `to.join` would take a name that begins with one for the whole path.
            .map(|rest| rest.trim_start_matches('/'))
            .map(|name| (name.to_owned(), to.join(name)))
            .ok_or_else(|| {
                format!(
                    "the folder `{folder}` does not begin with `{from}`, which is to be replaced"
                )
            }),
    }
}
