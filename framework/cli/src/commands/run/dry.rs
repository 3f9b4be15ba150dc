//! What `--dry-run` prints.

use std::collections::HashMap;
use std::path::Path;

use exp_store::{Status, Store};

use super::change;
use super::prepare::Prepared;

/// Prints the plan, the cost of each run, and what running it would change in the store at `path`,
/// if there is one.
pub fn print(prepared: &Prepared, path: &Path) -> anyhow::Result<()> {
    let mut statuses = HashMap::new();
    if path.exists() {
        let store = Store::open(path)?;
        let change = store.compare_plan(&prepared.experiment.name, &prepared.records())?;
        change::print(prepared, &change, &[]);
        statuses = store.statuses(&prepared.ids())?;
    }
    let done = |id: &String| statuses.get(id) == Some(&Status::Done);
    for run in &prepared.runs {
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
    let open = prepared.runs.iter().filter(|run| !done(&run.id)).count();
    println!("{} runs, {open} to do", prepared.runs.len());
    Ok(())
}
