//! The store that a command looks into, and what lies beside it.

use std::path::{Path, PathBuf};

use anyhow::ensure;
use clap::Args;
use exp_store::Store;

use crate::project::Project;

/// `--store`, for commands that need a store with something in it.
#[derive(Args)]
pub struct StoreArgument {
    /// The store [default: runs/exp.db].
    #[arg(long, value_name = "FILE")]
    store: Option<PathBuf>,
}

impl StoreArgument {
    /// Opens the store. Runs whose process is gone are marked as interrupted first, so that no
    /// command calls them running.
    pub fn open(&self) -> anyhow::Result<Store> {
        let path = match &self.store {
            Some(path) => path.clone(),
            None => Project::find(&std::env::current_dir()?)?.store(),
        };
        ensure!(
            path.exists(),
            "there is no store at {}: run an experiment first, or name its store with `--store FILE`",
            path.display()
        );
        let store = Store::open(std::path::absolute(path)?)?;
        store.notice_interrupted()?;
        Ok(store)
    }
}

/// The folder of a run's models, whether it is there or not.
pub fn checkpoints(store: &Path) -> PathBuf {
    store.with_file_name("checkpoints")
}

/// The file of a run's log, whether it is there or not.
pub fn log(store: &Path, run: &str) -> PathBuf {
    store.with_file_name("logs").join(format!("{run}.log"))
}
