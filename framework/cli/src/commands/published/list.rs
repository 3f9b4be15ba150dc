//! `exp published list`: the published results there are.

use anyhow::ensure;
use clap::Args;
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use exp_core::metrics::Rule;
use exp_report::published::{Published, PublishedResult};
use exp_report::text::{count, one_line, visible};

use crate::Outcome;
use crate::project::{Project, read_yaml};

/// List the published results that the project knows.
#[derive(Args)]
pub struct Arguments {
    /// Those on one benchmark only.
    #[arg(long)]
    benchmark: Option<String>,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let project = Project::find(&std::env::current_dir()?)?;
    let (_, node) = read_yaml(&project.published())?;
    let published = Published::from_node(&node)?;
    if let Some(benchmark) = &arguments.benchmark {
        // For an unknown benchmark the error names those there are.
        project.read_protocol(benchmark)?;
        let known = published
            .results
            .iter()
            .any(|result| result.benchmark == *benchmark);
        ensure!(known, "no published result is on {benchmark}");
    }
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_HORIZONTAL_ONLY)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header([
            "Method",
            "On",
            "UAR",
            "WAR",
            "Published",
            "Trust",
            "Differs from ours",
        ]);
    table.style_mut().row_separator = comfy_table::LineStyle::none();
    let asked = |result: &&PublishedResult| {
        arguments
            .benchmark
            .as_ref()
            .is_none_or(|benchmark| result.benchmark == *benchmark)
    };
    let mut shown = 0;
    for result in published.results.iter().filter(asked) {
        table.add_row(row(result));
        shown += 1;
    }
    for column in [2, 3] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    println!("{}", table.trim_fmt());
    println!(
        "\n{}, in percent; the sources stand in {}.",
        count(shown, "result"),
        visible(&project.published().display().to_string())
    );
    Ok(Outcome::Done)
}

fn row(result: &PublishedResult) -> [String; 7] {
    let clean = |text: &str| visible(&one_line(text)).into_owned();
    let figure =
        |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{value:.2}"));
    let on = match result.fold {
        Some(fold) => format!("{}, fold {fold}", result.benchmark),
        None => result.benchmark.clone(),
    };
    let year = result.year.map(|year| year.to_string());
    let published: Vec<String> = result.venue.iter().cloned().chain(year).collect();
    let differs = match &result.not_comparable {
        Some(reason) => format!("not comparable: {reason}"),
        None => result.differences(Rule::Last).join(", "),
    };
    [
        clean(&result.title()),
        clean(&on),
        figure(result.uar),
        figure(result.war),
        clean(&published.join(" ")),
        result.confidence.name().to_owned(),
        clean(&differs),
    ]
}
