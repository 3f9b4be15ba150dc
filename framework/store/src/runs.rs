//! Recording experiments, planning their runs, and a run's way from queued to done or failed.

use std::collections::HashSet;

use exp_core::provenance::Provenance;
use sqlx::SqliteConnection;

use crate::error::Fault;
use crate::figures::run_key;
use crate::read::unknown_experiment;
use crate::text::{now, to_json};
use crate::{ExperimentRecord, NewRun, PromptRecord, Status, Store, StoreError, text};

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
    /// # Errors
    /// Also when the experiment was not recorded, or a run stands twice in the plan.
    pub fn plan_runs(&self, experiment: &str, runs: &[NewRun]) -> Result<(), StoreError> {
        let mut ids = HashSet::new();
        if let Some(twice) = runs.iter().find(|run| !ids.insert(run.id.as_str())) {
            return Err(StoreError::PlannedTwice {
                experiment: experiment.to_owned(),
                run: twice.id.clone(),
            });
        }
        let path = self.path();
        self.database.write("plan runs", async |connection| {
            let known: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM experiment WHERE name = ?)")
                .bind(experiment)
                .fetch_one(&mut *connection)
                .await?;
            if !known {
                return Err(unknown_experiment(connection, path, experiment).await);
            }
            sqlx::query("UPDATE experiment_run SET in_plan = 0 WHERE experiment = ?")
                .bind(experiment)
                .execute(&mut *connection)
                .await?;
            for (position, run) in runs.iter().enumerate() {
                add_run(connection, run).await?;
                let key = run_key(connection, path, &run.id).await?;
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
            Ok(())
        })
    }

    /// Begins a run, or begins it again: figures of an earlier attempt that did not get done are
    /// removed. `prompts` are kept in their order.
    ///
    /// # Errors
    /// Also when the run was not planned or is done already.
    pub fn start(
        &self,
        run: &str,
        provenance: &Provenance,
        prompts: &[PromptRecord],
    ) -> Result<(), StoreError> {
        // What is queued of an earlier attempt must be there when it is removed.
        self.writer().flush()?;
        let what = || format!("what is known of run `{run}`");
        let provenance_json = to_json(provenance, what)?;
        self.database.write("start a run", async |connection| {
            let key = run_key(connection, self.path(), run).await?;
            let restartable = [Status::Queued, Status::Running, Status::Failed, Status::Interrupted];
            expect_status(connection, "start", run, &restartable).await?;
            for clear in [
                "DELETE FROM point WHERE run = ?",
                "DELETE FROM selection WHERE run = ?",
                "DELETE FROM checkpoint WHERE run = ?",
                "DELETE FROM prompt WHERE run = ?",
            ] {
                sqlx::query(clear).bind(key).execute(&mut *connection).await?;
            }
            for (position, prompt) in prompts.iter().enumerate() {
                sqlx::query("INSERT INTO prompt (run, position, class, text, token_ids) VALUES (?, ?, ?, ?, ?)")
                    .bind(key)
                    .bind(position as i64)
                    .bind(&prompt.class)
                    .bind(&prompt.text)
                    .bind(to_json(&prompt.token_ids, what)?)
                    .execute(&mut *connection)
                    .await?;
            }
            sqlx::query(
                "UPDATE run SET status = 'running', failure = NULL, provenance = ?2, host = ?3,
                     process = ?4, heartbeat = ?5, started = ?5, finished = NULL
                 WHERE key = ?1",
            )
            .bind(key)
            .bind(provenance_json)
            .bind(&provenance.host)
            .bind(std::process::id())
            .bind(now())
            .execute(connection)
            .await?;
            Ok(())
        })
    }

    /// Notes that a running run is alive.
    ///
    /// # Errors
    /// Also when the run is not running.
    pub fn heartbeat(&self, run: &str) -> Result<(), StoreError> {
        self.database.write("note a heartbeat", async |connection| {
            run_key(connection, self.path(), run).await?;
            expect_status(connection, "note a heartbeat of", run, &[Status::Running]).await?;
            sqlx::query("UPDATE run SET heartbeat = ? WHERE id = ?")
                .bind(now())
                .bind(run)
                .execute(connection)
                .await?;
            Ok(())
        })
    }

    /// Marks a running run as done, after all of its queued figures are on disk.
    ///
    /// # Errors
    /// Also when figures were lost or the run is not running; it is not marked then.
    pub fn finish(&self, run: &str) -> Result<(), StoreError> {
        self.writer().flush()?;
        self.end(run, "finish", &[Status::Running], Status::Done, None)
    }

    /// Marks a run as failed, with the reason for people. The figures it has are kept.
    ///
    /// # Errors
    /// Also when figures were lost (the run is marked all the same), or when it is done already.
    pub fn fail(&self, run: &str, reason: &str) -> Result<(), StoreError> {
        let flushed = self.writer().flush();
        let from = [
            Status::Queued,
            Status::Running,
            Status::Failed,
            Status::Interrupted,
        ];
        self.end(run, "fail", &from, Status::Failed, Some(reason))?;
        flushed
    }

    fn end(
        &self,
        run: &str,
        step: &'static str,
        from: &[Status],
        to: Status,
        failure: Option<&str>,
    ) -> Result<(), StoreError> {
        self.database.write("end a run", async |connection| {
            run_key(connection, self.path(), run).await?;
            expect_status(connection, step, run, from).await?;
            sqlx::query("UPDATE run SET status = ?2, failure = ?3, finished = ?4, heartbeat = ?4 WHERE id = ?1")
                .bind(run)
                .bind(to.name())
                .bind(failure)
                .bind(now())
                .execute(connection)
                .await?;
            Ok(())
        })
    }
}

async fn add_run(connection: &mut SqliteConnection, run: &NewRun) -> Result<(), Fault> {
    let what = || format!("run `{}`", run.id);
    sqlx::query(
        "INSERT INTO run (id, benchmark, synthetic, fold, seed, settings, classes, status)
         VALUES (?, ?, ?, ?, ?, ?, ?, 'queued') ON CONFLICT (id) DO NOTHING",
    )
    .bind(&run.id)
    .bind(&run.benchmark)
    .bind(run.synthetic)
    .bind(run.fold)
    .bind(run.seed.cast_signed())
    .bind(to_json(&run.settings, what)?)
    .bind(to_json(&run.classes, what)?)
    .execute(connection)
    .await?;
    Ok(())
}

async fn expect_status(
    connection: &mut SqliteConnection,
    step: &'static str,
    run: &str,
    expected: &[Status],
) -> Result<(), Fault> {
    let name: String = sqlx::query_scalar("SELECT status FROM run WHERE id = ?")
        .bind(run)
        .fetch_one(connection)
        .await?;
    let found = text::status(&name, || format!("the status of run `{run}`"))?;
    if expected.contains(&found) {
        return Ok(());
    }
    Err(Fault::Store(StoreError::WrongStatus {
        step,
        run: run.to_owned(),
        expected: expected
            .iter()
            .map(|status| status.name())
            .collect::<Vec<_>>()
            .join(" or "),
        found,
    }))
}
