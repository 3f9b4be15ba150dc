//! Settings by benchmarks: what each setting measured on every benchmark, in one table.

use exp_core::metrics::{Metric, Rule};
use serde::Serialize;

use crate::figure::Figure;
use crate::summary::{BenchmarkSummary, Setting, unique};
use crate::{Report, describe};

/// The table, under one rule.
#[derive(Debug, Clone, Serialize)]
pub struct Across<'a> {
    /// The rule, as a sentence.
    pub rule: String,
    /// The benchmarks; each has a UAR and a WAR.
    pub benchmarks: Vec<Head<'a>>,
    /// The settings, in the plan's order.
    pub rows: Vec<Row<'a>>,
    /// What is bold, and what has to be known of some settings: sentences.
    pub notes: Vec<String>,
}

/// What stands above the figures of a benchmark.
#[derive(Debug, Clone, Serialize)]
pub struct Head<'a> {
    /// Its name.
    pub name: &'a str,
    /// Whether its clips are drawn.
    pub synthetic: bool,
    /// What n counts there, and on how many clips.
    pub counted: String,
}

/// One setting.
#[derive(Debug, Clone, Serialize)]
pub struct Row<'a> {
    /// The setting.
    pub setting: &'a Setting,
    /// UAR and WAR on each benchmark; `None` where it was not planned.
    pub figures: Vec<Option<Measured<'a>>>,
}

/// A figure.
#[derive(Debug, Clone, Serialize)]
pub struct Measured<'a> {
    /// Mean, standard deviation and n.
    pub figure: &'a Figure,
    /// Whether it is better than all others on its benchmark, as far as the data can tell.
    pub best: bool,
}

/// The benchmarks side by side under the report's rule; nothing where there is one.
pub fn across(report: &Report) -> Option<Across<'_>> {
    let benchmarks = &report.summary.benchmarks;
    let rule = report.view.rule;
    if benchmarks.len() < 2 {
        return None;
    }
    let columns: Vec<Column> = (benchmarks.iter())
        .flat_map(|own| {
            [Metric::Uar, Metric::War].map(|metric| Column::new(report, own, metric, rule))
        })
        .collect();
    let row = |setting| Row {
        setting,
        figures: columns.iter().map(|own| own.of(setting)).collect(),
    };
    let best = match columns.iter().any(|own| own.best.is_some()) {
        true => "Bold: distinguishable from the next best on the same benchmark.",
        false => "No best figure can be told from the next best.",
    };
    let rules = benchmarks.iter().map(|own| describe::selected(rule, own));
    let frozen = unique(benchmarks.iter().filter_map(describe::frozen));
    Some(Across {
        rule: unique(rules).join(" "),
        benchmarks: benchmarks.iter().map(|own| head(own, rule)).collect(),
        rows: report.summary.settings.iter().map(row).collect(),
        notes: std::iter::once(best.to_owned()).chain(frozen).collect(),
    })
}

fn head(benchmark: &BenchmarkSummary, rule: Rule) -> Head<'_> {
    Head {
        name: &benchmark.name,
        synthetic: benchmark.synthetic,
        counted: format!(
            "{}; {}",
            describe::counted(benchmark, rule),
            describe::clips(benchmark)
        ),
    }
}

/// One figure on one benchmark.
struct Column<'a> {
    benchmark: &'a BenchmarkSummary,
    metric: Metric,
    rule: Rule,
    /// The place of the best setting among the benchmark's.
    best: Option<usize>,
}

impl<'a> Column<'a> {
    fn new(report: &Report, benchmark: &'a BenchmarkSummary, metric: Metric, rule: Rule) -> Self {
        Self {
            benchmark,
            metric,
            rule,
            best: report.best(benchmark, metric, rule),
        }
    }

    fn of(&self, setting: &Setting) -> Option<Measured<'a>> {
        let mut settings = self.benchmark.settings.iter();
        let at = settings.position(|own| own.setting.index == setting.index)?;
        Some(Measured {
            figure: self.benchmark.settings[at]
                .rule(self.rule)
                .metric(self.metric),
            best: self.best == Some(at),
        })
    }
}
