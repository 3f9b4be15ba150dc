//! Evaluations: trained models measured apart from any training.

use std::collections::HashSet;

use exp_core::event::Prediction;
use exp_core::metrics::Confusion;
use exp_core::provenance::Provenance;
use jiff::Timestamp;
use sqlx::{FromRow, SqliteConnection};

use crate::error::Fault;
use crate::figures::Names;
use crate::text::{count, json, now, time, to_json};
use crate::{Store, StoreError};

/// A trained model's answers on test clips.
#[derive(Debug, Clone, PartialEq)]
pub struct EvaluationRecord {
    /// The content id: the hash of all that the answers depend on.
    pub id: String,
    /// The checkpoint's file as it was named.
    pub checkpoint: String,
    /// Its SHA-256.
    pub sha256: String,
    /// The run that wrote it, where the file says so.
    pub run: Option<String>,
    /// The benchmark's name.
    pub benchmark: String,
    /// Whether the benchmark's clips are drawn.
    pub synthetic: bool,
    /// The fold of the benchmark.
    pub fold: u32,
    /// The settings it was evaluated with.
    pub settings: serde_json::Value,
    /// Class names in label order.
    pub classes: Vec<String>,
    /// The program, the machine and the inputs.
    pub provenance: Provenance,
    /// One for each test clip; read back in the order of the clips' names.
    pub predictions: Vec<Prediction>,
}

/// An evaluation in a list.
#[derive(Debug, Clone, PartialEq)]
pub struct EvaluationLine {
    /// The content id.
    pub id: String,
    /// The checkpoint's file as it was named.
    pub checkpoint: String,
    /// The run that wrote it, where the file says so.
    pub run: Option<String>,
    /// The benchmark's name.
    pub benchmark: String,
    /// The fold of the benchmark.
    pub fold: u32,
    /// Unweighted average recall in percent; `None` without a test clip.
    pub uar: Option<f64>,
    /// Weighted average recall in percent; `None` without a test clip.
    pub war: Option<f64>,
    /// When it was recorded, to the millisecond.
    pub evaluated: Timestamp,
}

impl Store {
    /// Lists the evaluations, the earliest first, without reading their predictions.
    pub fn evaluation_lines(&self) -> Result<Vec<EvaluationLine>, StoreError> {
        self.database.read("list evaluations", async |connection| {
            let rows: Vec<Line> = sqlx::query_as(
                "SELECT id, checkpoint, run, benchmark, fold, uar, war, evaluated
                 FROM evaluation ORDER BY evaluated, key",
            )
            .fetch_all(connection)
            .await?;
            let lines = rows.into_iter().map(Line::decode);
            Ok(lines.collect::<Result<_, _>>()?)
        })
    }

    /// Records an evaluation. An earlier one of the same id is replaced.
    ///
    /// # Errors
    /// Also when a clip was predicted twice.
    pub fn record_evaluation(&self, evaluation: &EvaluationRecord) -> Result<(), StoreError> {
        let mut clips = HashSet::new();
        let mut predictions = evaluation.predictions.iter();
        if let Some(twice) = predictions.find(|p| !clips.insert(p.clip.as_str())) {
            return Err(StoreError::PredictedTwice {
                run: evaluation.id.clone(),
                clip: twice.clip.clone(),
            });
        }
        self.database
            .write("record an evaluation", async |connection| {
                write(connection, evaluation).await
            })
    }

    /// All evaluations, the earliest first.
    pub fn evaluations(&self) -> Result<Vec<EvaluationRecord>, StoreError> {
        self.database.read("load evaluations", async |connection| {
            let rows: Vec<Row> = sqlx::query_as("SELECT * FROM evaluation ORDER BY evaluated, key")
                .fetch_all(&mut *connection)
                .await?;
            let mut evaluations = Vec::with_capacity(rows.len());
            for row in rows {
                let predictions: Vec<(String, i64, i64)> = sqlx::query_as(
                    "SELECT name, target, predicted FROM evaluation_prediction
                     JOIN clip ON clip.key = clip WHERE evaluation = ? ORDER BY name",
                )
                .bind(row.key)
                .fetch_all(&mut *connection)
                .await?;
                evaluations.push(row.decode(predictions)?);
            }
            Ok(evaluations)
        })
    }
}

async fn write(
    connection: &mut SqliteConnection,
    evaluation: &EvaluationRecord,
) -> Result<(), Fault> {
    let what = || format!("evaluation `{}`", evaluation.id);
    let pairs = evaluation
        .predictions
        .iter()
        .map(|p| (p.target, p.predicted));
    let confusion = Confusion::from_pairs(evaluation.classes.len(), pairs);
    sqlx::query("DELETE FROM evaluation WHERE id = ?")
        .bind(&evaluation.id)
        .execute(&mut *connection)
        .await?;
    let key: i64 = sqlx::query_scalar(
        "INSERT INTO evaluation (id, checkpoint, sha256, run, benchmark, synthetic, fold, settings,
             classes, provenance, evaluated, uar, war)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING key",
    )
    .bind(&evaluation.id)
    .bind(&evaluation.checkpoint)
    .bind(&evaluation.sha256)
    .bind(&evaluation.run)
    .bind(&evaluation.benchmark)
    .bind(evaluation.synthetic)
    .bind(evaluation.fold)
    .bind(to_json(&evaluation.settings, what)?)
    .bind(to_json(&evaluation.classes, what)?)
    .bind(to_json(&evaluation.provenance, what)?)
    .bind(now())
    .bind(confusion.uar())
    .bind(confusion.war())
    .fetch_one(&mut *connection)
    .await?;
    let mut names = Names::default();
    for prediction in &evaluation.predictions {
        let clip = names.clip(connection, &prediction.clip).await?;
        sqlx::query(
            "INSERT INTO evaluation_prediction (evaluation, clip, target, predicted)
             VALUES (?, ?, ?, ?)",
        )
        .bind(key)
        .bind(clip)
        .bind(prediction.target as i64)
        .bind(prediction.predicted as i64)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

#[derive(FromRow)]
struct Line {
    id: String,
    checkpoint: String,
    run: Option<String>,
    benchmark: String,
    fold: i64,
    uar: Option<f64>,
    war: Option<f64>,
    evaluated: String,
}

impl Line {
    fn decode(self) -> Result<EvaluationLine, StoreError> {
        let what = || format!("evaluation `{}`", self.id);
        Ok(EvaluationLine {
            fold: count(self.fold, what)?,
            evaluated: time(&self.evaluated, what)?,
            id: self.id,
            checkpoint: self.checkpoint,
            run: self.run,
            benchmark: self.benchmark,
            uar: self.uar,
            war: self.war,
        })
    }
}

#[derive(FromRow)]
struct Row {
    key: i64,
    id: String,
    checkpoint: String,
    sha256: String,
    run: Option<String>,
    benchmark: String,
    synthetic: bool,
    fold: i64,
    settings: String,
    classes: String,
    provenance: String,
}

impl Row {
    fn decode(self, rows: Vec<(String, i64, i64)>) -> Result<EvaluationRecord, StoreError> {
        let what = |part: &str| format!("the {part} of evaluation `{}`", self.id);
        let predictions = rows.into_iter().map(|(clip, target, predicted)| {
            Ok(Prediction {
                clip,
                target: count(target, || what("labels"))?,
                predicted: count(predicted, || what("predictions"))?,
            })
        });
        Ok(EvaluationRecord {
            predictions: predictions.collect::<Result<_, StoreError>>()?,
            fold: count(self.fold, || what("fold"))?,
            settings: json(&self.settings, || what("settings"))?,
            classes: json(&self.classes, || what("classes"))?,
            provenance: json(&self.provenance, || what("provenance"))?,
            id: self.id,
            checkpoint: self.checkpoint,
            sha256: self.sha256,
            run: self.run,
            benchmark: self.benchmark,
            synthetic: self.synthetic,
        })
    }
}
