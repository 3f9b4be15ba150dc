//! The handle on one file, and the two ways to work on it: a write transaction and a snapshot.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, MutexGuard, PoisonError};

use sqlx::{Connection, SqliteConnection};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Mutex;

use crate::error::Fault;
use crate::writer::{Writer, WriterThread};
use crate::{StoreError, open};

/// An open store.
///
/// Dropping it writes what is queued, but tells nobody when that fails: call
/// [`close`](Self::close).
pub struct Store {
    pub(crate) database: Arc<Database>,
    writer: WriterThread,
}

impl Store {
    /// Opens the store in the file `path`, making the file and its folder as needed and bringing
    /// an older schema up to date. A file `<path>.lock` beside it keeps two programs from doing
    /// that at once.
    ///
    /// # Errors
    /// When the file cannot be written, is no store, or is one of a newer version.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let database = Arc::new(Database::open(path.as_ref())?);
        let writer = WriterThread::start(Arc::clone(&database))?;
        Ok(Self { database, writer })
    }

    /// Opens the store in the file `path` as [`open`](Self::open) does, but makes none.
    ///
    /// # Errors
    /// Also when there is no such file.
    pub fn open_existing(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = path.as_ref();
        match path.exists() {
            true => Self::open(path),
            false => Err(StoreError::NoStore {
                path: path.to_owned(),
            }),
        }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.database.path
    }

    /// A handle for handing over figures without waiting for the disk.
    pub fn writer(&self) -> Writer {
        self.writer.handle()
    }

    /// Writes what is queued, and closes the file.
    ///
    /// # Errors
    /// When any figure handed to any [`Writer`] could not be written.
    pub fn close(mut self) -> Result<(), StoreError> {
        self.shut()
    }

    fn shut(&mut self) -> Result<(), StoreError> {
        self.writer.stop()?;
        self.database.gather()
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // After `close` there is nothing left to do; without it there is nobody to tell.
        let _ = self.shut();
    }
}

fn runtime() -> Result<Runtime, StoreError> {
    let built = Builder::new_current_thread().build();
    built.map_err(|source| StoreError::Runtime { source })
}

/// Does work for which no store is opened.
pub(crate) fn block_on<T>(work: impl Future<Output = T>) -> Result<T, StoreError> {
    Ok(runtime()?.block_on(work))
}

/// The right to write, given back when dropped.
struct Turn<'a>(MutexGuard<'a, File>);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        // If that fails, the lock ends with the file handle.
        let _ = self.0.unlock();
    }
}

/// Does `work` in a transaction that writes.
async fn transact<T>(
    connection: &mut SqliteConnection,
    work: impl AsyncFnOnce(&mut SqliteConnection) -> Result<T, Fault>,
) -> Result<T, Fault> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let result = work(&mut transaction).await?;
    transaction.commit().await?;
    Ok(result)
}

/// The connections to the file.
pub(crate) struct Database {
    pub(crate) path: PathBuf,
    /// Drives the futures of sqlx on the calling thread; SQLite itself runs on threads of sqlx.
    runtime: Runtime,
    /// Locked for a write transaction. SQLite lets whoever asks at the right moment write, so of many
    /// programs one could wait for ever; the operating system keeps a queue.
    turn: std::sync::Mutex<File>,
    write: Mutex<SqliteConnection>,
    read: Mutex<SqliteConnection>,
}

impl Database {
    fn open(path: &Path) -> Result<Self, StoreError> {
        let runtime = runtime()?;
        let (write, read) = runtime.block_on(async {
            open::prepare(path).await?;
            Ok((
                open::writing(path, false).await?,
                open::reading(path).await?,
            ))
        })?;
        Ok(Self {
            path: path.to_owned(),
            runtime,
            turn: std::sync::Mutex::new(open::lock_file(path)?),
            write: Mutex::new(write),
            read: Mutex::new(read),
        })
    }

    /// Waits for this program's turn to write.
    fn turn(&self) -> Result<Turn<'_>, StoreError> {
        let file = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        open::lock(&file, &self.path)?;
        Ok(Turn(file))
    }

    /// Does `work` in a transaction: all of it is written, or on an error nothing. `doing`
    /// completes "cannot … in the store".
    ///
    /// The transaction begins IMMEDIATE, with the write lock. One that began by reading would fail
    /// at once, without waiting, if another program wrote before its own first write.
    pub(crate) fn write<T>(
        &self,
        doing: &'static str,
        work: impl AsyncFnOnce(&mut SqliteConnection) -> Result<T, Fault>,
    ) -> Result<T, StoreError> {
        let writing = async {
            let mut connection = self.write.lock().await;
            let result = transact(&mut connection, work).await;
            // SQLite ends a transaction by itself when the disk is full, and the connection then
            // takes itself to be in one for ever.
            if let Err(Fault::Sql(_)) = result
                && let Ok(fresh) = open::writing(&self.path, false).await
            {
                let _ = std::mem::replace(&mut *connection, fresh)
                    .close_hard()
                    .await;
            }
            result
        };
        let _turn = self.turn()?;
        let result: Result<T, Fault> = self.runtime.block_on(writing);
        result.map_err(|fault| fault.at(doing, &self.path))
    }

    /// Does `work` in a write transaction in which the database `beside` can be named `other`.
    pub(crate) fn write_beside<T>(
        &self,
        beside: &Path,
        doing: &'static str,
        work: impl AsyncFnOnce(&mut SqliteConnection) -> Result<T, Fault>,
    ) -> Result<T, StoreError> {
        let name = beside.to_str().ok_or_else(|| StoreError::NotUtf8 {
            path: beside.to_owned(),
        })?;
        // A transaction cannot begin to see another file, so this connection is for it alone.
        let writing = async {
            let mut connection = open::writing(&self.path, false).await?;
            let working = async {
                sqlx::query("ATTACH DATABASE ? AS other")
                    .bind(name)
                    .execute(&mut connection)
                    .await?;
                transact(&mut connection, work).await
            };
            let result: Result<T, Fault> = working.await;
            let result = result.map_err(|fault| fault.at(doing, &self.path));
            // Everything is written by now, and the other file is removed.
            let _ = connection.close().await;
            result
        };
        let _turn = self.turn()?;
        self.runtime.block_on(writing)
    }

    /// Does `work` on the state as of its first query, whatever is written meanwhile.
    pub(crate) fn read<T>(
        &self,
        doing: &'static str,
        work: impl AsyncFnOnce(&mut SqliteConnection) -> Result<T, Fault>,
    ) -> Result<T, StoreError> {
        let reading = async {
            let mut connection = self.read.lock().await;
            let mut transaction = connection.begin().await?;
            let result = work(&mut transaction).await?;
            transaction.commit().await?;
            Ok(result)
        };
        let result: Result<T, Fault> = self.runtime.block_on(reading);
        result.map_err(|fault| fault.at(doing, &self.path))
    }

    /// Moves the write-ahead log into the file, as far as readers allow without waiting, so that a
    /// copy of this one file is whole.
    fn gather(&self) -> Result<(), StoreError> {
        let gathering = async {
            let mut connection = self.write.lock().await;
            sqlx::query("PRAGMA wal_checkpoint(PASSIVE)")
                .execute(&mut *connection)
                .await
        };
        match self.runtime.block_on(gathering) {
            Ok(_) => Ok(()),
            Err(error) => Err(Fault::Sql(error).at("gather the write-ahead log", &self.path)),
        }
    }
}
