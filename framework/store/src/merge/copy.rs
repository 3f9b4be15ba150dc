//! A copy of the store that is merged from, so that it stays untouched: SQLite would make files
//! beside it, and an older schema has to be brought up to date.

use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use crate::StoreError;
use crate::files::{MERGING, files};
use crate::open::{beside, prepare_copy};
use crate::store::block_on;

/// How often a store that is being written to is copied again.
const TRIES: usize = 5;

/// The copy; it is removed when this is dropped.
pub(super) struct Copy {
    pub(super) path: PathBuf,
}

impl Drop for Copy {
    fn drop(&mut self) {
        for ending in ["", "-wal", "-shm"] {
            // Something left over costs room and nothing else.
            let _ = fs::remove_file(beside(&self.path, ending));
        }
    }
}

impl Copy {
    /// Copies the store `other` to a file among those of the store `own`, and brings the copy up to date.
    pub(super) fn make(other: &Path, own: &Path) -> Result<Self, StoreError> {
        if !other.is_file() {
            return Err(StoreError::NoStore {
                path: other.to_owned(),
            });
        }
        let same = |a: &Path, b: &Path| Ok::<_, io::Error>(a.canonicalize()? == b.canonicalize()?);
        if same(other, own).unwrap_or(false) {
            return Err(StoreError::MergedWithItself {
                path: other.to_owned(),
            });
        }
        let failed = |source| StoreError::Copy {
            path: other.to_owned(),
            source,
        };
        let folder = files(own);
        fs::create_dir_all(&folder).map_err(failed)?;
        let copy = Self {
            path: folder.join(format!("{MERGING}{}", std::process::id())),
        };
        for _ in 0..TRIES {
            if copy.fill(other).map_err(failed)? {
                block_on(prepare_copy(&copy.path, other))??;
                return Ok(copy);
            }
        }
        Err(StoreError::Unsteady {
            path: other.to_owned(),
        })
    }

    /// Copies the file and its write-ahead log. Whether both stayed as they were meanwhile.
    fn fill(&self, other: &Path) -> io::Result<bool> {
        let log = beside(other, "-wal");
        let before = (state(other)?, state(&log)?);
        fs::copy(other, &self.path)?;
        let copied_log = beside(&self.path, "-wal");
        match before.1 {
            Some(_) => drop(fs::copy(&log, &copied_log)?),
            None if copied_log.exists() => fs::remove_file(&copied_log)?,
            None => {}
        }
        writable(&self.path)?;
        Ok(before == (state(other)?, state(&log)?))
    }
}

/// Size and time of the last change; `None` where there is no such file.
fn state(path: &Path) -> io::Result<Option<(u64, std::time::SystemTime)>> {
    let known = |file: Metadata| Ok(Some((file.len(), file.modified()?)));
    match fs::metadata(path) {
        Ok(file) => known(file),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// A copy of a write-protected file is write-protected, too.
fn writable(path: &Path) -> io::Result<()> {
    for path in [path.to_owned(), beside(path, "-wal")] {
        if path.exists() {
            let mut permissions = fs::metadata(&path)?.permissions();
            // Of a file that only this process uses, and removes.
            #[allow(clippy::permissions_set_readonly_false)]
            permissions.set_readonly(false);
            fs::set_permissions(&path, permissions)?;
        }
    }
    Ok(())
}
