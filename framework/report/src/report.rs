//! A report: everything that an exporter shows of one experiment.

use std::collections::HashMap;

use exp_core::metrics::{Metric, Rule};
use exp_store::{ExperimentData, RunRecord, Selection, Status};
use serde::Serialize;

use crate::published::{Beside, Published};
use crate::summary::{BenchmarkSummary, HardClip, RULES, Summary, hardest, summarize};
use crate::verdict::{Options, Verdict, VerdictError, best, verdict};

/// What a report stands on: one figure and one rule, so that nothing in it mixes rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct View {
    /// The figure that settings are compared by.
    pub metric: Metric,
    /// The selection rule of what is shown in detail.
    pub rule: Rule,
    /// The rule's place in [`RULES`].
    pub index: usize,
}

/// An experiment as every exporter shows it.
#[derive(Debug, Clone)]
pub struct Report {
    /// What the store has of it.
    pub data: ExperimentData,
    /// The same summed up.
    pub summary: Summary,
    /// The comparisons of its settings.
    pub verdict: Verdict,
    /// What is compared and shown in detail.
    pub view: View,
    /// The hardest clips of each of the summary's benchmarks, under the view's rule.
    pub hardest: Vec<Vec<HardClip>>,
    /// Published results beside ours, for each of the summary's benchmarks.
    pub beside: Vec<Beside>,
    /// Pictures of clips as `data:` URIs, by benchmark and clip name: frames side by side, first
    /// to last. Only of data that may be shown.
    pub strips: HashMap<(String, String), String>,
}

impl Report {
    /// Sums an experiment up and compares its settings, as its file or the reader wants it.
    ///
    /// # Errors
    /// For a baseline that the experiment does not have.
    pub fn new(
        data: ExperimentData,
        options: &Options,
        published: &Published,
    ) -> Result<Self, VerdictError> {
        let verdict = verdict(&data, options)?;
        let summary = summarize(&data);
        let rule = verdict.rule;
        let hardest = summary
            .benchmarks
            .iter()
            .map(|own| hardest(&data.runs, &own.name, rule));
        Ok(Self {
            view: View {
                metric: verdict.metric,
                rule,
                index: RULES.iter().position(|&other| other == rule).unwrap_or(0),
            },
            beside: (summary.benchmarks.iter())
                .map(|own| published.beside(own, rule))
                .collect(),
            hardest: hardest.collect(),
            verdict,
            summary,
            data,
            strips: HashMap::new(),
        })
    }

    /// The runs that are done, with what they predicted under each rule.
    pub fn measured(&self) -> impl Iterator<Item = (&RunRecord, &Selection)> {
        let done = self
            .data
            .runs
            .iter()
            .filter(|run| run.status == Status::Done);
        done.flat_map(|run| run.selections.iter().map(move |selection| (run, selection)))
    }

    /// The place of the setting that is better than all others on a benchmark, if the data can
    /// tell it from the next best.
    pub fn best(&self, benchmark: &BenchmarkSummary, metric: Metric, rule: Rule) -> Option<usize> {
        let settings = benchmark.settings.iter();
        let figures = settings.map(|setting| setting.rule(rule).metric(metric));
        best(&figures.collect::<Vec<_>>())
    }
}
