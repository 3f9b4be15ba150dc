//! `exp report`: the page of an experiment from the store.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use exp_report::{Options, html, summarize, terminal, verdict};
use exp_store::{ExperimentData, Store};

use crate::Outcome;
use crate::project::Project;

/// Write the HTML report of an experiment and print its table.
#[derive(Args)]
pub struct Arguments {
    /// The experiment's name.
    name: String,
    /// Where to write the page [default: reports/html/NAME.html].
    #[arg(short, long)]
    output: Option<PathBuf>,
    /// The store to read [default: runs/exp.db].
    #[arg(long, value_name = "FILE")]
    store: Option<PathBuf>,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let project = Project::find(&std::env::current_dir()?)?;
    let path = arguments.store.clone().unwrap_or_else(|| project.store());
    anyhow::ensure!(
        path.exists(),
        "there is no store at {}: run an experiment first, or name its store with `--store FILE`",
        path.display()
    );
    let store = Store::open(&path)?;
    let output = arguments
        .output
        .clone()
        .unwrap_or_else(|| project.report(&arguments.name));
    write(&store.experiment(&arguments.name)?, &output)?;
    store.close()?;
    Ok(Outcome::Done)
}

/// Writes the page and prints the table and the answer.
pub fn write(data: &ExperimentData, output: &Path) -> anyhow::Result<()> {
    let summary = summarize(data);
    save(&html::page(&summary)?, output)?;
    println!("{}", terminal::table(&summary).trim_end());
    let answer = terminal::answer(&verdict(data, &Options::default())?);
    println!("\n{}", answer.trim_end());
    println!("\nReport: {}", output.display());
    Ok(())
}

/// Writes a page, with the folder that it lies in.
pub fn save(page: &str, output: &Path) -> anyhow::Result<()> {
    if let Some(folder) = output.parent() {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    std::fs::write(output, page).with_context(|| format!("cannot write {}", output.display()))
}
