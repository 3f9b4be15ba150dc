//! How an event becomes rows.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use exp_core::event::{Event, Point, Prediction};
use exp_core::metrics::{Confusion, Rule};
use sqlx::{AssertSqlSafe, SqliteConnection};

use crate::error::Fault;
use crate::{Claim, StoreError, files, text};

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

/// Writes what an event of a run tells. The claim on it must hold.
pub(crate) async fn write_event(
    connection: &mut SqliteConnection,
    store: &Path,
    names: &mut Names,
    claim: &Claim,
    event: &Event,
) -> Result<(), Fault> {
    match event {
        Event::Features { .. } | Event::Step { .. } => Ok(()),
        Event::Epoch { epoch, points } => {
            write_points(connection, names, claim.key, points).await?;
            sqlx::query("UPDATE run SET epoch = max(epoch, ?2) WHERE key = ?1")
                .bind(claim.key)
                .bind(*epoch as i64)
                .execute(connection)
                .await?;
            Ok(())
        }
        Event::Predictions {
            rule,
            epoch,
            predictions,
        } => {
            let mut clips = HashSet::new();
            if let Some(twice) = predictions.iter().find(|p| !clips.insert(p.clip.as_str())) {
                return Err(Fault::Store(StoreError::PredictedTwice {
                    run: claim.run().to_owned(),
                    clip: twice.clip.clone(),
                }));
            }
            let selection =
                replace_selection(connection, claim.key, *rule, *epoch, predictions).await?;
            write_predictions(connection, names, selection, predictions).await
        }
        Event::Checkpoint {
            rule,
            epoch,
            path: file,
        } => {
            let file = files::to_record(store, file);
            write_checkpoint(connection, claim.key, *rule, *epoch, &file).await
        }
    }
}

/// A point that is there already (an epoch done again after a resume) is replaced.
async fn write_points(
    connection: &mut SqliteConnection,
    names: &mut Names,
    run: i64,
    points: &[Point],
) -> Result<(), Fault> {
    for points in points.chunks(ROWS) {
        let mut series = Vec::with_capacity(points.len());
        for point in points {
            series.push(names.series(connection, &point.series).await?);
        }
        let sql = insert(
            "INSERT OR REPLACE INTO point (run, series, epoch, value)",
            points.len(),
        );
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for (point, series) in points.iter().zip(series) {
            // SQLite itself turns a NaN that is bound into NULL.
            query = query
                .bind(run)
                .bind(series)
                .bind(point.epoch as i64)
                .bind(point.value);
        }
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

/// Rows that go into one statement at most. A statement costs a message to the thread that SQLite
/// runs on and back, so many at once are several times as quick.
const ROWS: usize = 50;

/// A statement that inserts `rows` rows of four values. There are at most [`ROWS`] of each kind, and
/// sqlx keeps them prepared.
fn insert(into: &str, rows: usize) -> String {
    format!("{into} VALUES {}", vec!["(?, ?, ?, ?)"; rows].join(", "))
}

/// Makes a selection in place of the rule's earlier one, and gives its key. The predictions that
/// its UAR and WAR are of are still to be written.
async fn replace_selection(
    connection: &mut SqliteConnection,
    run: i64,
    rule: Rule,
    epoch: usize,
    predictions: &[Prediction],
) -> Result<i64, Fault> {
    let classes: i64 =
        sqlx::query_scalar("SELECT json_array_length(classes) FROM run WHERE key = ?")
            .bind(run)
            .fetch_one(&mut *connection)
            .await?;
    let classes = text::count(classes, || "the number of classes".to_owned())?;
    let pairs = predictions.iter().map(|p| (p.target, p.predicted));
    let confusion = Confusion::from_pairs(classes, pairs);
    sqlx::query("DELETE FROM selection WHERE run = ? AND rule = ?")
        .bind(run)
        .bind(rule.name())
        .execute(&mut *connection)
        .await?;
    let key = sqlx::query_scalar(
        "INSERT INTO selection (run, rule, epoch, uar, war) VALUES (?, ?, ?, ?, ?) RETURNING key",
    )
    .bind(run)
    .bind(rule.name())
    .bind(epoch as i64)
    .bind(confusion.uar())
    .bind(confusion.war())
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
    for predictions in predictions.chunks(ROWS) {
        let mut clips = Vec::with_capacity(predictions.len());
        for prediction in predictions {
            clips.push(names.clip(connection, &prediction.clip).await?);
        }
        let into = "INSERT INTO prediction (selection, clip, target, predicted)";
        let mut query = sqlx::query(AssertSqlSafe(insert(into, predictions.len())));
        for (prediction, clip) in predictions.iter().zip(clips) {
            query = query
                .bind(selection)
                .bind(clip)
                .bind(prediction.target as i64)
                .bind(prediction.predicted as i64);
        }
        query.execute(&mut *connection).await?;
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
