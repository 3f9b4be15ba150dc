//! Gathering the figures of an experiment's runs, with one query a table.

use std::collections::HashMap;

use exp_core::event::{Point, Prediction};
use sqlx::SqliteConnection;

use crate::error::Fault;
use crate::rows::RunRow;
use crate::text::{count, json, rule, time};
use crate::{Checkpoint, PromptRecord, RunRecord, Selection};

/// The runs of a plan while their figures are gathered.
pub(crate) struct Runs {
    pub(crate) records: Vec<RunRecord>,
    /// Which record has a key.
    places: HashMap<i64, usize>,
}

impl Runs {
    pub(crate) async fn load(
        connection: &mut SqliteConnection,
        experiment: &str,
    ) -> Result<Self, Fault> {
        let rows: Vec<RunRow> = sqlx::query_as(
            "SELECT run.*, levels FROM experiment_run JOIN run ON run.key = experiment_run.run
             WHERE experiment = ? AND in_plan ORDER BY position",
        )
        .bind(experiment)
        .fetch_all(connection)
        .await?;
        let places = rows
            .iter()
            .enumerate()
            .map(|(place, row)| (row.key, place))
            .collect();
        let records: Result<_, _> = rows.into_iter().map(RunRow::decode).collect();
        Ok(Self {
            records: records?,
            places,
        })
    }

    /// The record with a key. Within one snapshot every key that a query finds has one.
    fn record(&mut self, key: i64) -> Option<&mut RunRecord> {
        self.places.get(&key).map(|&place| &mut self.records[place])
    }

    pub(crate) async fn add_prompts(
        &mut self,
        connection: &mut SqliteConnection,
        experiment: &str,
    ) -> Result<(), Fault> {
        let rows: Vec<(i64, String, String, String)> = sqlx::query_as(
            "SELECT run, class, text, token_ids FROM prompt
             WHERE run IN (SELECT run FROM experiment_run WHERE experiment = ? AND in_plan)
             ORDER BY run, position",
        )
        .bind(experiment)
        .fetch_all(connection)
        .await?;
        for (key, class, text, token_ids) in rows {
            let token_ids = json(&token_ids, || {
                format!("the tokens of the prompt of {class}")
            })?;
            if let Some(record) = self.record(key) {
                record.prompts.push(PromptRecord {
                    class,
                    text,
                    token_ids,
                });
            }
        }
        Ok(())
    }

    pub(crate) async fn add_points(
        &mut self,
        connection: &mut SqliteConnection,
        experiment: &str,
    ) -> Result<(), Fault> {
        let names: Vec<(i64, String)> = sqlx::query_as("SELECT key, name FROM series")
            .fetch_all(&mut *connection)
            .await?;
        let names: HashMap<i64, String> = names.into_iter().collect();
        let rows: Vec<(i64, i64, i64, Option<f64>)> = sqlx::query_as(
            "SELECT run, series, epoch, value FROM point
             WHERE run IN (SELECT run FROM experiment_run WHERE experiment = ? AND in_plan)
             ORDER BY run, series, epoch",
        )
        .bind(experiment)
        .fetch_all(connection)
        .await?;
        for (key, series, epoch, value) in rows {
            let epoch = count(epoch, || "the epoch of a point".to_owned())?;
            if let (Some(record), Some(series)) = (self.record(key), names.get(&series)) {
                record.points.push(Point {
                    series: series.clone(),
                    epoch,
                    value: value.unwrap_or(f64::NAN),
                });
            }
        }
        Ok(())
    }

    pub(crate) async fn add_selections(
        &mut self,
        connection: &mut SqliteConnection,
        experiment: &str,
    ) -> Result<(), Fault> {
        let heads: Vec<(i64, i64, String, i64)> = sqlx::query_as(
            "SELECT key, run, rule, epoch FROM selection
             WHERE run IN (SELECT run FROM experiment_run WHERE experiment = ? AND in_plan)
             ORDER BY run, rule",
        )
        .bind(experiment)
        .fetch_all(&mut *connection)
        .await?;
        let mut predictions = predictions(connection, experiment).await?;
        for (key, run, name, epoch) in heads {
            let selection = Selection {
                rule: rule(&name, || "a selection rule".to_owned())?,
                epoch: count(epoch, || "the epoch of a selection".to_owned())?,
                predictions: predictions.remove(&key).unwrap_or_default(),
            };
            if let Some(record) = self.record(run) {
                record.selections.push(selection);
            }
        }
        Ok(())
    }

    pub(crate) async fn add_checkpoints(
        &mut self,
        connection: &mut SqliteConnection,
        experiment: &str,
    ) -> Result<(), Fault> {
        let rows: Vec<(i64, String, i64, String, String)> = sqlx::query_as(
            "SELECT run, rule, epoch, path, written FROM checkpoint
             WHERE run IN (SELECT run FROM experiment_run WHERE experiment = ? AND in_plan)
             ORDER BY run, rule",
        )
        .bind(experiment)
        .fetch_all(connection)
        .await?;
        for (key, name, epoch, path, written) in rows {
            let checkpoint = Checkpoint {
                rule: rule(&name, || "the rule of a checkpoint".to_owned())?,
                epoch: count(epoch, || "the epoch of a checkpoint".to_owned())?,
                path: path.into(),
                written: time(&written, || "the time of a checkpoint".to_owned())?,
            };
            if let Some(record) = self.record(key) {
                record.checkpoints.push(checkpoint);
            }
        }
        Ok(())
    }
}

/// The predictions of every selection of an experiment, by the selection's key, each in the order
/// of the clips' names.
async fn predictions(
    connection: &mut SqliteConnection,
    experiment: &str,
) -> Result<HashMap<i64, Vec<Prediction>>, Fault> {
    let names: Vec<(i64, String)> = sqlx::query_as("SELECT key, name FROM clip")
        .fetch_all(&mut *connection)
        .await?;
    let names: HashMap<i64, String> = names.into_iter().collect();
    let rows: Vec<(i64, i64, i64, i64)> = sqlx::query_as(
        "SELECT selection, clip, target, predicted FROM prediction
         WHERE selection IN (
             SELECT key FROM selection
             WHERE run IN (SELECT run FROM experiment_run WHERE experiment = ? AND in_plan))",
    )
    .bind(experiment)
    .fetch_all(connection)
    .await?;
    let mut found: HashMap<i64, Vec<Prediction>> = HashMap::new();
    for (selection, clip, target, predicted) in rows {
        let what = || "a prediction".to_owned();
        if let Some(name) = names.get(&clip) {
            found.entry(selection).or_default().push(Prediction {
                clip: name.clone(),
                target: count(target, what)?,
                predicted: count(predicted, what)?,
            });
        }
    }
    for predictions in found.values_mut() {
        predictions.sort_unstable_by(|a, b| a.clip.cmp(&b.clip));
    }
    Ok(found)
}
