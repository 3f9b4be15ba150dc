//! JSON after a schema with a version, for other programs.
//!
//! The schema is made from the types of this file and checked in as
//! `experiments/schema/report.json`. [`SCHEMA_VERSION`] rises when a program that reads the
//! present form could no longer read the new one; fields may be added without that. Learning
//! curves are not in it: the store and the TensorBoard files have them.

use std::collections::BTreeMap;

use exp_core::metrics::{Confusion, Metric, Rule};
use exp_store::RunRecord;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;

use super::{Exporter, Rendered, ReportError};
use crate::figure;
use crate::summary::{BenchmarkSummary, SettingSummary};
use crate::verdict::{BenchmarkVerdict, Effect};
use crate::{Report, summary};

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
            experiments: reports.iter().map(experiment).collect(),
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

fn experiment(report: &Report) -> Experiment {
    let summary = &report.summary;
    let letter = |run: &RunRecord| {
        let setting = summary
            .settings
            .iter()
            .find(|setting| setting.levels == run.levels);
        setting.map_or_else(String::new, |setting| setting.letter.clone())
    };
    Experiment {
        name: summary.name.clone(),
        question: summary.question.clone(),
        file: summary.yaml.clone(),
        metric: report.view.metric,
        rule: report.view.rule,
        factors: summary.factors.clone(),
        settings: summary.settings.iter().map(setting).collect(),
        benchmarks: summary.benchmarks.iter().map(benchmark).collect(),
        comparisons: report.verdict.benchmarks.iter().map(comparisons).collect(),
        runs: report
            .data
            .runs
            .iter()
            .map(|one| run(one, letter(one)))
            .collect(),
    }
}

fn comparisons(verdict: &BenchmarkVerdict) -> Comparisons {
    Comparisons {
        benchmark: verdict.benchmark.clone(),
        answer: verdict.answer.clone(),
        notes: verdict.notes.clone(),
        primary: verdict.primary.iter().map(comparison).collect(),
        others: verdict.others.iter().map(comparison).collect(),
    }
}

fn comparison(effect: &Effect) -> Comparison {
    let evidence = &effect.evidence;
    let test = evidence.test;
    Comparison {
        factor: effect.factor.clone(),
        level: effect.level.clone(),
        baseline: effect.baseline.clone(),
        metric: effect.metric,
        seeds: evidence.seeds.iter().map(seed).collect(),
        mean: evidence.mean,
        sd: evidence.sd,
        n: evidence.n,
        interval: test.map(|test| (test.interval.low, test.interval.high)),
        p: test.map(|test| test.p),
        corrected_p: evidence.corrected,
        smallest_visible: test.map(|test| test.smallest_visible),
        sentence: effect.sentence.clone(),
    }
}

fn seed(value: &figure::SeedValue) -> SeedValue {
    SeedValue {
        seed: value.seed,
        value: value.value,
    }
}

fn setting(setting: &summary::Setting) -> Setting {
    let levels = setting.levels.iter();
    Setting {
        letter: setting.letter.clone(),
        levels: levels
            .map(|level| (level.factor.clone(), level.label.clone()))
            .collect(),
    }
}

fn benchmark(benchmark: &BenchmarkSummary) -> Benchmark {
    Benchmark {
        name: benchmark.name.clone(),
        synthetic: benchmark.synthetic,
        classes: benchmark.classes.clone(),
        absent: benchmark
            .absent
            .iter()
            .map(|(class, _)| class.clone())
            .collect(),
        folds: benchmark.folds.clone(),
        results: benchmark.settings.iter().flat_map(outcomes).collect(),
    }
}

fn outcomes(setting: &SettingSummary) -> impl Iterator<Item = Outcome> {
    let letter = setting.setting.letter.clone();
    let rules = setting.rules.iter().filter(|under| setting.has(under.rule));
    rules.map(move |under| Outcome {
        setting: letter.clone(),
        rule: under.rule,
        epochs: under.epochs,
        uar: values(&under.uar),
        war: values(&under.war),
        folds: under.folds.iter().map(fold).collect(),
        recalls: under.recalls.iter().map(recall).collect(),
        confusion: (under.confusion.iter())
            .map(|row| row.iter().map(|cell| cell.count).collect())
            .collect(),
    })
}

fn fold(fold: &summary::FoldSummary) -> Fold {
    Fold {
        fold: fold.fold,
        uar: values(&fold.uar),
        war: values(&fold.war),
    }
}

fn recall(recall: &summary::Recall) -> Recall {
    Recall {
        class: recall.class.clone(),
        recall: values(&recall.figure),
        clips: recall.clips,
    }
}

fn values(figure: &figure::Figure) -> Figure {
    Figure {
        values: figure.values.iter().map(seed).collect(),
        mean: figure.mean,
        sd: figure.sd,
        n: figure.n,
    }
}

fn run(run: &RunRecord, setting: String) -> Run {
    let measured = |selection: &exp_store::Selection| {
        let pairs = selection
            .predictions
            .iter()
            .map(|clip| (clip.target, clip.predicted));
        let confusion = Confusion::from_pairs(run.classes.len(), pairs);
        Measured {
            rule: selection.rule,
            epoch: selection.epoch,
            clips: selection.predictions.len(),
            uar: confusion.uar(),
            war: confusion.war(),
        }
    };
    let counts = run.status == exp_store::Status::Done;
    Run {
        id: run.id.clone(),
        benchmark: run.benchmark.clone(),
        setting,
        seed: run.seed,
        fold: run.fold,
        status: run.status.name().to_owned(),
        failure: run.failure.clone(),
        started: run.started.map(|time| time.to_string()),
        finished: run.finished.map(|time| time.to_string()),
        results: run
            .selections
            .iter()
            .filter(|_| counts)
            .map(measured)
            .collect(),
    }
}
