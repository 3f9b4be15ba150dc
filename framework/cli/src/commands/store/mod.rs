//! `exp store`: the file that all figures are in.

mod check;
mod merge;
mod sql;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::Outcome;
use crate::project::Project;

/// The store: check it, ask it in SQL, merge others into it.
#[derive(Subcommand)]
pub enum Command {
    Check(check::Arguments),
    Sql(sql::Arguments),
    Merge(merge::Arguments),
}

pub fn run(command: &Command) -> anyhow::Result<Outcome> {
    match command {
        Command::Check(arguments) => check::run(arguments),
        Command::Sql(arguments) => sql::run(arguments),
        Command::Merge(arguments) => merge::run(arguments),
    }
}

/// Which store a command works on.
#[derive(Args)]
pub struct StoreArgument {
    /// The store [default: runs/exp.db of the project].
    #[arg(long, value_name = "FILE")]
    store: Option<PathBuf>,
}

impl StoreArgument {
    /// The store's file.
    pub fn path(&self) -> anyhow::Result<PathBuf> {
        match &self.store {
            Some(path) => Ok(path.clone()),
            None => Ok(Project::find(&std::env::current_dir()?)?.store()),
        }
    }
}

/// `1 run`, `2 runs`.
fn counted(number: usize, one: &str) -> String {
    match number {
        1 => format!("1 {one}"),
        _ => format!("{number} {one}s"),
    }
}
