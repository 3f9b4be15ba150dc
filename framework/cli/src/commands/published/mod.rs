//! `exp published`: what others have published.

mod check;
mod list;

use clap::Subcommand;

use crate::Outcome;

/// Published results: list and check them.
#[derive(Subcommand)]
pub enum Command {
    List(list::Arguments),
    Check(check::Arguments),
}

pub fn run(command: &Command) -> anyhow::Result<Outcome> {
    match command {
        Command::List(arguments) => list::run(arguments),
        Command::Check(arguments) => check::run(arguments),
    }
}
