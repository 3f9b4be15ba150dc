//! A store that a command looks into.

use exp_store::Store;

use crate::commands::store::StoreArgument;

/// Opens a store, which must be there. Runs whose process is gone are marked as interrupted first,
/// so that no command calls them running.
pub fn open(argument: &StoreArgument) -> anyhow::Result<Store> {
    let store = Store::open_existing(std::path::absolute(argument.path()?)?)?;
    store.notice_interrupted()?;
    Ok(store)
}
