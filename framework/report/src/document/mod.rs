//! A report as plain tables and sentences, for renderers that have nothing else.

mod tables;

use serde::Serialize;

use crate::export::markdown::fenced;
use crate::summary::{Summary, unique};
use crate::{Report, describe};
use tables::{side_by_side, tables};

/// Some experiments.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Document {
    /// Each of them.
    pub experiments: Vec<Part>,
}

/// One experiment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// What it asks.
    pub question: String,
    /// What the comparisons answer, as sentences.
    pub answer: Vec<String>,
    /// What was run, a sentence a benchmark, and how the runs ended.
    pub run: Vec<String>,
    /// What a reader must know of the figures.
    pub notes: Vec<String>,
    /// The tables.
    pub tables: Vec<Table>,
    /// Runs that no figure counts, each with its reason.
    pub left_out: Vec<String>,
    /// Commands that do the runs again, as a fenced block of Markdown; none without a run that began.
    pub commands: Option<String>,
    /// Its file, as a fenced block of Markdown.
    pub file: String,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Table {
    /// What it is about.
    pub title: String,
    /// How to read it: rule, unit, what n counts.
    pub caption: String,
    /// The columns.
    pub columns: Vec<Column>,
    /// The cells, row by row.
    pub rows: Vec<Vec<Cell>>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Column {
    /// Its head.
    pub title: String,
    /// Whether it holds figures, which stand to the right.
    pub figures: bool,
}

/// A cell.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cell {
    /// Words.
    Text(String),
    /// A figure.
    Figure {
        /// Mean over seeds, in percent.
        mean: String,
        /// Standard deviation over seeds.
        sd: Option<String>,
        /// Seeds.
        n: usize,
        /// Whether it is better than all others, as far as the data can tell.
        best: bool,
    },
}

impl Document {
    /// The tables and sentences of some experiments.
    pub fn new(reports: &[Report]) -> Self {
        Self {
            experiments: reports.iter().map(part).collect(),
        }
    }
}

fn part(report: &Report) -> Part {
    let summary = &report.summary;
    let mut run: Vec<String> = summary.benchmarks.iter().map(describe::grid).collect();
    run.push(format!("Runs: {}", describe::statuses(summary)));
    let mut notes = Vec::new();
    if summary
        .benchmarks
        .iter()
        .any(|benchmark| benchmark.synthetic)
    {
        notes.push(describe::DRAWN.to_owned());
    }
    for note in [
        describe::frozen,
        describe::tf32,
        describe::absent,
        describe::held_out,
    ] {
        notes.extend(summary.benchmarks.iter().filter_map(note));
    }
    notes.extend(
        report
            .verdict
            .benchmarks
            .iter()
            .flat_map(|own| own.notes.clone()),
    );
    let letter = |run: &crate::summary::LeftOut| {
        format!(
            "{} on {}, seed {}, fold {} ({}): {}",
            run.letter, run.benchmark, run.seed, run.fold, run.status, run.reason
        )
    };
    let benchmarks = summary.benchmarks.iter().enumerate();
    Part {
        name: summary.name.clone(),
        question: summary.question.clone(),
        answer: report
            .verdict
            .benchmarks
            .iter()
            .flat_map(|own| own.answer.clone())
            .collect(),
        run,
        notes,
        tables: (side_by_side(report).into_iter())
            .chain(benchmarks.flat_map(|(at, own)| tables(report, at, own)))
            .collect(),
        left_out: summary.left_out.iter().map(letter).collect(),
        commands: commands(summary),
        file: fenced("yaml", &summary.yaml),
    }
}

/// Runs that differ in where they were done, but not in the commands, are named once.
fn commands(summary: &Summary) -> Option<String> {
    let origins = summary.origins.iter();
    let groups = unique(origins.map(|origin| origin.commands.join("\n")));
    (!groups.is_empty()).then(|| fenced("sh", &groups.join("\n\n")))
}
