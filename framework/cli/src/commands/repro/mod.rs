//! `exp repro`: makes a run again.

mod recipe;

use clap::Args;

use crate::Outcome;
use crate::store_argument::StoreArgument;
use recipe::recipe;

/// Print the commands that make a run again, or make it again and compare.
#[derive(Args)]
pub struct Arguments {
    /// The first digits of the run's id.
    run: String,
    #[command(flatten)]
    store: StoreArgument,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let store = arguments.store.open()?;
    let run = store.run(&arguments.run)?;
    print!("{}", recipe(&run)?);
    Ok(Outcome::Done)
}
