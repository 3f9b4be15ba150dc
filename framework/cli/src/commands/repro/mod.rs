//! `exp repro`: makes a run again.

mod compare;
mod recipe;

use clap::Args;
use exp_report::text::visible;
use exp_store::{RunRecord, Status};
use exp_train::Registry;

use super::run::again::again;
use super::store::StoreArgument;
use crate::Outcome;
use crate::opened::open;
use crate::project::Project;
use compare::Differences;
use recipe::recipe;

/// Print the commands that make a run again, or make it again and compare.
#[derive(Args)]
pub struct Arguments {
    /// The first digits of the run's id.
    run: String,
    /// Make the run again, in a store of its own (`repro/RUN.db` beside the store), and compare
    /// every figure and every prediction, bit for bit, times apart. Exit status 1 if any differ.
    #[arg(long = "run")]
    again: bool,
    #[command(flatten)]
    store: StoreArgument,
}

pub fn run(arguments: &Arguments, registry: &Registry) -> anyhow::Result<Outcome> {
    let store = open(&arguments.store)?;
    let first = store.run(&arguments.run)?;
    if !arguments.again {
        print!("{}", visible(&recipe(&first)?));
        return Ok(Outcome::Done);
    }
    anyhow::ensure!(
        matches!(first.status, Status::Done | Status::Failed),
        "run {} is {}: only one that is done or failed can be compared",
        first.id,
        first.status
    );
    let folder = store.path().with_file_name("repro");
    let path = folder.join(format!("{}.db", first.id));
    // Nothing is kept open while it is trained, which can take days.
    drop(store);
    let project = Project::find(&std::env::current_dir()?)?;
    let again = again(&first, &path, project, registry)?;
    print!("{}", visible(&outcome(&first, &again)));
    let same = first.status == again.status && Differences::between(&first, &again).is_empty();
    Ok(if same {
        Outcome::Done
    } else {
        Outcome::SomeFailed
    })
}

/// How the two came out.
fn outcome(first: &RunRecord, again: &RunRecord) -> String {
    let mut shown = String::new();
    if first.status != again.status {
        let reason = again.failure.as_ref().or(first.failure.as_ref());
        let reason = reason.map_or(String::new(), |reason| format!(" ({reason})"));
        shown = format!(
            "The run was {}, and is now {}{reason}.\n",
            first.status, again.status
        );
    }
    shown + &Differences::between(first, again).shown()
}
