//! Where the files of a store's runs lie: in a folder that is the store's alone, so that the runs of
//! two stores in one folder have nothing in common. Who moves or copies a store takes it along.

use std::path::{Path, PathBuf};

/// How the name of a copy begins that a merge works on.
pub const MERGING: &str = "merging-";

/// The folder of a store's files: `runs/exp.files` for `runs/exp.db`.
pub fn files(store: &Path) -> PathBuf {
    let absolute = std::path::absolute(store).unwrap_or_else(|_| store.to_owned());
    absolute.with_extension("files")
}

/// The folder in which a store's runs put their checkpoints, each run in one of its own.
pub fn checkpoints(store: &Path) -> PathBuf {
    files(store).join("checkpoints")
}

/// The folder of a run's checkpoints.
pub fn checkpoints_of(store: &Path, run: &str) -> PathBuf {
    checkpoints(store).join(run)
}

/// The file of a run's log.
pub fn log(store: &Path, run: &str) -> PathBuf {
    files(store).join("logs").join(format!("{run}.log"))
}

/// How the path of a file is recorded: from the store's folder on if it lies there, else whole, as
/// that of a model beside a store which this one was merged with.
pub(crate) fn to_record(store: &Path, path: &Path) -> PathBuf {
    let own = path.strip_prefix(files(store)).unwrap_or(path);
    own.to_owned()
}

/// The file that was recorded so.
pub(crate) fn recorded(store: &Path, path: &str) -> PathBuf {
    files(store).join(path)
}
