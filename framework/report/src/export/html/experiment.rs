//! What the templates read of one experiment.

use serde::Serialize;

use super::effects::Answer;
use super::section::Section;
use crate::across::{Across, across};
use crate::summary::{LeftOut, Origin, Remark, Summary, unique};
use crate::text::LONGEST;
use crate::{Report, View, describe};
use exp_store::Status;

/// Runs that a table names one by one; the others are counted, and the program lists them.
const NAMED: usize = 50;

/// Machines and states of the program that are told one by one.
const ORIGINS: usize = 8;

/// Runs at work that are shown one by one.
const WORKING: usize = 24;

/// One experiment.
#[derive(Serialize)]
pub struct Experiment<'a> {
    /// What all names in it begin with, so that no two on a page are one.
    id: String,
    /// The level of its sections' headings.
    level: usize,
    summary: &'a Summary,
    view: View,
    statuses: String,
    grids: Vec<String>,
    synthetic: bool,
    folds: bool,
    answers: Vec<Answer>,
    /// The benchmarks side by side, where there are several.
    across: Option<Across<'a>>,
    benchmarks: Vec<Section<'a>>,
    /// Runs at work, on a live page.
    working: Vec<Working>,
    /// How many more of them there are.
    more_working: usize,
    /// Runs that ended and are in no figure.
    left_out: Vec<&'a LeftOut>,
    /// How many more of them there are.
    more_left_out: usize,
    /// What people noted on runs.
    remarks: &'a [Remark],
    /// How many more remarks there are.
    more_remarks: usize,
    /// Where the figures come from.
    origins: &'a [Origin],
    /// How many more origins there are.
    more_origins: usize,
    /// Names that are cut where they stand, in full.
    long: Vec<&'a str>,
    /// Time of all runs that are done, in seconds.
    seconds: f64,
}

/// A run at work.
#[derive(Serialize)]
struct Working {
    letter: String,
    title: String,
    benchmark: String,
    seed: u64,
    fold: u32,
    epoch: usize,
    epochs: Option<u64>,
    loss: Option<f64>,
    uar: Option<f64>,
    war: Option<f64>,
}

impl<'a> Experiment<'a> {
    pub fn new(report: &'a Report, at: usize, several: bool, live: bool) -> Self {
        let summary = &report.summary;
        let benchmarks = summary.benchmarks.iter().enumerate();
        // Those that wait or work are counted with the others' ends.
        let waits = |run: &&LeftOut| {
            [Status::Queued, Status::Running]
                .map(Status::name)
                .contains(&run.status)
        };
        let mut left_out: Vec<&LeftOut> =
            summary.left_out.iter().filter(|run| !waits(run)).collect();
        let more_left_out = left_out.len().saturating_sub(NAMED);
        left_out.truncate(NAMED);
        let mut working = if live { working(report) } else { Vec::new() };
        let more_working = working.len().saturating_sub(WORKING);
        working.truncate(WORKING);
        let remarks = &summary.remarks[..summary.remarks.len().min(NAMED)];
        let origins = &summary.origins[..summary.origins.len().min(ORIGINS)];
        Self {
            id: if several {
                format!("e{}-", at + 1)
            } else {
                String::new()
            },
            level: if several { 3 } else { 2 },
            summary,
            view: report.view,
            statuses: describe::statuses(summary),
            grids: summary.benchmarks.iter().map(describe::grid).collect(),
            synthetic: summary
                .benchmarks
                .iter()
                .any(|benchmark| benchmark.synthetic),
            folds: summary
                .benchmarks
                .iter()
                .any(|benchmark| benchmark.folds.len() > 1),
            answers: Answer::all(report),
            across: across(report),
            benchmarks: benchmarks
                .map(|(at, own)| Section::new(report, at, own))
                .collect(),
            working,
            more_working,
            left_out,
            more_left_out,
            more_remarks: summary.remarks.len() - remarks.len(),
            remarks,
            more_origins: summary.origins.len() - origins.len(),
            origins,
            long: long(report),
            seconds: summary.costs.iter().map(|cost| cost.total).sum(),
        }
    }
}

/// Every name that is cut where it stands, once.
fn long(report: &Report) -> Vec<&str> {
    let summary = &report.summary;
    let levels = summary.settings.iter().flat_map(|setting| &setting.levels);
    let classes = summary.benchmarks.iter().flat_map(|own| &own.classes);
    let names = std::iter::once(&summary.name)
        .chain(summary.benchmarks.iter().map(|own| &own.name))
        .chain(levels.flat_map(|level| [&level.factor, &level.label]))
        .chain(classes);
    let cut = |name: &&str| name.chars().nth(LONGEST).is_some();
    unique(names.map(String::as_str).filter(cut))
}

/// The runs that are at work, with the figures of their last epoch.
fn working(report: &Report) -> Vec<Working> {
    let runs = report
        .data
        .runs
        .iter()
        .filter(|run| run.status == Status::Running);
    let shown = runs.map(|run| {
        let setting = report
            .summary
            .settings
            .iter()
            .find(|setting| setting.levels == run.levels);
        let epoch = run
            .points
            .iter()
            .map(|point| point.epoch)
            .max()
            .unwrap_or(0);
        let last = |series: &str| {
            let point = run
                .points
                .iter()
                .find(|point| point.epoch == epoch && point.series == series);
            point
                .map(|point| point.value)
                .filter(|value| value.is_finite())
        };
        Working {
            letter: setting.map_or_else(String::new, |setting| setting.letter.clone()),
            title: setting.map_or_else(String::new, |setting| setting.title.clone()),
            benchmark: run.benchmark.clone(),
            seed: run.seed,
            fold: run.fold,
            epoch,
            epochs: run.settings["train"]["epochs"].as_u64(),
            loss: last("train/loss"),
            uar: last("test/uar"),
            war: last("test/war"),
        }
    });
    shown.collect()
}
