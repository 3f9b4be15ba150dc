//! Tables for other programs: every figure of every run that is done.
//!
//! A text that a spreadsheet would take for a formula has an apostrophe before it (see [`inert`]);
//! `column.str.replace(r"^'(?=[=+@\t\r\n-])", "", regex=True)` takes it off in pandas.

use std::borrow::Cow;

use csv::Writer;
use exp_core::metrics::{Confusion, Metric};
use exp_store::{RunRecord, Selection};

use super::{Exporter, Rendered, ReportError};
use crate::{Report, summary::unique};

/// Columns that both tables begin with; those of the factors follow.
const RUN: [&str; 9] = [
    "experiment",
    "benchmark",
    "synthetic",
    "run",
    "seed",
    "fold",
    "rule",
    "epoch",
    "clips",
];

/// One row a figure: `metric` is `uar`, `war` or `recall`, the latter with its `class`.
pub struct Long;

/// One row a run and rule, with columns for UAR, WAR and the recall of every class.
pub struct Wide;

impl Exporter for Long {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn describes(&self) -> &'static str {
        "CSV, one row for each figure of each run and rule"
    }

    fn extension(&self) -> Option<&'static str> {
        Some("csv")
    }

    fn render(&self, reports: &[Report]) -> Result<Rendered, ReportError> {
        let factors = factors(reports);
        let mut table = Table::new(&factors, ["metric", "class", "value"].map(str::to_owned))?;
        each(reports, |row| {
            let mut add = |metric: &str, class: &str, value: Option<f64>| match value {
                // A class without a clip has no recall, and so no row.
                None => Ok(()),
                Some(value) => {
                    let cells = [metric.to_owned(), class.to_owned(), value.to_string()];
                    table.add(row, &factors, cells)
                }
            };
            add("uar", "", Metric::Uar.of(&row.confusion))?;
            add("war", "", Metric::War.of(&row.confusion))?;
            for (label, class) in row.run.classes.iter().enumerate() {
                add("recall", class, row.confusion.recall(label))?;
            }
            Ok(())
        })?;
        table.end()
    }
}

impl Exporter for Wide {
    fn name(&self) -> &'static str {
        "csv-wide"
    }

    fn describes(&self) -> &'static str {
        "CSV, one row for each run and rule"
    }

    fn extension(&self) -> Option<&'static str> {
        Some("csv")
    }

    fn render(&self, reports: &[Report]) -> Result<Rendered, ReportError> {
        let factors = factors(reports);
        let runs = || reports.iter().flat_map(|report| &report.data.runs);
        let classes = unique(runs().flat_map(|run| &run.classes));
        let figures = ["uar".to_owned(), "war".to_owned()].into_iter();
        let recalls = classes.iter().map(|class| format!("recall {class}"));
        let mut table = Table::new(&factors, figures.chain(recalls))?;
        each(reports, |row| {
            let recall = |class: &&String| {
                let label = row.run.classes.iter().position(|own| own == *class);
                label.and_then(|label| row.confusion.recall(label))
            };
            let figures = [Metric::Uar, Metric::War].map(|metric| metric.of(&row.confusion));
            let all = figures.into_iter().chain(classes.iter().map(recall));
            let cells = all.map(|value| value.map_or_else(String::new, |value| value.to_string()));
            table.add(row, &factors, cells)
        })?;
        table.end()
    }
}

/// What one run predicted under one rule.
struct Row<'a> {
    experiment: &'a str,
    run: &'a RunRecord,
    selection: &'a Selection,
    confusion: Confusion,
}

/// Goes through the rows of all experiments, in the plan's order. Runs without predictions have
/// no figure.
fn each(
    reports: &[Report],
    mut take: impl FnMut(&Row) -> Result<(), csv::Error>,
) -> Result<(), csv::Error> {
    for report in reports {
        for (run, selection) in report.measured() {
            let pairs = selection.predictions.iter();
            let pairs = pairs.map(|clip| (clip.target, clip.predicted));
            take(&Row {
                experiment: &report.data.experiment.name,
                run,
                selection,
                confusion: Confusion::from_pairs(run.classes.len(), pairs),
            })?;
        }
    }
    Ok(())
}

/// The factors of all experiments, each once.
fn factors(reports: &[Report]) -> Vec<String> {
    unique(
        reports
            .iter()
            .flat_map(|report| report.summary.factors.iter().cloned()),
    )
}

/// The table as it grows.
struct Table(Writer<Vec<u8>>);

impl Table {
    fn new(
        factors: &[String],
        figures: impl IntoIterator<Item = String>,
    ) -> Result<Self, csv::Error> {
        let mut writer = Writer::from_writer(Vec::new());
        let run = RUN.map(str::to_owned).into_iter();
        let heads = run.chain(factors.iter().cloned()).chain(figures);
        writer.write_record(heads.map(|head| inert(&head).into_owned()))?;
        Ok(Self(writer))
    }

    fn add(
        &mut self,
        row: &Row,
        factors: &[String],
        figures: impl IntoIterator<Item = String>,
    ) -> Result<(), csv::Error> {
        let run = row.run;
        let cells = [
            row.experiment.to_owned(),
            run.benchmark.clone(),
            run.synthetic.to_string(),
            run.id.clone(),
            run.seed.to_string(),
            run.fold.to_string(),
            row.selection.rule.name().to_owned(),
            row.selection.epoch.to_string(),
            row.selection.predictions.len().to_string(),
        ];
        let level = |factor: &String| {
            let level = run.levels.iter().find(|level| level.factor == *factor);
            level.map_or_else(String::new, |level| level.label.clone())
        };
        let levels = factors.iter().map(level);
        let cells = cells.into_iter().chain(levels).chain(figures);
        self.0
            .write_record(cells.map(|cell| inert(&cell).into_owned()))
    }

    fn end(self) -> Result<Rendered, ReportError> {
        let bytes = self
            .0
            .into_inner()
            .map_err(|error| csv::Error::from(error.into_error()))?;
        Ok(Rendered::Text(String::from_utf8_lossy(&bytes).into_owned()))
    }
}

/// A text that no spreadsheet takes for a formula, which could send data elsewhere or start a program:
/// one that begins like a formula and is no number has an apostrophe before it (OWASP, "CSV
/// Injection").
fn inert(text: &str) -> Cow<'_, str> {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    let number = text.parse::<f64>().is_ok_and(f64::is_finite);
    match formula && !number {
        true => Cow::Owned(format!("'{text}")),
        false => Cow::Borrowed(text),
    }
}
