//! Which models the runs of a store have: what may be removed beside it, and what not.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use exp_core::metrics::Rule;
use jiff::Timestamp;
use sqlx::SqliteConnection;

use crate::error::Fault;
use crate::files;
use crate::text::{rule, status, time};
use crate::{Status, Store, StoreError};

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

impl Store {
    /// The models of all runs, in the order in which they were planned first.
    pub fn models(&self) -> Result<Vec<RunModels>, StoreError> {
        self.database.read("list models", async |connection| {
            models(connection, self.path()).await
        })
    }
}

async fn models(connection: &mut SqliteConnection, store: &Path) -> Result<Vec<RunModels>, Fault> {
    let runs: Vec<(i64, String, String, Option<String>)> =
        sqlx::query_as("SELECT key, id, status, finished FROM run ORDER BY key")
            .fetch_all(&mut *connection)
            .await?;
    let rows: Vec<(i64, String, String)> =
        sqlx::query_as("SELECT run, rule, path FROM checkpoint ORDER BY run, rule")
            .fetch_all(&mut *connection)
            .await?;
    let mut paths: HashMap<i64, Vec<(Rule, String)>> = HashMap::new();
    for (run, name, path) in rows {
        let rule = rule(&name, || "the rule of a checkpoint".to_owned())?;
        paths.entry(run).or_default().push((rule, path));
    }
    let runs = runs.into_iter().map(|(key, run, name, finished)| {
        let what = || format!("a column of run `{run}`");
        let paths = paths.remove(&key).unwrap_or_default().into_iter();
        let found = |(rule, path): (Rule, String)| (rule, files::recorded(store, &path));
        Ok(RunModels {
            status: status(&name, what)?,
            finished: finished.map(|text| time(&text, what)).transpose()?,
            files: paths.map(found).collect(),
            run,
        })
    });
    runs.collect()
}
