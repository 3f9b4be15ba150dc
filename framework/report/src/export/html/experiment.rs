//! What the templates read of one experiment.

use serde::Serialize;

use super::effects::Answer;
use super::section::Section;
use crate::summary::Summary;
use crate::{Report, View, describe};
use exp_store::Status;

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
    benchmarks: Vec<Section<'a>>,
    /// Runs at work, on a live page.
    working: Vec<Working>,
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
            benchmarks: benchmarks
                .map(|(at, own)| Section::new(report, at, own))
                .collect(),
            working: if live { working(report) } else { Vec::new() },
            seconds: summary.costs.iter().map(|cost| cost.total).sum(),
        }
    }
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
