//! `exp data`: clips on disk.

mod prepare;

use clap::{Args, Subcommand};

use crate::Outcome;

/// Make clips out of videos.
#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Prepare(prepare::Arguments),
}

pub fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    match &arguments.command {
        Command::Prepare(arguments) => prepare::run(arguments),
    }
}
