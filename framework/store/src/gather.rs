//! Gathering the figures of an experiment's runs, or of one, with one query a table.

use std::collections::HashMap;
use std::path::Path;

use exp_core::event::{Point, Prediction};
use sqlx::SqliteConnection;

use crate::error::Fault;
use crate::memberships::memberships;
use crate::rows::RunRow;
use crate::text::{count, json, rule, time, to_json};
use crate::{Checkpoint, Note, PromptRecord, RunRecord, Selection, files};

/// Runs while their figures are gathered.
pub(crate) struct Runs {
    pub(crate) records: Vec<RunRecord>,
    /// Which record has a key.
    places: HashMap<i64, usize>,
    /// The keys as a JSON list, for `json_each`.
    keys: String,
}

impl Runs {
    /// The runs of an experiment's present plan, in its order.
    pub(crate) async fn of(
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
        Self::new(rows)
    }

    /// The run with this key.
    pub(crate) async fn one(connection: &mut SqliteConnection, key: i64) -> Result<Self, Fault> {
        let rows: Vec<RunRow> = sqlx::query_as(
            "SELECT run.*, coalesce((SELECT levels FROM experiment_run WHERE run = run.key
                 ORDER BY in_plan DESC, experiment LIMIT 1), '[]') AS levels
             FROM run WHERE key = ?",
        )
        .bind(key)
        .fetch_all(connection)
        .await?;
        Self::new(rows)
    }

    fn new(rows: Vec<RunRow>) -> Result<Self, Fault> {
        let keys: Vec<i64> = rows.iter().map(|row| row.key).collect();
        let records: Result<_, _> = rows.into_iter().map(RunRow::decode).collect();
        Ok(Self {
            records: records?,
            keys: to_json(&keys, || "keys of runs".to_owned())?,
            places: keys
                .into_iter()
                .enumerate()
                .map(|(place, key)| (key, place))
                .collect(),
        })
    }

    /// Adds everything that stands in tables of its own; of the points only those of the series
    /// with these names, where some are named.
    pub(crate) async fn add_figures(
        &mut self,
        connection: &mut SqliteConnection,
        store: &Path,
        series: Option<&[&str]>,
    ) -> Result<(), Fault> {
        self.add_prompts(connection).await?;
        self.add_points(connection, series).await?;
        self.add_selections(connection).await?;
        self.add_checkpoints(connection, store).await?;
        self.add_history(connection).await
    }

    /// The record with a key. Within one snapshot every key that a query finds has one.
    fn record(&mut self, key: i64) -> Option<&mut RunRecord> {
        self.places.get(&key).map(|&place| &mut self.records[place])
    }

    async fn add_prompts(&mut self, connection: &mut SqliteConnection) -> Result<(), Fault> {
        let rows: Vec<(i64, String, String, String)> = sqlx::query_as(
            "SELECT run, class, text, token_ids FROM prompt
             WHERE run IN (SELECT value FROM json_each(?))
             ORDER BY run, position",
        )
        .bind(&self.keys)
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

    async fn add_points(
        &mut self,
        connection: &mut SqliteConnection,
        series: Option<&[&str]>,
    ) -> Result<(), Fault> {
        let names: Vec<(i64, String)> = sqlx::query_as("SELECT key, name FROM series")
            .fetch_all(&mut *connection)
            .await?;
        let wanted = |name: &str| series.is_none_or(|series| series.contains(&name));
        let names: HashMap<i64, String> = (names.into_iter())
            .filter(|(_, name)| wanted(name))
            .collect();
        let keys: Vec<i64> = names.keys().copied().collect();
        let rows: Vec<(i64, i64, i64, Option<f64>)> = sqlx::query_as(
            "SELECT run, series, epoch, value FROM point
             WHERE run IN (SELECT value FROM json_each(?1))
                 AND series IN (SELECT value FROM json_each(?2))
             ORDER BY run, series, epoch",
        )
        .bind(&self.keys)
        .bind(to_json(&keys, || "keys of series".to_owned())?)
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

    async fn add_selections(&mut self, connection: &mut SqliteConnection) -> Result<(), Fault> {
        let heads: Vec<(i64, i64, String, i64)> = sqlx::query_as(
            "SELECT key, run, rule, epoch FROM selection
             WHERE run IN (SELECT value FROM json_each(?))
             ORDER BY run, rule",
        )
        .bind(&self.keys)
        .fetch_all(&mut *connection)
        .await?;
        let mut predictions = predictions(connection, &self.keys).await?;
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

    async fn add_checkpoints(
        &mut self,
        connection: &mut SqliteConnection,
        store: &Path,
    ) -> Result<(), Fault> {
        let rows: Vec<(i64, String, i64, String, String)> = sqlx::query_as(
            "SELECT run, rule, epoch, path, written FROM checkpoint
             WHERE run IN (SELECT value FROM json_each(?))
             ORDER BY run, rule",
        )
        .bind(&self.keys)
        .fetch_all(connection)
        .await?;
        for (key, name, epoch, path, written) in rows {
            let rule = rule(&name, || "the rule of a checkpoint".to_owned())?;
            let epoch = count(epoch, || "the epoch of a checkpoint".to_owned())?;
            let written = time(&written, || "the time of a checkpoint".to_owned())?;
            if let Some(record) = self.record(key) {
                record.checkpoints.push(Checkpoint {
                    rule,
                    epoch,
                    path: files::recorded(store, &path),
                    written,
                });
            }
        }
        Ok(())
    }

    async fn add_history(&mut self, connection: &mut SqliteConnection) -> Result<(), Fault> {
        let only = match self.places.len() {
            1 => self.places.keys().next().copied(),
            _ => None,
        };
        for (key, experiments) in memberships(connection, only).await? {
            if let Some(record) = self.record(key) {
                record.history.experiments = experiments;
            }
        }
        let rows: Vec<(i64, String, String)> = sqlx::query_as(
            "SELECT run, text, written FROM note
             WHERE run IN (SELECT value FROM json_each(?)) ORDER BY written, key",
        )
        .bind(&self.keys)
        .fetch_all(connection)
        .await?;
        for (key, text, written) in rows {
            let written = time(&written, || "the time of a note".to_owned())?;
            if let Some(record) = self.record(key) {
                record.history.notes.push(Note { text, written });
            }
        }
        Ok(())
    }
}

/// The predictions of every selection of the runs with these keys, by the selection's key, each in
/// the order of the clips' names.
async fn predictions(
    connection: &mut SqliteConnection,
    keys: &str,
) -> Result<HashMap<i64, Vec<Prediction>>, Fault> {
    let names: Vec<(i64, String)> = sqlx::query_as("SELECT key, name FROM clip")
        .fetch_all(&mut *connection)
        .await?;
    let names: HashMap<i64, String> = names.into_iter().collect();
    // One row a selection: there are very many clips, and a row of its own for each would take most
    // of the time.
    let rows: Vec<(i64, String)> = sqlx::query_as(
        "SELECT selection, json_group_array(json_array(clip, target, predicted)) FROM prediction
         WHERE selection IN (
             SELECT key FROM selection
             WHERE run IN (SELECT value FROM json_each(?)))
         GROUP BY selection",
    )
    .bind(keys)
    .fetch_all(connection)
    .await?;
    let mut found: HashMap<i64, Vec<Prediction>> = HashMap::new();
    for (selection, text) in rows {
        let what = || "a prediction".to_owned();
        let clips: Vec<(i64, i64, i64)> = json(&text, what)?;
        let own = found.entry(selection).or_default();
        own.reserve(clips.len());
        for (clip, target, predicted) in clips {
            if let Some(name) = names.get(&clip) {
                own.push(Prediction {
                    clip: name.clone(),
                    target: count(target, what)?,
                    predicted: count(predicted, what)?,
                });
            }
        }
    }
    for predictions in found.values_mut() {
        predictions.sort_unstable_by(|a, b| a.clip.cmp(&b.clip));
    }
    Ok(found)
}
