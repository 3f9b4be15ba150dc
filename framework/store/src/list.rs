//! Lists of runs: what a line needs, and nothing that grows with training.

use std::collections::{BTreeSet, HashMap};

use exp_core::metrics::Rule;
use exp_core::tree::nearest;
use jiff::Timestamp;
use serde_json::Value;
use sqlx::{FromRow, SqliteConnection};

use crate::error::Fault;
use crate::memberships::memberships;
use crate::read::expect_experiment;
use crate::text::{count, json, rule, status, time};
use crate::{Membership, Status, Store, StoreError};

/// Which runs a list has, and what it tells of their settings. The default is all.
#[derive(Debug, Clone, Default)]
pub struct RunFilter {
    /// Those of this experiment, also those that its present plan no longer has.
    pub experiment: Option<String>,
    /// Those with one of these statuses; if empty, with any.
    pub statuses: Vec<Status>,
    /// Those on this benchmark.
    pub benchmark: Option<String>,
    /// Those whose settings have these values, as in (`train.epochs`, `50`). A plugin is met by its
    /// name alone: (`temporal`, `transformer`).
    pub settings: Vec<(String, String)>,
    /// The settings that each line tells, as in `train.epochs`.
    pub show: Vec<String>,
}

/// A run in a list.
#[derive(Debug, Clone, PartialEq)]
pub struct RunLine {
    /// The content id.
    pub id: String,
    /// The experiments that have it, by name.
    pub experiments: Vec<Membership>,
    /// The benchmark's name.
    pub benchmark: String,
    /// Whether the benchmark's clips are drawn.
    pub synthetic: bool,
    /// The fold of the benchmark.
    pub fold: u32,
    /// The seed of everything random in it.
    pub seed: u64,
    /// How far it has come.
    pub status: Status,
    /// Epochs that are done.
    pub epoch: usize,
    /// Epochs there are to be, where the settings say so.
    pub epochs: Option<usize>,
    /// UAR and WAR of the epochs that were selected, ordered by the rule's name.
    pub figures: Vec<SelectedFigures>,
    /// When the attempt began that its figures start with, to the millisecond.
    pub started: Option<Timestamp>,
    /// When it was done, failed or stopped, to the millisecond.
    pub finished: Option<Timestamp>,
    /// Seconds of work as of its last sign of life.
    pub seconds: f64,
    /// The host that worked on it last.
    pub host: Option<String>,
    /// How many notes it has.
    pub notes: usize,
    /// Why it failed.
    pub failure: Option<String>,
    /// The settings that were asked for, in that order; `None` where it has none of that path.
    pub settings: Vec<Option<Value>>,
}

/// The figures of the epoch that a rule selected.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SelectedFigures {
    /// The rule.
    pub rule: Rule,
    /// The epoch, counted from 1.
    pub epoch: usize,
    /// Unweighted average recall in percent; `None` without a test clip.
    pub uar: Option<f64>,
    /// Weighted average recall in percent; `None` without a test clip.
    pub war: Option<f64>,
}

impl Store {
    /// Lists runs: in the order of their plan where an experiment is asked for, its present runs
    /// first, else in the order in which they were planned first.
    ///
    /// Neither points nor predictions are read, so this is quick however much was recorded.
    ///
    /// # Errors
    /// Also for an unknown experiment, and for a setting that none of the runs has.
    pub fn runs(&self, filter: &RunFilter) -> Result<Vec<RunLine>, StoreError> {
        let path = self.path();
        self.database.read("list runs", async |connection| {
            if let Some(name) = &filter.experiment {
                expect_experiment(connection, path, name).await?;
            }
            let mut rows = rows(connection, filter).await?;
            let asked = filter.settings.iter().map(|(path, _)| path);
            let asked: Vec<&String> = asked.chain(&filter.show).collect();
            if !asked.is_empty() && !rows.is_empty() {
                let settings = settings(connection).await?;
                rows.retain_mut(|row| match settings.get(&row.key) {
                    Some(settings) => {
                        let show = filter.show.iter();
                        row.shown = show.map(|path| at(settings, path).cloned()).collect();
                        let mut wanted = filter.settings.iter();
                        wanted.all(|(path, value)| {
                            at(settings, path).is_some_and(|v| meets(v, value))
                        })
                    }
                    None => false,
                });
                if let Some(unknown) = asked.iter().find(|path| {
                    settings
                        .values()
                        .all(|settings| at(settings, path).is_none())
                }) {
                    return Err(Fault::Store(unknown_setting(unknown, &settings)));
                }
            }
            let mut figures = figures(connection).await?;
            let mut memberships = memberships(connection, None).await?;
            let lines = rows.into_iter().map(|row| {
                let figures = figures.remove(&row.key).unwrap_or_default();
                let experiments = memberships.remove(&row.key).unwrap_or_default();
                Ok(row.decode(figures, experiments)?)
            });
            lines.collect()
        })
    }
}

async fn rows(connection: &mut SqliteConnection, filter: &RunFilter) -> Result<Vec<Row>, Fault> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT run.key, run.id, benchmark, synthetic, fold, seed, status, epoch, epochs, started,
             finished, seconds, host, failure, coalesce(noted.notes, 0) AS notes
         FROM run
         LEFT JOIN (SELECT run, count(*) AS notes FROM note GROUP BY run) AS noted
             ON noted.run = run.key
         LEFT JOIN experiment_run ON experiment_run.run = run.key AND experiment = ?1
         WHERE (?1 IS NULL OR experiment IS NOT NULL) AND (?2 IS NULL OR benchmark = ?2)
         ORDER BY in_plan DESC, position, run.key",
    )
    .bind(&filter.experiment)
    .bind(&filter.benchmark)
    .fetch_all(connection)
    .await?;
    let wanted = |row: &Row| {
        filter.statuses.is_empty()
            || filter
                .statuses
                .iter()
                .any(|status| status.name() == row.status)
    };
    Ok(rows.into_iter().filter(wanted).collect())
}

#[derive(FromRow)]
struct Row {
    key: i64,
    id: String,
    benchmark: String,
    synthetic: bool,
    fold: i64,
    seed: i64,
    status: String,
    epoch: i64,
    epochs: Option<i64>,
    started: Option<String>,
    finished: Option<String>,
    seconds: f64,
    host: Option<String>,
    failure: Option<String>,
    notes: i64,
    #[sqlx(skip)]
    shown: Vec<Option<Value>>,
}

impl Row {
    fn decode(
        self,
        figures: Vec<SelectedFigures>,
        experiments: Vec<Membership>,
    ) -> Result<RunLine, StoreError> {
        let what = || format!("a column of run `{}`", self.id);
        let moment = |text: &Option<String>| {
            let text = text.as_deref();
            text.map(|text| time(text, what)).transpose()
        };
        Ok(RunLine {
            experiments,
            fold: count(self.fold, what)?,
            seed: self.seed.cast_unsigned(),
            status: status(&self.status, what)?,
            epoch: count(self.epoch, what)?,
            epochs: self.epochs.map(|epochs| count(epochs, what)).transpose()?,
            figures,
            started: moment(&self.started)?,
            finished: moment(&self.finished)?,
            notes: count(self.notes, what)?,
            seconds: self.seconds,
            id: self.id,
            benchmark: self.benchmark,
            synthetic: self.synthetic,
            host: self.host,
            failure: self.failure,
            settings: self.shown,
        })
    }
}

/// The figures of all runs, by the run's key.
async fn figures(
    connection: &mut SqliteConnection,
) -> Result<HashMap<i64, Vec<SelectedFigures>>, Fault> {
    /// A selection's run, rule, epoch, UAR and WAR.
    type Row = (i64, String, i64, Option<f64>, Option<f64>);
    let rows: Vec<Row> =
        sqlx::query_as("SELECT run, rule, epoch, uar, war FROM selection ORDER BY run, rule")
            .fetch_all(connection)
            .await?;
    let mut figures: HashMap<i64, Vec<SelectedFigures>> = HashMap::new();
    for (run, name, epoch, uar, war) in rows {
        figures.entry(run).or_default().push(SelectedFigures {
            rule: rule(&name, || "a selection rule".to_owned())?,
            epoch: count(epoch, || "the epoch of a selection".to_owned())?,
            uar,
            war,
        });
    }
    Ok(figures)
}

/// The settings of all runs, by the run's key.
async fn settings(connection: &mut SqliteConnection) -> Result<HashMap<i64, Value>, Fault> {
    let rows: Vec<(i64, String)> = sqlx::query_as("SELECT key, settings FROM run")
        .fetch_all(connection)
        .await?;
    let parsed = rows.into_iter().map(|(key, text)| {
        let settings = json(&text, || "the settings of a run".to_owned())?;
        Ok((key, settings))
    });
    parsed.collect()
}

/// The value at a dotted path.
fn at<'a>(settings: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.')
        .try_fold(settings, |value, key| value.get(key))
}

/// Whether a setting is what a person wrote.
fn meets(value: &Value, wanted: &str) -> bool {
    match value {
        Value::String(text) => text == wanted,
        Value::Null => matches!(wanted, "null" | "none"),
        Value::Number(number) => wanted
            .parse()
            .is_ok_and(|wanted| number.as_f64() == Some(wanted)),
        Value::Object(map) if map.len() == 1 && map.contains_key(wanted) => true,
        other => serde_json::from_str::<Value>(wanted).is_ok_and(|wanted| wanted == *other),
    }
}

fn unknown_setting(path: &str, settings: &HashMap<i64, Value>) -> StoreError {
    let mut known = BTreeSet::new();
    for settings in settings.values() {
        collect_paths("", settings, &mut known);
    }
    let near = nearest(path, known.iter().map(String::as_str));
    StoreError::UnknownSetting {
        setting: path.to_owned(),
        near: near.map(str::to_owned),
    }
}

fn collect_paths(path: &str, value: &Value, paths: &mut BTreeSet<String>) {
    for (key, value) in value.as_object().into_iter().flatten() {
        let inner = match path {
            "" => key.clone(),
            _ => format!("{path}.{key}"),
        };
        collect_paths(&inner, value, paths);
        paths.insert(inner);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn settings_are_met_as_people_write_them() {
        let settings = json!({
            "train": {"rate": 1e-3, "epochs": 50}, "context": "none", "crop": null, "flip": true,
            "temporal": {"transformer": {"depth": 1}}, "folds": [1, 2],
        });
        let met = |path, wanted| at(&settings, path).is_some_and(|value| meets(value, wanted));
        for (path, wanted) in [
            ("train.rate", "0.001"),
            ("train.epochs", "50"),
            ("context", "none"),
            ("crop", "null"),
            ("flip", "true"),
            ("temporal", "transformer"),
            ("temporal", "{\"transformer\": {\"depth\": 1}}"),
            ("temporal.transformer.depth", "1"),
            ("folds", "[1,2]"),
        ] {
            assert!(met(path, wanted), "{path}={wanted}");
        }
        for (path, wanted) in [
            ("train.epochs", "5"),
            ("train", "epochs"),
            ("temporal", "mean"),
            ("x", ""),
        ] {
            assert!(!met(path, wanted), "{path}={wanted}");
        }
    }
}
