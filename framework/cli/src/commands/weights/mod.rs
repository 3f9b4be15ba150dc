//! `exp weights`: pretrained weights.

mod fetch;
mod inspect;

use clap::Subcommand;

use crate::Outcome;

/// Weight files: get published ones, and look into any.
#[derive(Subcommand)]
pub enum Command {
    Fetch(fetch::Arguments),
    Inspect(inspect::Arguments),
}

pub fn run(command: &Command) -> anyhow::Result<Outcome> {
    match command {
        Command::Fetch(arguments) => fetch::run(arguments),
        Command::Inspect(arguments) => inspect::run(arguments),
    }
}
