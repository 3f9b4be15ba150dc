//! JSON after a schema with a version, for other programs.
//!
//! The schema is made from the types of this file and checked in as
//! `experiments/schema/report.json`. [`SCHEMA_VERSION`] rises when a program that reads the
//! present form could no longer read the new one; fields may be added without that. Learning
//! curves are not in it: the store and the TensorBoard files have them.

mod fill;

use std::collections::BTreeMap;

use exp_core::metrics::{Metric, Rule};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;

use super::{Exporter, Rendered, ReportError};
use crate::Report;

/// The version of the form.
pub const SCHEMA_VERSION: u32 = 1;

/// For other programs.
pub struct Json;

impl Exporter for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn describes(&self) -> &'static str {
        "JSON after the schema in experiments/schema/report.json"
    }

    fn extension(&self) -> Option<&'static str> {
        Some("json")
    }

    fn render(&self, reports: &[Report]) -> Result<Rendered, ReportError> {
        let document = Document {
            schema_version: SCHEMA_VERSION,
            experiments: reports.iter().map(fill::experiment).collect(),
        };
        let mut text = serde_json::to_string_pretty(&document)?;
        text.push('\n');
        Ok(Rendered::Text(text))
    }
}

/// The schema of the documents.
pub fn schema() -> serde_json::Value {
    let settings = SchemaSettings::draft07().for_serialize();
    settings
        .into_generator()
        .into_root_schema_for::<Document>()
        .to_value()
}

/// A report of exp: what the runs of some experiments measured.
#[derive(Serialize, JsonSchema)]
struct Document {
    /// The version of this form; other versions are read otherwise.
    schema_version: u32,
    /// The experiments, in the order in which they were asked for.
    experiments: Vec<Experiment>,
}

/// One experiment.
#[derive(Serialize, JsonSchema)]
struct Experiment {
    /// Its name.
    name: String,
    /// What it asks.
    question: String,
    /// The text of its YAML file.
    file: String,
    /// The figure that settings are compared by.
    metric: Metric,
    /// The selection rule of the comparison.
    rule: Rule,
    /// The paths of the settings that vary.
    factors: Vec<String>,
    /// Every combination of levels.
    settings: Vec<Setting>,
    /// What was measured, benchmark by benchmark.
    benchmarks: Vec<Benchmark>,
    /// What the comparisons of settings say, benchmark by benchmark.
    comparisons: Vec<Comparisons>,
    /// Every run of the plan.
    runs: Vec<Run>,
}

/// A combination of levels.
#[derive(Serialize, JsonSchema)]
struct Setting {
    /// What it is called in this document.
    letter: String,
    /// The label of each factor's level.
    levels: BTreeMap<String, String>,
}

/// What was measured on one benchmark.
#[derive(Serialize, JsonSchema)]
struct Benchmark {
    /// Its name.
    name: String,
    /// Whether its clips are drawn; such figures cannot be compared with published ones.
    synthetic: bool,
    /// Class names.
    classes: Vec<String>,
    /// Classes without a test clip in some fold, which UAR leaves out there.
    absent: Vec<String>,
    /// The folds.
    folds: Vec<u32>,
    /// What each setting measured under each rule.
    results: Vec<Outcome>,
}

/// What one setting measured under one rule.
#[derive(Serialize, JsonSchema)]
struct Outcome {
    /// The letter of the setting.
    setting: String,
    /// The rule that selected the epochs.
    rule: Rule,
    /// Smallest and largest epoch that the rule selected; none without a run that counts.
    epochs: Option<(usize, usize)>,
    /// Unweighted average recall, in percent.
    uar: Figure,
    /// Weighted average recall (accuracy), in percent.
    war: Figure,
    /// The same of each fold alone; empty where there is one fold.
    folds: Vec<Fold>,
    /// The recall of each class, in percent.
    recalls: Vec<Recall>,
    /// Predictions summed over the runs that count: rows are true classes, columns predicted ones,
    /// both in the order of `recalls`.
    confusion: Vec<Vec<u64>>,
}

/// A figure over seeds.
#[derive(Serialize, JsonSchema)]
struct Figure {
    /// What each seed gave: with folds, its mean over them.
    values: Vec<SeedValue>,
    /// The mean over seeds; none without a seed.
    mean: Option<f64>,
    /// The sample standard deviation over seeds (divisor n - 1); none below two seeds.
    sd: Option<f64>,
    /// The number of seeds.
    n: usize,
}

/// The value of one seed.
#[derive(Serialize, JsonSchema)]
struct SeedValue {
    /// The seed.
    seed: u64,
    /// The value, in percent.
    value: f64,
}

/// What one setting measured on one fold.
#[derive(Serialize, JsonSchema)]
struct Fold {
    /// The fold.
    fold: u32,
    /// Unweighted average recall, in percent.
    uar: Figure,
    /// Weighted average recall (accuracy), in percent.
    war: Figure,
}

/// The recall of one class.
#[derive(Serialize, JsonSchema)]
struct Recall {
    /// The class.
    class: String,
    /// Its recall, in percent.
    recall: Figure,
    /// Its test clips in one seed, over all folds.
    clips: u64,
}

/// The comparisons of settings on one benchmark.
#[derive(Serialize, JsonSchema)]
struct Comparisons {
    /// The benchmark.
    benchmark: String,
    /// The answer to the experiment's question, in sentences.
    answer: Vec<String>,
    /// What has to be known of it.
    notes: Vec<String>,
    /// The comparison that the question is about: each level against the baseline.
    primary: Vec<Comparison>,
    /// The other comparisons.
    others: Vec<Comparison>,
}

/// One level against another.
#[derive(Serialize, JsonSchema)]
struct Comparison {
    /// The path of the factor.
    factor: String,
    /// The label of the level.
    level: String,
    /// The label of the level that it is compared with.
    baseline: String,
    /// The figure.
    metric: Metric,
    /// The difference of each seed in percentage points, the level's figure less the baseline's:
    /// the mean over folds and the other factors' levels.
    seeds: Vec<SeedValue>,
    /// The mean difference in percentage points; none without a seed that has all of its runs.
    mean: Option<f64>,
    /// The standard deviation of what is counted.
    sd: Option<f64>,
    /// Seeds, or folds where there are fewer than three seeds.
    n: usize,
    /// The ends of the 95 % interval of the mean; none where there is no test.
    interval: Option<(f64, f64)>,
    /// The test's two-sided p.
    p: Option<f64>,
    /// The same after Holm's correction.
    corrected_p: Option<f64>,
    /// The smallest true difference that such an experiment shows with chance 0.8.
    smallest_visible: Option<f64>,
    /// What follows, in words.
    sentence: String,
}

/// One run.
#[derive(Serialize, JsonSchema)]
struct Run {
    /// Its content id.
    id: String,
    /// The benchmark.
    benchmark: String,
    /// The letter of its setting.
    setting: String,
    /// The seed.
    seed: u64,
    /// The fold.
    fold: u32,
    /// `queued`, `running`, `done`, `failed` or `interrupted`.
    status: String,
    /// Why it failed.
    failure: Option<String>,
    /// The last lines of its log, if it failed.
    log_tail: Option<String>,
    /// What people noted on it.
    notes: Vec<String>,
    /// Seconds of work on it.
    seconds: f64,
    /// The most main memory in bytes that its process had by its end.
    peak_memory: Option<u64>,
    /// When it started, RFC 3339.
    started: Option<String>,
    /// When it was done or failed, RFC 3339.
    finished: Option<String>,
    /// What it measured under each rule; none unless it is done.
    results: Vec<Measured>,
}

/// What one run measured under one rule.
#[derive(Serialize, JsonSchema)]
struct Measured {
    /// The rule that selected the epoch.
    rule: Rule,
    /// The epoch, counted from 1.
    epoch: usize,
    /// Test clips.
    clips: usize,
    /// Unweighted average recall, in percent.
    uar: Option<f64>,
    /// Weighted average recall (accuracy), in percent.
    war: Option<f64>,
}
