//! One run by the beginning of its id: reading it, remarking on it, removing it.

use std::path::Path;

use jiff::Timestamp;
use sqlx::SqliteConnection;

use crate::claim::holder;
use crate::error::Fault;
use crate::gather::Runs;
use crate::process::Process;
use crate::text::now;
use crate::{RunRecord, Status, Store, StoreError};

impl Store {
    /// The id that begins with `prefix`.
    ///
    /// # Errors
    /// When no id or more than one does; the error names them.
    pub fn run_id(&self, prefix: &str) -> Result<String, StoreError> {
        self.database.read("look up a run", async |connection| {
            Ok(find(connection, self.path(), prefix).await?.1)
        })
    }

    /// The run whose id begins with `prefix`, with all of its figures. Its levels are those of the
    /// first of its experiments.
    ///
    /// # Errors
    /// When no id or more than one begins so; the error names them.
    pub fn run(&self, prefix: &str) -> Result<RunRecord, StoreError> {
        let path = self.path();
        self.database.read("load a run", async |connection| {
            let (key, id) = find(connection, path, prefix).await?;
            let mut runs = Runs::one(connection, key).await?;
            runs.add_figures(connection, path, None).await?;
            runs.records.pop().ok_or_else(|| unknown(path, &id))
        })
    }

    /// Adds a remark to a run, whatever its status.
    ///
    /// # Errors
    /// Also when there is no run of this id.
    pub fn add_note(&self, run: &str, text: &str) -> Result<(), StoreError> {
        self.database.write("add a note", async |connection| {
            let key = key_of(connection, self.path(), run).await?;
            sqlx::query("INSERT INTO note (run, text, written) VALUES (?, ?, ?)")
                .bind(key)
                .bind(text)
                .bind(now())
                .execute(connection)
                .await?;
            Ok(())
        })
    }

    /// Removes runs with all that is known of them; their checkpoints' files stay. All of them, or
    /// on an error none.
    ///
    /// # Errors
    /// Also when there is no run of one of the ids, or a living process works on one.
    pub fn remove_runs(&self, ids: &[String]) -> Result<(), StoreError> {
        let (own, present) = (Process::own(), Timestamp::now());
        self.database.write("remove runs", async |connection| {
            for id in ids {
                let key = key_of(connection, self.path(), id).await?;
                if let Some(holder) = holder(connection, key).await?
                    && holder.status()? == Status::Running
                    && !holder.is_dead(&own, present)?
                {
                    return Err(Fault::Store(StoreError::Living {
                        run: id.clone(),
                        holder: holder.name(),
                    }));
                }
                sqlx::query("DELETE FROM run WHERE key = ?")
                    .bind(key)
                    .execute(&mut *connection)
                    .await?;
            }
            Ok(())
        })
    }
}

async fn key_of(connection: &mut SqliteConnection, path: &Path, id: &str) -> Result<i64, Fault> {
    sqlx::query_scalar("SELECT key FROM run WHERE id = ?")
        .bind(id)
        .fetch_optional(connection)
        .await?
        .ok_or_else(|| unknown(path, id))
}

fn unknown(path: &Path, run: &str) -> Fault {
    Fault::Store(StoreError::UnknownRun {
        path: path.to_owned(),
        run: run.to_owned(),
    })
}

/// The key and the id of the one run whose id begins so.
async fn find(
    connection: &mut SqliteConnection,
    path: &Path,
    prefix: &str,
) -> Result<(i64, String), Fault> {
    let mut found: Vec<(i64, String)> =
        sqlx::query_as("SELECT key, id FROM run WHERE substr(id, 1, length(?1)) = ?1 ORDER BY id")
            .bind(prefix)
            .fetch_all(&mut *connection)
            .await?;
    // An id may be the beginning of another one.
    if let Some(exact) = found.iter().position(|(_, id)| id == prefix) {
        return Ok(found.swap_remove(exact));
    }
    let ids = |found: Vec<(i64, String)>| found.into_iter().map(|(_, id)| id).collect();
    match found.len() {
        1 => Ok(found.swap_remove(0)),
        0 => {
            let known: Vec<String> = sqlx::query_scalar("SELECT id FROM run ORDER BY id")
                .fetch_all(connection)
                .await?;
            Err(Fault::Store(StoreError::NoSuchRun {
                path: path.to_owned(),
                prefix: prefix.to_owned(),
                near: near(prefix, known),
            }))
        }
        _ => Err(Fault::Store(StoreError::AmbiguousRun {
            prefix: prefix.to_owned(),
            candidates: ids(found),
        })),
    }
}

/// The ids that begin most like `prefix`.
fn near(prefix: &str, mut known: Vec<String>) -> Vec<String> {
    const SHOWN: usize = 3;
    known.sort_by_cached_key(|id| {
        let beginning: String = id.chars().take(prefix.chars().count()).collect();
        strsim::damerau_levenshtein(prefix, &beginning)
    });
    known.truncate(SHOWN);
    known
}
