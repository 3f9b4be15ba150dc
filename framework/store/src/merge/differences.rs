//! Results of the same run that two stores have, and that differ.

use exp_core::metrics::Rule;
use sqlx::SqliteConnection;

use crate::error::Fault;
use crate::text::{count, rule};

/// How many differing points a [`Conflict`] names.
const NAMED: usize = 10;

/// A run, or an evaluation, that two stores have with different results.
#[derive(Debug, Clone, PartialEq)]
pub struct Conflict {
    /// The id.
    pub id: String,
    /// Whether it is an evaluation; its predictions differ then.
    pub evaluation: bool,
    /// The selections that differ.
    pub selections: Vec<DifferentSelection>,
    /// How many points differ, those of the machine apart.
    pub points: usize,
    /// The first of them, by series and epoch.
    pub first_points: Vec<DifferentPoint>,
}

/// A figure that two stores do not share; `None` where one has none. NaN stands for itself.
#[derive(Debug, Clone, PartialEq)]
pub struct DifferentPoint {
    /// The series' name.
    pub series: String,
    /// The epoch, counted from 1.
    pub epoch: usize,
    /// The value here.
    pub ours: Option<f64>,
    /// The value in the other store.
    pub theirs: Option<f64>,
}

/// A selection whose epoch or predictions two stores do not share.
#[derive(Debug, Clone, PartialEq)]
pub struct DifferentSelection {
    /// The rule.
    pub rule: Rule,
    /// UAR and WAR in percent here, where there is such a selection with clips.
    pub ours: Option<(f64, f64)>,
    /// The same in the other store.
    pub theirs: Option<(f64, f64)>,
    /// Clips that are predicted as another class, or only in one of the stores.
    pub clips: usize,
}

impl Conflict {
    pub(super) fn of_evaluation(id: String) -> Self {
        Self {
            id,
            evaluation: true,
            selections: Vec::new(),
            points: 0,
            first_points: Vec::new(),
        }
    }
}

/// Compares the results of a run that both stores have.
pub(super) async fn of_run(
    connection: &mut SqliteConnection,
    id: &str,
    theirs: i64,
    ours: i64,
) -> Result<Option<Conflict>, Fault> {
    let points = points(connection, theirs, ours).await?;
    let selections = selections(connection, theirs, ours).await?;
    let equal = points.is_empty() && selections.is_empty();
    Ok((!equal).then(|| Conflict {
        id: id.to_owned(),
        evaluation: false,
        selections,
        points: points.len(),
        first_points: points.into_iter().take(NAMED).collect(),
    }))
}

async fn points(
    connection: &mut SqliteConnection,
    theirs: i64,
    ours: i64,
) -> Result<Vec<DifferentPoint>, Fault> {
    type Found = (String, i64, bool, Option<f64>, bool, Option<f64>);
    let rows: Vec<Found> = sqlx::query_as(
        "WITH ours AS (
             SELECT name, epoch, value FROM main.point JOIN main.series ON key = series
             WHERE run = ?2 AND name NOT LIKE 'time/%' AND name NOT LIKE 'gpu/%'
         ), theirs AS (
             SELECT name, epoch, value FROM other.point JOIN other.series ON key = series
             WHERE run = ?1 AND name NOT LIKE 'time/%' AND name NOT LIKE 'gpu/%'
         )
         SELECT coalesce(ours.name, theirs.name) AS series,
             coalesce(ours.epoch, theirs.epoch) AS at,
             ours.name IS NOT NULL, ours.value, theirs.name IS NOT NULL, theirs.value
         FROM ours FULL JOIN theirs ON ours.name = theirs.name AND ours.epoch = theirs.epoch
         WHERE ours.name IS NULL OR theirs.name IS NULL OR ours.value IS NOT theirs.value
         ORDER BY series, at",
    )
    .bind(theirs)
    .bind(ours)
    .fetch_all(connection)
    .await?;
    let value = |is_there: bool, value: Option<f64>| is_there.then(|| value.unwrap_or(f64::NAN));
    let points = rows
        .into_iter()
        .map(|(series, epoch, here, ours, there, theirs)| {
            Ok(DifferentPoint {
                series,
                epoch: count(epoch, || "the epoch of a point".to_owned())?,
                ours: value(here, ours),
                theirs: value(there, theirs),
            })
        });
    points.collect()
}

async fn selections(
    connection: &mut SqliteConnection,
    theirs: i64,
    ours: i64,
) -> Result<Vec<DifferentSelection>, Fault> {
    type Found = (
        String,
        Option<f64>,
        Option<f64>,
        Option<f64>,
        Option<f64>,
        bool,
        Option<i64>,
        Option<i64>,
    );
    let pairs: Vec<Found> = sqlx::query_as(
        "WITH ours AS (SELECT * FROM main.selection WHERE run = ?2),
             theirs AS (SELECT * FROM other.selection WHERE run = ?1)
         SELECT coalesce(ours.rule, theirs.rule) AS by, ours.uar, ours.war, theirs.uar, theirs.war,
             ours.epoch IS NOT theirs.epoch, ours.key, theirs.key
         FROM ours FULL JOIN theirs ON ours.rule = theirs.rule ORDER BY by",
    )
    .bind(theirs)
    .bind(ours)
    .fetch_all(&mut *connection)
    .await?;
    let mut different = Vec::new();
    for (name, our_uar, our_war, their_uar, their_war, other_epoch, ours, theirs) in pairs {
        let clips: i64 = sqlx::query_scalar(
            "WITH ours AS (
                 SELECT name, target, predicted FROM main.prediction
                 JOIN main.clip ON key = clip WHERE selection = ?2
             ), theirs AS (
                 SELECT name, target, predicted FROM other.prediction
                 JOIN other.clip ON key = clip WHERE selection = ?1
             )
             SELECT count(*) FROM ours FULL JOIN theirs ON ours.name = theirs.name
             WHERE ours.predicted IS NOT theirs.predicted OR ours.target IS NOT theirs.target",
        )
        .bind(theirs)
        .bind(ours)
        .fetch_one(&mut *connection)
        .await?;
        if clips > 0 || other_epoch {
            different.push(DifferentSelection {
                rule: rule(&name, || "a selection rule".to_owned())?,
                ours: our_uar.zip(our_war),
                theirs: their_uar.zip(their_war),
                clips: count(clips, || "a number of clips".to_owned())?,
            });
        }
    }
    Ok(different)
}

/// The ids of the evaluations whose predictions differ.
pub(super) async fn evaluations(connection: &mut SqliteConnection) -> Result<Vec<String>, Fault> {
    let ids: Vec<String> = sqlx::query_scalar(
        "WITH ours AS (
             SELECT id, name, target, predicted FROM main.evaluation_prediction
             JOIN main.evaluation ON main.evaluation.key = evaluation
             JOIN main.clip ON main.clip.key = clip
         ), theirs AS (
             SELECT id, name, target, predicted FROM other.evaluation_prediction
             JOIN other.evaluation ON other.evaluation.key = evaluation
             JOIN other.clip ON other.clip.key = clip
         ), shared AS (
             SELECT id FROM main.evaluation INTERSECT SELECT id FROM other.evaluation
         )
         SELECT DISTINCT id FROM (
             SELECT * FROM ours EXCEPT SELECT * FROM theirs
             UNION ALL SELECT * FROM (SELECT * FROM theirs EXCEPT SELECT * FROM ours)
         ) WHERE id IN (SELECT id FROM shared) ORDER BY id",
    )
    .fetch_all(connection)
    .await?;
    Ok(ids)
}
