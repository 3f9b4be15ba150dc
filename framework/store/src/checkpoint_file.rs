//! Where the checkpoints of a store lie.

use std::path::{Path, PathBuf};

/// The folder beside a store in which its runs put their checkpoints, each run in one of its own.
pub(crate) fn folder(store: &Path) -> PathBuf {
    let absolute = std::path::absolute(store).unwrap_or_else(|_| store.to_owned());
    absolute.with_file_name("checkpoints")
}

/// The file that was recorded as `path`: the one of its name in the run's folder beside the store,
/// since a project may be moved or copied; else the path as it is.
pub(crate) fn file(store: &Path, run: &str, path: &str) -> PathBuf {
    let path = PathBuf::from(path);
    let here = path
        .file_name()
        .map(|name| folder(store).join(run).join(name));
    here.filter(|file| file.is_file()).unwrap_or(path)
}
