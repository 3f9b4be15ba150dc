//! How two factors act together: the mean figure at each pair of their levels.

use exp_core::metrics::Metric;
use serde::Serialize;

use crate::figure::mean;
use crate::summary::{BenchmarkSummary, SettingSummary, unique};
use crate::{Report, View};

/// Factors that are shown in pairs; more would be a page of their own.
const FACTORS: usize = 4;

/// A heat map.
#[derive(Serialize)]
pub struct Grid {
    rows_are: String,
    columns_are: String,
    columns: Vec<String>,
    rows: Vec<Row>,
    /// Whether each cell is a mean over further factors' levels.
    averaged: bool,
}

/// The levels of the second factor at one of the first.
#[derive(Serialize)]
struct Row {
    label: String,
    cells: Vec<Option<Cell>>,
}

/// One pair of levels.
#[derive(Serialize)]
struct Cell {
    /// The mean figure, in percent.
    mean: f64,
    /// How strong its colour is: from 0 at the lowest figure of the map to 100 at its highest.
    shade: f64,
}

/// The heat maps of all pairs of factors on one benchmark.
pub fn grids(report: &Report, benchmark: &BenchmarkSummary) -> Vec<Grid> {
    let factors = &report.summary.factors;
    if !(2..=FACTORS).contains(&factors.len()) {
        return Vec::new();
    }
    let pairs = (0..factors.len())
        .flat_map(|row| (row + 1..factors.len()).map(move |column| (row, column)));
    let grids = pairs.map(|(row, column)| grid(report, benchmark, row, column));
    grids
        .filter(|grid| grid.rows.len() > 1 && grid.columns.len() > 1)
        .collect()
}

fn grid(report: &Report, benchmark: &BenchmarkSummary, row: usize, column: usize) -> Grid {
    let labels = |factor: usize| {
        unique(
            benchmark
                .settings
                .iter()
                .map(move |setting| setting.setting.labels[factor].clone()),
        )
    };
    let columns = labels(column);
    let at = |first: &String, second: &String| {
        let settings = benchmark.settings.iter().filter(|setting| {
            setting.setting.labels[row] == *first && setting.setting.labels[column] == *second
        });
        mean(settings.filter_map(|setting| figure(setting, report.view)))
    };
    let means: Vec<(String, Vec<Option<f64>>)> = labels(row)
        .into_iter()
        .map(|first| {
            let cells = columns.iter().map(|second| at(&first, second)).collect();
            (first, cells)
        })
        .collect();
    let all = || {
        means
            .iter()
            .flat_map(|(_, cells)| cells.iter().flatten().copied())
    };
    let (low, high) = (
        all().fold(f64::INFINITY, f64::min),
        all().fold(f64::NEG_INFINITY, f64::max),
    );
    let cell = |mean: f64| Cell {
        mean,
        shade: if high > low {
            100.0 * (mean - low) / (high - low)
        } else {
            50.0
        },
    };
    Grid {
        rows_are: report.summary.factors[row].clone(),
        columns_are: report.summary.factors[column].clone(),
        columns,
        rows: means
            .into_iter()
            .map(|(label, cells)| Row {
                label,
                cells: cells.into_iter().map(|mean| mean.map(cell)).collect(),
            })
            .collect(),
        averaged: report.summary.factors.len() > 2,
    }
}

fn figure(setting: &SettingSummary, view: View) -> Option<f64> {
    let under = setting.rule(view.rule);
    match view.metric {
        Metric::Uar => under.uar.mean,
        Metric::War => under.war.mean,
    }
}
