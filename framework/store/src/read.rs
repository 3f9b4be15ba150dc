//! Reading experiments back, each in one snapshot.

use std::collections::HashMap;
use std::path::Path;

use sqlx::SqliteConnection;

use crate::error::Fault;
use crate::gather::Runs;
use crate::rows::ExperimentRow;
use crate::text::{status, to_json};
use crate::{ExperimentData, Status, Store, StoreError};

impl Store {
    /// The names of all experiments, in alphabetical order.
    pub fn experiments(&self) -> Result<Vec<String>, StoreError> {
        self.database
            .read("list the experiments", async |connection| {
                Ok(names(connection).await?)
            })
    }

    /// How far runs have come. Ids that the store does not know are left out.
    pub fn statuses(&self, ids: &[String]) -> Result<HashMap<String, Status>, StoreError> {
        let ids = to_json(&ids, || "run ids".to_owned())?;
        self.database.read("look up runs", async |connection| {
            let rows: Vec<(String, String)> = sqlx::query_as(
                "SELECT id, status FROM run WHERE id IN (SELECT value FROM json_each(?))",
            )
            .bind(ids)
            .fetch_all(connection)
            .await?;
            rows.into_iter()
                .map(|(id, name)| {
                    let status = status(&name, || format!("the status of run `{id}`"))?;
                    Ok((id, status))
                })
                .collect()
        })
    }

    /// An experiment with the runs of its present plan and all of their figures.
    ///
    /// # Errors
    /// For an unknown name the error lists the names there are, the nearest first.
    pub fn experiment(&self, name: &str) -> Result<ExperimentData, StoreError> {
        self.load(name, None)
    }

    /// The same, but of all points only those of the series with these names: a page that draws four
    /// curves need not wait for twenty.
    ///
    /// # Errors
    /// As [`experiment`](Self::experiment).
    pub fn experiment_with_series(
        &self,
        name: &str,
        series: &[&str],
    ) -> Result<ExperimentData, StoreError> {
        self.load(name, Some(series))
    }

    fn load(&self, name: &str, series: Option<&[&str]>) -> Result<ExperimentData, StoreError> {
        let path = self.path();
        self.database
            .read("load an experiment", async |connection| {
                let found: Option<ExperimentRow> =
                    sqlx::query_as("SELECT * FROM experiment WHERE name = ?")
                        .bind(name)
                        .fetch_optional(&mut *connection)
                        .await?;
                let Some(found) = found else {
                    return Err(unknown_experiment(connection, path, name).await);
                };
                let mut runs = Runs::of(connection, name).await?;
                runs.add_figures(connection, path, series).await?;
                Ok(found.decode(runs.records)?)
            })
    }
}

async fn names(connection: &mut SqliteConnection) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar("SELECT name FROM experiment ORDER BY name")
        .fetch_all(connection)
        .await
}

/// Refuses a name that no experiment has.
pub(crate) async fn expect_experiment(
    connection: &mut SqliteConnection,
    path: &Path,
    name: &str,
) -> Result<(), Fault> {
    let known: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM experiment WHERE name = ?)")
        .bind(name)
        .fetch_one(&mut *connection)
        .await?;
    match known {
        true => Ok(()),
        false => Err(unknown_experiment(connection, path, name).await),
    }
}

/// The error for an experiment that is not there, or the error met while the others were listed.
async fn unknown_experiment(connection: &mut SqliteConnection, path: &Path, name: &str) -> Fault {
    match names(connection).await {
        Ok(mut known) => {
            known.sort_by_cached_key(|other| strsim::damerau_levenshtein(name, other));
            Fault::Store(StoreError::UnknownExperiment {
                path: path.to_owned(),
                name: name.to_owned(),
                known,
            })
        }
        Err(error) => Fault::Sql(error),
    }
}
