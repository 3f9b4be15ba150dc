//! `exp report`: what the store says of experiments, as a page or in another format.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use clap::builder::PossibleValue;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use exp_core::metrics::{Metric, Rule};
use exp_report::export::{EXPORTERS, Exporter, Html, Rendered};
use exp_report::published::Published;
use exp_report::summary::{READ, RULES};
use exp_report::{Options, Report, terminal};
use exp_store::{ExperimentData, Store};
use exp_train::Registry;

use super::store::StoreArgument;
use crate::Outcome;
use crate::opened::open;
use crate::project::{Project, read_yaml};
use crate::strips;

/// Write the report of experiments: a page, or another format.
///
/// A page goes to reports/html and its table is printed, TensorBoard's event files go to
/// runs/tensorboard, every other format is printed; unless --output says where.
#[derive(Args)]
pub struct Arguments {
    /// The experiments' names; several stand in one report.
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
    /// What to write.
    #[arg(long, default_value = EXPORTERS[0].name(), value_parser = formats())]
    format: &'static dyn Exporter,
    /// The file to write to, or the folder for TensorBoard.
    #[arg(short, long)]
    output: Option<PathBuf>,
    #[command(flatten)]
    comparison: ComparisonArguments,
    #[command(flatten)]
    store: StoreArgument,
}

/// What to compare in place of what the experiment's file says.
#[derive(Args)]
pub struct ComparisonArguments {
    /// Compare with this level, by its label [default: the file's `compare.baseline`].
    #[arg(long, value_name = "LEVEL")]
    baseline: Option<String>,
    /// Compare by this figure [default: the file's `compare.metric`, else uar].
    #[arg(long, value_parser = PossibleValuesParser::new(["uar", "war"]).map(|name| metric(&name)))]
    metric: Option<Metric>,
    /// Take the figures that this rule selects [default: the file's `compare.rule`, else last].
    #[arg(long, value_parser = PossibleValuesParser::new(RULES.map(Rule::name)).map(|name| rule(&name)))]
    rule: Option<Rule>,
}

impl ComparisonArguments {
    /// The same for the report.
    pub fn options(&self) -> Options {
        Options {
            baseline: self.baseline.clone(),
            metric: self.metric,
            rule: self.rule,
        }
    }
}

fn metric(name: &str) -> Metric {
    match name {
        "war" => Metric::War,
        _ => Metric::Uar,
    }
}

fn rule(name: &str) -> Rule {
    let found = RULES.into_iter().find(|rule| rule.name() == name);
    found.unwrap_or(Rule::Last)
}

/// The exporters by name.
fn formats() -> impl TypedValueParser<Value = &'static dyn Exporter> {
    let value =
        |exporter: &dyn Exporter| PossibleValue::new(exporter.name()).help(exporter.describes());
    PossibleValuesParser::new(EXPORTERS.map(value)).map(|name| {
        let found = EXPORTERS
            .into_iter()
            .find(|exporter| exporter.name() == name);
        found.unwrap_or(EXPORTERS[0])
    })
}

pub fn run(arguments: &Arguments, registry: &Registry) -> anyhow::Result<Outcome> {
    let project = Project::find(&std::env::current_dir()?)?;
    let store = open(&arguments.store)?;
    let options = arguments.comparison.options();
    let exporter = arguments.format;
    let mut reports = Vec::new();
    for (at, name) in arguments.names.iter().enumerate() {
        if arguments.names[..at].contains(name) {
            bail!("`{name}` is named twice");
        }
        let data = match exporter.series() {
            Some(series) => store.experiment_with_series(name, series)?,
            None => store.experiment(name)?,
        };
        reports.push(assemble(data, &options, &project, registry)?);
    }
    store.close()?;
    let output = arguments.output.clone();
    let name = arguments.names.join("+");
    match (exporter.render(&reports)?, output) {
        (Rendered::Text(page), output) if exporter.name() == Html.name() => {
            let output = output.unwrap_or_else(|| project.report(&name));
            save(&page, &output)?;
            announce(&reports, &output);
        }
        (Rendered::Text(text), Some(output)) => {
            save(&text, &output)?;
            println!("Report: {}", output.display());
        }
        (Rendered::Text(text), None) => print!("{text}"),
        (Rendered::Folder(files), output) => {
            let folder = output.unwrap_or_else(|| project.runs().join(exporter.name()));
            for (path, bytes) in files {
                write(&bytes, &folder.join(path))?;
            }
            println!("Report: {}", folder.display());
        }
    }
    Ok(Outcome::Done)
}

/// An experiment out of the store, as a page needs it.
pub fn load(
    store: &Store,
    name: &str,
    options: &Options,
    project: &Project,
    registry: &Registry,
) -> anyhow::Result<Report> {
    let data = store.experiment_with_series(name, &READ)?;
    assemble(data, options, project, registry)
}

/// The report, with pictures of its hardest clips where they may be shown.
fn assemble(
    data: ExperimentData,
    options: &Options,
    project: &Project,
    registry: &Registry,
) -> anyhow::Result<Report> {
    let mut report = Report::new(data, options, &published(project))?;
    strips::add(&mut report, project, registry);
    Ok(report)
}

/// The published results, as far as there are any; a mistake in their file costs them only.
fn published(project: &Project) -> Published {
    let path = project.published();
    if !path.exists() {
        return Published::default();
    }
    let read = read_yaml(&path).and_then(|(_, node)| Ok(Published::from_node(&node)?));
    read.unwrap_or_else(|error| {
        eprintln!("note: the report goes without published results: {error:#}");
        Published::default()
    })
}

/// Writes the page of one experiment and prints its table.
pub fn page(report: Report, output: &Path) -> anyhow::Result<()> {
    let reports = [report];
    if let Rendered::Text(page) = Html.render(&reports)? {
        save(&page, output)?;
    }
    announce(&reports, output);
    Ok(())
}

/// Prints the tables, and where the page is.
fn announce(reports: &[Report], output: &Path) {
    for report in reports {
        println!("{}\n", terminal::table(&report.summary).trim_end());
        println!("{}\n", terminal::answer(&report.verdict).trim_end());
    }
    println!("Report: {}", output.display());
}

/// Writes a page, with the folder that it lies in.
pub fn save(page: &str, output: &Path) -> anyhow::Result<()> {
    write(page.as_bytes(), output)
}

fn write(bytes: &[u8], output: &Path) -> anyhow::Result<()> {
    if let Some(folder) = output.parent() {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    std::fs::write(output, bytes).with_context(|| format!("cannot write {}", output.display()))
}
