//! `exp weights`: pretrained weights.

mod fetch;

use clap::Subcommand;

use crate::Outcome;

/// Pretrained weights: get them.
#[derive(Subcommand)]
pub enum Command {
    Fetch(fetch::Arguments),
}

pub fn run(command: &Command) -> anyhow::Result<Outcome> {
    match command {
        Command::Fetch(arguments) => fetch::run(arguments),
    }
}
