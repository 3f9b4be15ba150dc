//! Opening the file: is it ours, is its schema the present one, and if not, making it so.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqliteConnection};

use crate::StoreError;
use crate::error::Fault;

/// How long a writer waits for its turn. Write transactions take milliseconds, so this is reached
/// only when something holds the file.
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

/// `PRAGMA application_id` of a store, set by the first migration.
pub(crate) const APPLICATION_ID: i64 = 0x6466_6572;

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// Makes the file's folder, the file and its schema as far as they are missing.
pub(crate) async fn prepare(path: &Path) -> Result<(), StoreError> {
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
    let _lock = lock(path)?;
    let mut connection = writing(path, true).await?;
    check_owner(&mut connection, path).await?;
    migrate(&mut connection, path).await?;
    let closed = connection.close().await;
    closed.map_err(|error| Fault::Sql(error).at("close the first connection", path))
}

fn lock(path: &Path) -> Result<File, StoreError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let beside = PathBuf::from(name);
    let file = File::options()
        .create(true)
        .write(true)
        .truncate(false)
        .open(&beside)
        .map_err(|source| StoreError::NotWritable {
            path: path.to_owned(),
            source: source.into(),
        })?;
    match file.lock() {
        Ok(()) => Ok(file),
        Err(source) => Err(StoreError::Lock {
            path: beside,
            source,
        }),
    }
}

/// Refuses another program's database before anything in it is changed.
async fn check_owner(connection: &mut SqliteConnection, path: &Path) -> Result<(), StoreError> {
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
                known: MIGRATIONS.iter().map(|m| m.version).max().unwrap_or(0),
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
    let options = SqliteConnectOptions::new()
        .filename(path)
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
