//! `exp runs`: a list of runs.

mod columns;
mod evaluations;

use anyhow::{anyhow, bail};
use clap::{Args, builder::PossibleValuesParser};
use exp_report::text::{count, visible};
use exp_store::{RunFilter, RunLine, Status, Store, StoreError};
use serde_json::{Map, Value};

use super::store::StoreArgument;
use crate::Outcome;
use crate::opened::open;
use crate::shown;
use columns::{Column, KNOWN, USUAL};

/// List runs, and how far they have come.
#[derive(Args)]
#[command(after_help = help())]
pub struct Arguments {
    /// Only those of this experiment, also those that its present plan no longer has.
    #[arg(long, value_name = "NAME")]
    experiment: Option<String>,
    /// Only those with one of these statuses.
    #[arg(long, value_delimiter = ',', value_parser = PossibleValuesParser::new(Status::ALL.map(Status::name)))]
    status: Vec<String>,
    /// Only those on this benchmark.
    #[arg(long, value_name = "NAME")]
    benchmark: Option<String>,
    /// Only those with this setting, as in `--where train.epochs=3`; a plugin goes by its name
    /// alone: `--where temporal=mean`.
    #[arg(long = "where", value_name = "PATH=VALUE")]
    settings: Vec<String>,
    /// Sort by this column; with `-` before its name, in falling order.
    #[arg(long, value_name = "COLUMN", allow_hyphen_values = true)]
    sort: Option<String>,
    /// The columns to show, divided by commas.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    columns: Vec<String>,
    /// Show no more than this many.
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// List what `exp eval` measured instead.
    #[arg(
        long,
        conflicts_with_all = ["experiment", "status", "settings", "sort", "columns"]
    )]
    evaluations: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    store: StoreArgument,
}

fn help() -> String {
    let names: Vec<&str> = KNOWN.iter().map(|column| column.name).collect();
    format!(
        "Columns: {}, and every setting by its path, as in `train.epochs`.\nTimes are in UTC; UAR and WAR are in \
         percent.",
        names.join(", ")
    )
}

pub fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let store = open(&arguments.store)?;
    if arguments.evaluations {
        evaluations::print(&store, arguments)?;
        return Ok(Outcome::Done);
    }
    let mut settings = Vec::new();
    let names: Vec<&str> = match (&arguments.columns[..], arguments.json) {
        ([], true) => KNOWN.iter().map(|known| known.name).collect(),
        ([], false) => USUAL.to_vec(),
        (asked, _) => asked.iter().map(|name| name.trim()).collect(),
    };
    let columns: Vec<Column> = names
        .iter()
        .map(|name| Column::named(name, &mut settings))
        .collect();
    let sort = arguments.sort.as_deref().map(|name| {
        let falls = name.starts_with('-');
        (
            Column::named(name.trim_start_matches('-'), &mut settings),
            falls,
        )
    });
    let filter = RunFilter {
        experiment: arguments.experiment.clone(),
        statuses: statuses(&arguments.status),
        benchmark: arguments.benchmark.clone(),
        settings: wheres(&arguments.settings)?,
        show: settings,
    };
    let mut runs = store
        .runs(&filter)
        .map_err(|error| unknown_column(error, &filter))?;
    if runs.is_empty() {
        check_benchmark(&store, &filter)?;
    }
    if let Some((column, falls)) = &sort {
        runs.sort_by(|one, two| column.of(one).order(&column.of(two), *falls));
    }
    let found = runs.len();
    runs.truncate(arguments.limit.unwrap_or(found));
    match arguments.json {
        true => println!("{}", serde_json::to_string_pretty(&json(&runs, &columns))?),
        false => print(&runs, &columns, found),
    }
    Ok(Outcome::Done)
}

fn statuses(names: &[String]) -> Vec<Status> {
    let is_asked = |status: &Status| names.iter().any(|name| name == status.name());
    Status::ALL.into_iter().filter(is_asked).collect()
}

fn wheres(settings: &[String]) -> anyhow::Result<Vec<(String, String)>> {
    let parse = |text: &String| match text.split_once('=') {
        Some((path, value)) if !path.is_empty() => Ok((path.to_owned(), value.to_owned())),
        _ => bail!(
            "`--where {text}`: expected a setting and its value, as in `--where train.epochs=3`"
        ),
    };
    settings.iter().map(parse).collect()
}

/// A column that is neither known nor a setting: names the columns there are, the nearest first.
fn unknown_column(error: StoreError, filter: &RunFilter) -> anyhow::Error {
    match error {
        StoreError::UnknownSetting { setting, near } if filter.show.contains(&setting) => {
            let mut known: Vec<&str> = KNOWN.iter().map(|column| column.name).collect();
            known.extend(near.as_deref());
            known.sort_by_cached_key(|name| strsim::damerau_levenshtein(name, &setting));
            anyhow!(
                "there is no column `{setting}`, and no run has such a setting; the columns are {}, and every setting \
                 by its path, as in `train.epochs`",
                known.join(", ")
            )
        }
        error => error.into(),
    }
}

/// Tells a benchmark without such a run from one that no run is on.
fn check_benchmark(store: &Store, filter: &RunFilter) -> anyhow::Result<()> {
    let Some(asked) = &filter.benchmark else {
        return Ok(());
    };
    let all = store.runs(&RunFilter::default())?;
    let mut known: Vec<&str> = all.iter().map(|run| run.benchmark.as_str()).collect();
    known.sort_unstable();
    known.dedup();
    match known.contains(&asked.as_str()) || known.is_empty() {
        true => Ok(()),
        false => bail!(
            "no run is on the benchmark `{asked}`; there are runs on {}",
            known.join(", ")
        ),
    }
}

fn json(runs: &[RunLine], columns: &[Column]) -> Value {
    let object = |run: &RunLine| {
        let entries = columns
            .iter()
            .map(|column| (column.name().to_owned(), column.of(run).json()));
        Value::Object(entries.collect::<Map<_, _>>())
    };
    runs.iter().map(object).collect()
}

fn print(runs: &[RunLine], columns: &[Column], found: usize) {
    let mut right: Vec<usize> = Vec::new();
    let mut rows = Vec::with_capacity(runs.len());
    for run in runs {
        let cells: Vec<_> = columns.iter().map(|column| column.of(run)).collect();
        right.extend((0..cells.len()).filter(|&place| cells[place].is_number()));
        rows.push(cells.iter().map(columns::Cell::shown).collect());
    }
    right.sort_unstable();
    right.dedup();
    if !rows.is_empty() {
        let header = columns.iter().map(Column::name);
        println!("{}\n", shown::table(header, &right, rows));
    }
    let shown = match runs.len() == found {
        true => count(found, "run"),
        false => format!("{} of {}", runs.len(), count(found, "run")),
    };
    println!("{}", visible(&shown));
}
