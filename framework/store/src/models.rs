//! Which models the runs of a store have: what may be removed beside it, and what not.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use exp_core::metrics::Rule;
use jiff::Timestamp;
use sqlx::{Connection, SqliteConnection};
use tokio::runtime::Builder;

use crate::checkpoint_file;
use crate::error::Fault;
use crate::open::{APPLICATION_ID, reading};
use crate::text::{rule, status, time};
use crate::{Status, StoreError};

/// The models of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunModels {
    /// The run's id.
    pub run: String,
    /// How far it has come.
    pub status: Status,
    /// When it was done, failed or stopped.
    pub finished: Option<Timestamp>,
    /// The files, each with the rule that selected its epoch.
    pub files: Vec<(Rule, PathBuf)>,
}

/// The runs of the store in a file, in the order in which they were planned first. The file is
/// only read, and may be of an older version.
pub fn stored_models(path: &Path) -> Result<Vec<RunModels>, StoreError> {
    let runtime = Builder::new_current_thread().build();
    let runtime = runtime.map_err(|source| StoreError::Runtime { source })?;
    runtime.block_on(async {
        let mut connection = reading(path).await?;
        let models = models(&mut connection, path).await;
        let models = models.map_err(|fault| fault.at("list models", path))?;
        let closed = connection.close().await;
        closed.map_err(|error| Fault::Sql(error).at("close a connection to", path))?;
        Ok(models)
    })
}

async fn models(connection: &mut SqliteConnection, store: &Path) -> Result<Vec<RunModels>, Fault> {
    let mut snapshot = connection.begin().await?;
    let runs: Vec<(i64, String, String, Option<String>)> =
        sqlx::query_as("SELECT key, id, status, finished FROM run ORDER BY key")
            .fetch_all(&mut *snapshot)
            .await?;
    let rows: Vec<(i64, String, String)> =
        sqlx::query_as("SELECT run, rule, path FROM checkpoint ORDER BY run, rule")
            .fetch_all(&mut *snapshot)
            .await?;
    let mut files: HashMap<i64, Vec<(Rule, String)>> = HashMap::new();
    for (run, name, path) in rows {
        let rule = rule(&name, || "the rule of a checkpoint".to_owned())?;
        files.entry(run).or_default().push((rule, path));
    }
    let runs = runs.into_iter().map(|(key, run, name, finished)| {
        let what = || format!("a column of run `{run}`");
        let files = files.remove(&key).unwrap_or_default().into_iter();
        let found =
            |(rule, path): (Rule, String)| (rule, checkpoint_file::file(store, &run, &path));
        Ok(RunModels {
            status: status(&name, what)?,
            finished: finished.map(|text| time(&text, what)).transpose()?,
            files: files.map(found).collect(),
            run,
        })
    });
    runs.collect()
}

/// Whether a file is a store, by what SQLite keeps in its first hundred bytes; see
/// <https://www.sqlite.org/fileformat.html#the_database_header>.
pub fn is_store(path: &Path) -> bool {
    let mut header = [0; 72];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut header));
    let id = [header[68], header[69], header[70], header[71]];
    read.is_ok()
        && header.starts_with(b"SQLite format 3\0")
        && i64::from(u32::from_be_bytes(id)) == APPLICATION_ID
}
