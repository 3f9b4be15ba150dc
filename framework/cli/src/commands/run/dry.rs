//! What `--dry-run` prints.

use std::collections::HashMap;
use std::path::Path;

use exp_store::{Status, Store};

use super::prepare::{Prepared, PreparedRun};
use super::{Retry, change};

/// Prints the runs of this machine's part of the plan, the cost of each, and what running them would
/// change in the store at `path`, if there is one.
pub fn print(
    prepared: &Prepared,
    part: &[&PreparedRun],
    retry: Option<Retry>,
    path: &Path,
) -> anyhow::Result<()> {
    let mut statuses = HashMap::new();
    if path.exists() {
        let store = Store::open(path)?;
        let change = store.compare_plan(&prepared.experiment.name, &prepared.records())?;
        change::print(prepared, &change, &[]);
        statuses = store.statuses(&prepared.ids())?;
    }
    for run in part {
        let settings = &run.planned.settings;
        let clips = run.steps() * settings.train.batch.get();
        let tested = run.tested() * settings.train.epochs.get();
        println!(
            "{}  {}  {} steps, {} frames trained, {} tested{}",
            &run.id[..8],
            run.label(),
            run.steps(),
            clips * settings.clip.frames.get(),
            tested * settings.clip.frames.get(),
            match statuses.get(&run.id) {
                None | Some(Status::Queued) => String::new(),
                Some(status) => format!("  ({status})"),
            },
        );
    }
    let retried = retry.map_or(&[][..], Retry::statuses);
    let open = part.iter().filter(|run| match statuses.get(&run.id) {
        None => true,
        Some(status) => {
            !matches!(status, Status::Done | Status::Failed) || retried.contains(status)
        }
    });
    println!("{} runs, {} to do", part.len(), open.count());
    Ok(())
}
