//! Opening the file: is it ours, is its schema the present one, and if not, making it so.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqliteConnection};

use crate::StoreError;
use crate::backup::back_up;
use crate::error::Fault;
use crate::file_system::refuse_network;

/// How long a writer waits for its turn. Write transactions take milliseconds, so this is reached
/// only when something holds the file.
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

/// `PRAGMA application_id` of a store, set by the first migration.
pub(crate) const APPLICATION_ID: i64 = 0x6466_6572;

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// Makes the file's folder, the file and its schema as far as they are missing.
pub(crate) async fn prepare(path: &Path) -> Result<(), StoreError> {
    refuse_network(path)?;
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        fs::create_dir_all(folder).map_err(|source| StoreError::Folder {
            folder: folder.to_owned(),
            source,
        })?;
    }
    if path.is_dir() {
        return Err(StoreError::IsFolder {
            path: path.to_owned(),
        });
    }
    // sqlx takes no lock for SQLite migrations: two programs that open a new store at once would
    // both see that the schema is missing. The lock ends with the file handle.
    let file = lock_file(path)?;
    lock(&file, path)?;
    let mut connection = writing(path, true).await?;
    check_owner(&mut connection, path).await?;
    if let Some(older) = schema_version(&mut connection, path).await?
        && older < known_version()
    {
        back_up(&mut connection, path, known_version()).await?;
    }
    migrate(&mut connection, path).await?;
    let closed = connection.close().await;
    closed.map_err(|error| Fault::Sql(error).at("close the first connection", path))
}

/// Brings the schema of a copy up to date, which nobody else knows of. Errors name the original.
pub(crate) async fn prepare_copy(copy: &Path, original: &Path) -> Result<(), StoreError> {
    let mut connection = writing_named(copy, original, false).await?;
    check_owner(&mut connection, original).await?;
    migrate(&mut connection, original).await?;
    let closed = connection.close().await;
    closed.map_err(|error| Fault::Sql(error).at("close a copy of", original))
}

/// The version of the schema that this program works with.
pub(crate) fn known_version() -> i64 {
    let versions = MIGRATIONS.iter().map(|migration| migration.version);
    versions.max().unwrap_or(0)
}

/// The version of a file's schema; `None` before the first.
pub(crate) async fn schema_version(
    connection: &mut SqliteConnection,
    path: &Path,
) -> Result<Option<i64>, StoreError> {
    let looking = async {
        let begun: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = '_sqlx_migrations')",
        )
        .fetch_one(&mut *connection)
        .await?;
        if !begun {
            return Ok(None);
        }
        sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations WHERE success")
            .fetch_one(connection)
            .await
    };
    looking
        .await
        .map_err(|error| Fault::Sql(error).at("look at the schema", path))
}

/// Opens the file beside the store that programs lock to take turns.
pub(crate) fn lock_file(path: &Path) -> Result<File, StoreError> {
    File::options()
        .create(true)
        .write(true)
        .truncate(false)
        .open(beside(path, ".lock"))
        .map_err(|source| StoreError::NotWritable {
            path: path.to_owned(),
            source: source.into(),
        })
}

/// Waits for the lock. It ends with the file handle, or when that is unlocked.
pub(crate) fn lock(file: &File, path: &Path) -> Result<(), StoreError> {
    file.lock().map_err(|source| StoreError::Lock {
        path: beside(path, ".lock"),
        source,
    })
}

/// Refuses another program's database before anything in it is changed.
pub(crate) async fn check_owner(
    connection: &mut SqliteConnection,
    path: &Path,
) -> Result<(), StoreError> {
    let looking = async {
        let id: i64 = sqlx::query_scalar("PRAGMA application_id")
            .fetch_one(&mut *connection)
            .await?;
        // The table of migrations alone is what a first opening leaves that was cut short.
        let tables: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM sqlite_schema WHERE tbl_name <> '_sqlx_migrations'",
        )
        .fetch_one(&mut *connection)
        .await?;
        Ok(id == APPLICATION_ID || (id == 0 && tables == 0))
    };
    match looking.await {
        Ok(true) => Ok(()),
        Ok(false) => Err(StoreError::OtherProgram {
            path: path.to_owned(),
        }),
        Err(error) => Err(Fault::Sql(error).at("look at the schema", path)),
    }
}

async fn migrate(connection: &mut SqliteConnection, path: &Path) -> Result<(), StoreError> {
    // Stays with the file. Set only here, since the switch needs the file to itself.
    let logging = sqlx::query("PRAGMA journal_mode = WAL")
        .execute(&mut *connection)
        .await;
    logging.map_err(|error| Fault::Sql(error).at("switch to the write-ahead log", path))?;

    match MIGRATIONS.run(&mut *connection).await {
        Ok(()) => {}
        Err(MigrateError::VersionMissing(found)) => {
            return Err(StoreError::Newer {
                path: path.to_owned(),
                found,
                known: known_version(),
            });
        }
        Err(MigrateError::VersionMismatch(version)) => {
            return Err(StoreError::Altered {
                path: path.to_owned(),
                version,
            });
        }
        Err(source) => {
            return Err(StoreError::Migration {
                path: path.to_owned(),
                source,
            });
        }
    }
    // SQLite opens a write-protected file without a word and fails at the first write. This one
    // changes nothing, and fails now rather than after the first epoch.
    let touched = sqlx::query("DELETE FROM _sqlx_migrations WHERE FALSE")
        .execute(connection)
        .await;
    touched.map_err(|error| Fault::Sql(error).at("write", path))?;
    Ok(())
}

/// A connection that writes.
///
/// `synchronous` is FULL: a commit survives a power cut. The faster NORMAL may lose the last
/// commits then, so that a run's checkpoint would exist and its figures would not; and since the
/// writer gathers what is queued into one commit, the difference is a few milliseconds an epoch.
pub(crate) async fn writing(path: &Path, create: bool) -> Result<SqliteConnection, StoreError> {
    writing_named(path, path, create).await
}

/// A connection that writes to `file`, which errors call `path`.
async fn writing_named(
    file: &Path,
    path: &Path,
    create: bool,
) -> Result<SqliteConnection, StoreError> {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(create)
        .foreign_keys(true)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY_TIMEOUT);
    let connected = options.connect().await;
    connected.map_err(|error| Fault::Sql(error).at("open a connection for writing", path))
}

/// A connection that only reads, in parallel to any writer.
pub(crate) async fn reading(path: &Path) -> Result<SqliteConnection, StoreError> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .read_only(true)
        .busy_timeout(BUSY_TIMEOUT)
        .row_buffer_size(1000); // loading an experiment reads many small rows
    let connected = options.connect().await;
    connected.map_err(|error| Fault::Sql(error).at("open a connection for reading", path))
}

/// A connection to a file that is only looked at: not made, not brought up to date, and of a
/// folder that may be write-protected.
pub(crate) async fn looking(path: &Path) -> Result<SqliteConnection, StoreError> {
    if !path.is_file() {
        return Err(StoreError::NoStore {
            path: path.to_owned(),
        });
    }
    let options = SqliteConnectOptions::new()
        .filename(path)
        .read_only(true)
        .busy_timeout(BUSY_TIMEOUT)
        .pragma("query_only", "ON");
    let attempt = async |options: SqliteConnectOptions| -> Result<_, sqlx::Error> {
        let mut connection = options.connect().await?;
        sqlx::query("SELECT count(*) FROM sqlite_schema")
            .execute(&mut connection)
            .await?;
        Ok(connection)
    };
    let error = match attempt(options.clone()).await {
        Ok(connection) => return Ok(connection),
        Err(error) => Fault::Sql(error).at("open", path),
    };
    // Where SQLite may not make the files of the write-ahead log, a log that is empty is none.
    let log = fs::metadata(beside(path, "-wal")).map_or(0, |file| file.len());
    match (error, log) {
        (StoreError::NotWritable { .. }, 0) => attempt(options.immutable(true))
            .await
            .map_err(|error| Fault::Sql(error).at("open", path)),
        (error, _) => Err(error),
    }
}

/// The file of this name with something appended.
pub(crate) fn beside(path: &Path, appended: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(appended);
    PathBuf::from(name)
}
