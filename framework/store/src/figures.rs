//! How an event becomes rows.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use exp_core::event::{Event, Point, Prediction};
use exp_core::metrics::Rule;
use sqlx::SqliteConnection;

use crate::error::Fault;
use crate::{StoreError, text};

/// The keys of series and clips as far as they were needed. They never change: such rows are only
/// ever added.
#[derive(Default)]
pub(crate) struct Names {
    series: HashMap<String, i64>,
    clips: HashMap<String, i64>,
}

impl Names {
    async fn series(
        &mut self,
        connection: &mut SqliteConnection,
        name: &str,
    ) -> Result<i64, Fault> {
        if let Some(&key) = self.series.get(name) {
            return Ok(key);
        }
        sqlx::query("INSERT INTO series (name) VALUES (?) ON CONFLICT DO NOTHING")
            .bind(name)
            .execute(&mut *connection)
            .await?;
        let key = sqlx::query_scalar("SELECT key FROM series WHERE name = ?")
            .bind(name)
            .fetch_one(connection)
            .await?;
        self.series.insert(name.to_owned(), key);
        Ok(key)
    }

    pub(crate) async fn clip(
        &mut self,
        connection: &mut SqliteConnection,
        name: &str,
    ) -> Result<i64, Fault> {
        if let Some(&key) = self.clips.get(name) {
            return Ok(key);
        }
        sqlx::query("INSERT INTO clip (name) VALUES (?) ON CONFLICT DO NOTHING")
            .bind(name)
            .execute(&mut *connection)
            .await?;
        let key = sqlx::query_scalar("SELECT key FROM clip WHERE name = ?")
            .bind(name)
            .fetch_one(connection)
            .await?;
        self.clips.insert(name.to_owned(), key);
        Ok(key)
    }
}

/// The key of a run, by its id.
pub(crate) async fn run_key(
    connection: &mut SqliteConnection,
    path: &Path,
    run: &str,
) -> Result<i64, Fault> {
    sqlx::query_scalar("SELECT key FROM run WHERE id = ?")
        .bind(run)
        .fetch_optional(connection)
        .await?
        .ok_or_else(|| {
            Fault::Store(StoreError::UnknownRun {
                path: path.to_owned(),
                run: run.to_owned(),
            })
        })
}

/// Writes what an event of the run tells.
pub(crate) async fn write_event(
    connection: &mut SqliteConnection,
    names: &mut Names,
    path: &Path,
    run: &str,
    event: &Event,
) -> Result<(), Fault> {
    let key = run_key(connection, path, run).await?;
    match event {
        Event::Step { .. } => Ok(()),
        Event::Epoch { epoch: _, points } => write_points(connection, names, key, points).await,
        Event::Predictions {
            rule,
            epoch,
            predictions,
        } => {
            let mut clips = HashSet::new();
            if let Some(twice) = predictions.iter().find(|p| !clips.insert(p.clip.as_str())) {
                return Err(Fault::Store(StoreError::PredictedTwice {
                    run: run.to_owned(),
                    clip: twice.clip.clone(),
                }));
            }
            let selection = replace_selection(connection, key, *rule, *epoch).await?;
            write_predictions(connection, names, selection, predictions).await
        }
        Event::Checkpoint {
            rule,
            epoch,
            path: file,
        } => write_checkpoint(connection, key, *rule, *epoch, file).await,
    }
}

/// A point that is there already (an epoch done again after a resume) is replaced.
async fn write_points(
    connection: &mut SqliteConnection,
    names: &mut Names,
    run: i64,
    points: &[Point],
) -> Result<(), Fault> {
    for point in points {
        let series = names.series(connection, &point.series).await?;
        // SQLite itself turns a NaN that is bound into NULL.
        sqlx::query("INSERT OR REPLACE INTO point (run, series, epoch, value) VALUES (?, ?, ?, ?)")
            .bind(run)
            .bind(series)
            .bind(point.epoch as i64)
            .bind(point.value)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// Makes an empty selection in place of the rule's earlier one, and gives its key.
async fn replace_selection(
    connection: &mut SqliteConnection,
    run: i64,
    rule: Rule,
    epoch: usize,
) -> Result<i64, Fault> {
    sqlx::query("DELETE FROM selection WHERE run = ? AND rule = ?")
        .bind(run)
        .bind(rule.name())
        .execute(&mut *connection)
        .await?;
    let key = sqlx::query_scalar(
        "INSERT INTO selection (run, rule, epoch) VALUES (?, ?, ?) RETURNING key",
    )
    .bind(run)
    .bind(rule.name())
    .bind(epoch as i64)
    .fetch_one(connection)
    .await?;
    Ok(key)
}

async fn write_predictions(
    connection: &mut SqliteConnection,
    names: &mut Names,
    selection: i64,
    predictions: &[Prediction],
) -> Result<(), Fault> {
    for prediction in predictions {
        let clip = names.clip(connection, &prediction.clip).await?;
        sqlx::query(
            "INSERT INTO prediction (selection, clip, target, predicted) VALUES (?, ?, ?, ?)",
        )
        .bind(selection)
        .bind(clip)
        .bind(prediction.target as i64)
        .bind(prediction.predicted as i64)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

async fn write_checkpoint(
    connection: &mut SqliteConnection,
    run: i64,
    rule: Rule,
    epoch: usize,
    file: &Path,
) -> Result<(), Fault> {
    let Some(name) = file.to_str() else {
        return Err(Fault::Store(StoreError::NotUtf8 {
            path: file.to_owned(),
        }));
    };
    sqlx::query("INSERT OR REPLACE INTO checkpoint (run, rule, epoch, path, written) VALUES (?, ?, ?, ?, ?)")
        .bind(run)
        .bind(rule.name())
        .bind(epoch as i64)
        .bind(name)
        .bind(text::now())
        .execute(connection)
        .await?;
    Ok(())
}
