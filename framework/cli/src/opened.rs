//! A store that a command looks into, and what lies beside it.

use std::path::{Path, PathBuf};

use exp_store::Store;

use crate::commands::store::StoreArgument;

/// Opens a store, which must be there. Runs whose process is gone are marked as interrupted first,
/// so that no command calls them running.
pub fn open(argument: &StoreArgument) -> anyhow::Result<Store> {
    let store = Store::open_existing(std::path::absolute(argument.path()?)?)?;
    store.notice_interrupted()?;
    Ok(store)
}

/// The folder of the models of a store's runs, whether it is there or not.
pub fn checkpoints(store: &Path) -> PathBuf {
    store.with_file_name("checkpoints")
}

/// The file of a run's log, whether it is there or not.
pub fn log(store: &Path, run: &str) -> PathBuf {
    store.with_file_name("logs").join(format!("{run}.log"))
}
