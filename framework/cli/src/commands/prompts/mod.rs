//! `exp prompts`: description sets.

mod generate;

use clap::Subcommand;
use exp_train::Registry;

use crate::Outcome;

/// Description sets: texts for the classes.
#[derive(Subcommand)]
pub enum Command {
    Generate(generate::Arguments),
}

pub fn run(command: &Command, registry: &Registry) -> anyhow::Result<Outcome> {
    match command {
        Command::Generate(arguments) => generate::run(arguments, registry),
    }
}
