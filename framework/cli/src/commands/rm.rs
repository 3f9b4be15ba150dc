//! `exp rm`: removes runs.

use std::fs;
use std::io::ErrorKind;

use anyhow::Context;
use clap::Args;
use exp_store::{Store, files};

use super::store::StoreArgument;
use crate::Outcome;

/// Remove runs from the store, with their figures, notes and checkpoints.
#[derive(Args)]
pub struct Arguments {
    /// The runs' ids, or the beginnings of them.
    #[arg(required = true)]
    runs: Vec<String>,
    /// Also remove runs that have figures.
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    store: StoreArgument,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let store = Store::open_existing(arguments.store.path()?)?;
    let mut ids = Vec::new();
    let mut kept = Vec::new();
    for prefix in &arguments.runs {
        let run = store.run(prefix)?;
        if run.history.epoch > 0 {
            kept.push(format!(
                "{} ({}, {} epochs)",
                run.id, run.status, run.history.epoch
            ));
        }
        if !ids.contains(&run.id) {
            ids.push(run.id);
        }
    }
    anyhow::ensure!(
        kept.is_empty() || arguments.yes,
        "nothing was removed: these runs have figures, which cannot be brought back: {}; give \
         `--yes` to remove them",
        kept.join(", ")
    );
    store.remove_runs(&ids)?;
    let checkpoints = files::checkpoints(store.path());
    store.close()?;
    for id in &ids {
        println!("removed run {id}");
        // Ids are hexadecimal digits; a file that somebody edited may hold anything.
        if !id.chars().all(|c| c.is_ascii_alphanumeric()) {
            continue;
        }
        let folder = checkpoints.join(id);
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(error).with_context(|| {
                    format!(
                        "the run is removed, but not its checkpoints in {}",
                        folder.display()
                    )
                });
            }
            _ => {}
        }
    }
    Ok(Outcome::Done)
}
