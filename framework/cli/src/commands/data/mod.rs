//! `exp data …`: the clips that runs are made with.

mod check;
mod prepare;
mod summary;

use clap::{Args, Subcommand};
use exp_train::Registry;

use crate::Outcome;

/// Look after the clips of benchmarks, or make clips out of videos.
#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Check(check::Arguments),
    Prepare(prepare::Arguments),
}

pub fn run(arguments: &Arguments, registry: &Registry) -> anyhow::Result<Outcome> {
    match &arguments.command {
        Command::Check(arguments) => check::run(arguments, registry),
        Command::Prepare(arguments) => prepare::run(arguments),
    }
}
