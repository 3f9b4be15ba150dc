//! Where a checkpoint lies that a person names.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use exp_core::metrics::Rule;
use exp_store::Store;

/// The file that `name` stands for: a file, or the first digits of the id of a run of the store,
/// whose last epoch's checkpoint is meant.
pub fn find(name: &Path, store: &Path) -> anyhow::Result<PathBuf> {
    if name.is_file() {
        return Ok(name.to_owned());
    }
    let digits = name
        .to_str()
        .filter(|name| name.len() >= 4 && name.chars().all(|letter| letter.is_ascii_hexdigit()));
    let Some(digits) = digits else {
        bail!(
            "there is no file {}; expected a checkpoint's file, or four or more of the first digits \
             of a run's id",
            name.display()
        );
    };
    let run = Store::open_existing(store).and_then(|store| store.run(digits));
    let run = run.with_context(|| format!("there is neither a file {digits} nor such a run"))?;
    let last = (run.checkpoints.iter()).find(|checkpoint| checkpoint.rule == Rule::Last);
    match last {
        Some(last) if last.path.is_file() => Ok(last.path.clone()),
        Some(last) => bail!(
            "the model of run {} is gone: {} is missing",
            run.id,
            last.path.display()
        ),
        None => bail!(
            "run {} is {}: it was not trained to its end",
            run.id,
            run.status
        ),
    }
}
