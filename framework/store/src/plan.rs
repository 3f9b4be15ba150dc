//! Recording experiments and planning their runs.

use std::collections::HashSet;

use sqlx::SqliteConnection;

use crate::compare::compare_plans;
use crate::error::Fault;
use crate::read::expect_experiment;
use crate::rows::RunRow;
use crate::text::{now, to_json};
use crate::{ExperimentRecord, NewRun, PlanChange, Store, StoreError};

impl Store {
    /// Records an experiment, or what has changed in one of the same name.
    pub fn record_experiment(&self, experiment: &ExperimentRecord) -> Result<(), StoreError> {
        let what = || format!("experiment `{}`", experiment.name);
        let compare = match &experiment.compare {
            Some(compare) => Some(to_json(compare, what)?),
            None => None,
        };
        let benchmarks = to_json(&experiment.benchmarks, what)?;
        self.database.write("record an experiment", async |connection| {
            sqlx::query(
                "INSERT INTO experiment (name, question, yaml, compare, benchmarks, created, updated)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)
                 ON CONFLICT (name) DO UPDATE SET
                     question = excluded.question, yaml = excluded.yaml, compare = excluded.compare,
                     benchmarks = excluded.benchmarks, updated = excluded.updated",
            )
            .bind(&experiment.name)
            .bind(&experiment.question)
            .bind(&experiment.yaml)
            .bind(compare)
            .bind(benchmarks)
            .bind(now())
            .execute(connection)
            .await?;
            Ok(())
        })
    }

    /// Makes `runs`, in this order, the plan of a recorded experiment.
    ///
    /// A run that is new to the store is queued; one that is known, from this or from another
    /// experiment, stays as it is. Runs of an earlier plan that are missing now stay in the store,
    /// but are no longer part of [`experiment`](Self::experiment).
    ///
    /// What is new against the plan before is returned.
    ///
    /// # Errors
    /// Also when the experiment was not recorded, or a run stands twice in the plan.
    pub fn plan_runs(&self, experiment: &str, runs: &[NewRun]) -> Result<PlanChange, StoreError> {
        let mut ids = HashSet::new();
        if let Some(twice) = runs.iter().find(|run| !ids.insert(run.id.as_str())) {
            return Err(StoreError::PlannedTwice {
                experiment: experiment.to_owned(),
                run: twice.id.clone(),
            });
        }
        let path = self.path();
        self.database.write("plan runs", async |connection| {
            expect_experiment(connection, path, experiment).await?;
            let change = compare_plans(&plan_of(connection, experiment).await?, runs);
            sqlx::query("UPDATE experiment_run SET in_plan = 0 WHERE experiment = ?")
                .bind(experiment)
                .execute(&mut *connection)
                .await?;
            for (position, run) in runs.iter().enumerate() {
                let key = add_run(connection, run).await?;
                sqlx::query(
                    "INSERT OR REPLACE INTO experiment_run (experiment, run, levels, position, in_plan)
                     VALUES (?, ?, ?, ?, 1)",
                )
                .bind(experiment)
                .bind(key)
                .bind(to_json(&run.levels, || format!("the levels of run `{}`", run.id))?)
                .bind(position as i64)
                .execute(&mut *connection)
                .await?;
            }
            Ok(change)
        })
    }

    /// What [`plan_runs`](Self::plan_runs) would change, without doing it. An experiment that was
    /// not recorded has no run yet.
    pub fn compare_plan(
        &self,
        experiment: &str,
        runs: &[NewRun],
    ) -> Result<PlanChange, StoreError> {
        self.database.read("compare plans", async |connection| {
            Ok(compare_plans(&plan_of(connection, experiment).await?, runs))
        })
    }
}

/// The runs of an experiment's present plan.
async fn plan_of(
    connection: &mut SqliteConnection,
    experiment: &str,
) -> Result<Vec<NewRun>, Fault> {
    let rows: Vec<RunRow> = sqlx::query_as(
        "SELECT run.*, levels FROM experiment_run JOIN run ON run.key = experiment_run.run
         WHERE experiment = ? AND in_plan ORDER BY position",
    )
    .bind(experiment)
    .fetch_all(connection)
    .await?;
    let plan = rows.into_iter().map(|row| Ok(row.decode()?.into_plan()));
    plan.collect()
}

/// Queues a run that is not known yet, and gives its key.
async fn add_run(connection: &mut SqliteConnection, run: &NewRun) -> Result<i64, Fault> {
    let what = || format!("run `{}`", run.id);
    let epochs = run.settings.pointer("/train/epochs");
    sqlx::query(
        "INSERT INTO run (id, benchmark, synthetic, fold, seed, settings, classes, epochs, status)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'queued') ON CONFLICT (id) DO NOTHING",
    )
    .bind(&run.id)
    .bind(&run.benchmark)
    .bind(run.synthetic)
    .bind(run.fold)
    .bind(run.seed.cast_signed())
    .bind(to_json(&run.settings, what)?)
    .bind(to_json(&run.classes, what)?)
    .bind(epochs.and_then(serde_json::Value::as_i64))
    .execute(&mut *connection)
    .await?;
    let key = sqlx::query_scalar("SELECT key FROM run WHERE id = ?")
        .bind(&run.id)
        .fetch_one(connection)
        .await?;
    Ok(key)
}
