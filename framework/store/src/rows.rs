//! Rows of the tables `experiment` and `run`, and what they mean.

use crate::text::{count, json, status, time};
use crate::{ExperimentData, ExperimentRecord, History, RunRecord, StoreError};

#[derive(sqlx::FromRow)]
pub(crate) struct ExperimentRow {
    name: String,
    question: String,
    yaml: String,
    compare: Option<String>,
    benchmarks: String,
    created: String,
    updated: String,
}

impl ExperimentRow {
    pub(crate) fn decode(self, runs: Vec<RunRecord>) -> Result<ExperimentData, StoreError> {
        let name = self.name.clone();
        let what = |part: &'static str| move || format!("{part} of experiment `{name}`");
        Ok(ExperimentData {
            created: time(&self.created, what.clone()("the time"))?,
            updated: time(&self.updated, what.clone()("the time"))?,
            experiment: ExperimentRecord {
                compare: match &self.compare {
                    Some(compare) => Some(json(compare, what.clone()("the comparison"))?),
                    None => None,
                },
                benchmarks: json(&self.benchmarks, what("the benchmarks"))?,
                name: self.name,
                question: self.question,
                yaml: self.yaml,
            },
            runs,
        })
    }
}

#[derive(sqlx::FromRow)]
pub(crate) struct RunRow {
    pub(crate) key: i64,
    id: String,
    benchmark: String,
    synthetic: bool,
    fold: i64,
    seed: i64,
    levels: String,
    status: String,
    failure: Option<String>,
    settings: String,
    classes: String,
    provenance: Option<String>,
    started: Option<String>,
    finished: Option<String>,
    attempt: i64,
    seconds: f64,
    epoch: i64,
    host: Option<String>,
    process: Option<i64>,
    heartbeat: Option<String>,
    log_tail: Option<String>,
}

impl RunRow {
    pub(crate) fn decode(self) -> Result<RunRecord, StoreError> {
        let what = |part: &'static str| {
            let id = self.id.clone();
            move || format!("{part} of run `{id}`")
        };
        let moment = |text: &Option<String>| {
            let text = text.as_deref();
            text.map(|text| time(text, what("the time"))).transpose()
        };
        Ok(RunRecord {
            fold: count(self.fold, what("the fold"))?,
            seed: self.seed.cast_unsigned(),
            levels: json(&self.levels, what("the levels"))?,
            status: status(&self.status, what("the status"))?,
            settings: json(&self.settings, what("the settings"))?,
            classes: json(&self.classes, what("the classes"))?,
            provenance: match &self.provenance {
                Some(provenance) => Some(json(provenance, what("the provenance"))?),
                None => None,
            },
            prompts: Vec::new(),
            points: Vec::new(),
            selections: Vec::new(),
            checkpoints: Vec::new(),
            started: moment(&self.started)?,
            finished: moment(&self.finished)?,
            history: History {
                experiments: Vec::new(),
                attempts: count(self.attempt, what("the attempts"))?,
                seconds: self.seconds,
                epoch: count(self.epoch, what("the epoch"))?,
                heartbeat: moment(&self.heartbeat)?,
                host: self.host,
                process: self.process,
                log_tail: self.log_tail,
                notes: Vec::new(),
            },
            id: self.id,
            benchmark: self.benchmark,
            synthetic: self.synthetic,
            failure: self.failure,
        })
    }
}
