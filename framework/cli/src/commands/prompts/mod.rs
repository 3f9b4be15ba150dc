//! `exp prompts`: description sets.

mod check;
mod diff;
mod generate;
mod import;
mod inspect;
mod list;
mod show;

use clap::Subcommand;
use exp_train::Registry;

use crate::Outcome;

/// Description sets: generate, list, show, check, compare, inspect and import them.
#[derive(Subcommand)]
pub enum Command {
    Generate(generate::Arguments),
    List(list::Arguments),
    Show(show::Arguments),
    Check(check::Arguments),
    Diff(diff::Arguments),
    Inspect(inspect::Arguments),
    Import(import::Arguments),
}

pub fn run(command: &Command, registry: &Registry) -> anyhow::Result<Outcome> {
    match command {
        Command::Generate(arguments) => generate::run(arguments, registry),
        Command::List(arguments) => list::run(arguments),
        Command::Show(arguments) => show::run(arguments),
        Command::Check(arguments) => check::run(arguments),
        Command::Diff(arguments) => diff::run(arguments),
        Command::Inspect(arguments) => inspect::run(arguments, registry),
        Command::Import(arguments) => import::run(arguments),
    }
}

/// Names of classes as they are typed in a row: `a, b` is `a` and `b`.
fn class_names(typed: &[String]) -> Vec<String> {
    typed.iter().map(|name| name.trim().to_owned()).collect()
}
