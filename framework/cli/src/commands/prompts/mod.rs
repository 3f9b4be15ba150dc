//! `exp prompts`: description sets.

mod check;
mod diff;
mod import;
mod list;
mod show;

use clap::Subcommand;

use crate::Outcome;

/// Description sets: list, show, check, compare and import them.
#[derive(Subcommand)]
pub enum Command {
    List(list::Arguments),
    Show(show::Arguments),
    Check(check::Arguments),
    Diff(diff::Arguments),
    Import(import::Arguments),
}

pub fn run(command: &Command) -> anyhow::Result<Outcome> {
    match command {
        Command::List(arguments) => list::run(arguments),
        Command::Show(arguments) => show::run(arguments),
        Command::Check(arguments) => check::run(arguments),
        Command::Diff(arguments) => diff::run(arguments),
        Command::Import(arguments) => import::run(arguments),
    }
}
