//! What `--dry-run` prints.

use std::collections::HashMap;

use exp_store::Status;

use super::prepare::{Prepared, used};

/// Prints the plan and the cost of each run.
pub fn print(prepared: &Prepared, statuses: &HashMap<String, Status>) {
    let done = |id: &String| statuses.get(id) == Some(&Status::Done);
    for run in &prepared.runs {
        let settings = &run.planned.settings;
        let clips = run.steps() * settings.train.batch.get();
        let tested = used(&settings.clip, &run.fold.test) * settings.train.epochs.get();
        println!(
            "{}  {}  {} steps, {} frames trained, {} tested{}",
            &run.id[..8],
            run.label(),
            run.steps(),
            clips * settings.clip.frames.get(),
            tested * settings.clip.frames.get(),
            if done(&run.id) { "  (done)" } else { "" },
        );
    }
    let open = prepared.runs.iter().filter(|run| !done(&run.id)).count();
    println!("{} runs, {open} to do", prepared.runs.len());
}
