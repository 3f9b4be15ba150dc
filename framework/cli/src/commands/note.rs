//! `exp note`: a remark on a run.

use clap::Args;
use exp_store::Store;

use super::store::StoreArgument;
use crate::Outcome;

/// Add a remark to a run.
#[derive(Args)]
pub struct Arguments {
    /// The run's id, or the beginning of it.
    run: String,
    /// The remark.
    text: String,
    #[command(flatten)]
    store: StoreArgument,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let text = arguments.text.trim();
    anyhow::ensure!(!text.is_empty(), "the remark is empty");
    let store = Store::open_existing(arguments.store.path()?)?;
    let run = store.run_id(&arguments.run)?;
    store.add_note(&run, text)?;
    store.close()?;
    println!("noted on run {run}");
    Ok(Outcome::Done)
}
