//! `exp store check`: whether the store is whole.

use clap::Args;
use exp_report::text::visible;
use exp_store::check;

use super::{StoreArgument, counted};
use crate::Outcome;

/// Check that the store is whole and fits its checkpoints; it is only read.
#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    store: StoreArgument,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let path = arguments.store.path()?;
    let report = check(&path)?;
    println!(
        "{}: schema version {}, {}, {}",
        visible(&path.display().to_string()),
        report
            .version
            .map_or("none".to_owned(), |version| version.to_string()),
        counted(report.experiments, "experiment"),
        counted(report.runs, "run"),
    );
    for problem in &report.problems {
        println!("- {}", visible(&problem.to_string()));
    }
    match report.problems.len() {
        0 => {
            println!("nothing is wrong");
            Ok(Outcome::Done)
        }
        problems => {
            println!("{} found", counted(problems, "problem"));
            Ok(Outcome::SomeFailed)
        }
    }
}
