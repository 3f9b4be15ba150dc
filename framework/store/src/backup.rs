//! The copy that is made before the schema is changed.

use std::error::Error;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use sqlx::SqliteConnection;

use crate::StoreError;

/// Where the copy goes that is made before the schema becomes `version`: beside the store, as
/// `exp.before-4.db` beside `exp.db`.
fn place(path: &Path, version: i64) -> PathBuf {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!("{name}.before-{version}.db"))
}

/// Copies the store before its schema becomes `version`. The copy gets its name when it is whole
/// and on disk, so whenever this is cut short there is a whole one or none.
pub(crate) async fn back_up(
    connection: &mut SqliteConnection,
    path: &Path,
    version: i64,
) -> Result<PathBuf, StoreError> {
    let backup = place(path, version);
    let partial = backup.with_extension("db.partial");
    copy(connection, &partial, &backup)
        .await
        .map_err(|source| {
            // What is left of it only takes room.
            let _ = fs::remove_file(&partial);
            StoreError::Backup {
                path: path.to_owned(),
                backup: backup.clone(),
                source,
            }
        })?;
    Ok(backup)
}

async fn copy(
    connection: &mut SqliteConnection,
    partial: &Path,
    backup: &Path,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    // VACUUM refuses a file that is there, such as one that was cut short.
    if partial.exists() {
        fs::remove_file(partial)?;
    }
    let name = partial.to_str().ok_or("the file's name is not UTF-8")?;
    sqlx::query("VACUUM INTO ?")
        .bind(name)
        .execute(connection)
        .await
        .map_err(crate::error::cause)?;
    File::open(partial)?.sync_all()?;
    fs::rename(partial, backup)?;
    let folder = match backup.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    // Folders can be synced on Unix only.
    if cfg!(unix) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}
