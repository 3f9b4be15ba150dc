//! What `exp run` tells of the plan before it begins: what was left behind, and what an edited
//! experiment changes.

use exp_store::{ChangedRun, PlanChange, SettingChange};

use super::prepare::Prepared;

/// How many runs of a kind are named.
const NAMED: usize = 10;

/// Prints it; nothing where there is nothing to tell. `noticed` are ids of runs whose process died.
pub fn print(prepared: &Prepared, change: &PlanChange, noticed: &[String]) {
    let ours = noticed
        .iter()
        .filter(|id| prepared.runs.iter().any(|run| run.id == **id));
    match ours.count() {
        0 => {}
        1 => eprintln!(
            "A run was left behind by a process that ended: it goes on from its last checkpoint."
        ),
        count => eprintln!(
            "{count} runs were left behind by a process that ended: they go on from their last checkpoints."
        ),
    }
    // The first plan of an experiment changes nothing.
    if change.kept == 0 && change.gone.is_empty() && change.changed.is_empty() {
        return;
    }
    if change.is_empty() {
        return;
    }
    eprintln!("The experiment was edited since it was last run:");
    let label = |id: &String| {
        let run = prepared.runs.iter().find(|run| run.id == *id);
        run.map_or_else(
            || id.clone(),
            |run| format!("{}  {}", &id[..8], run.label()),
        )
    };
    list("new", change.new.iter().map(label));
    list(
        "no longer in the plan, kept in the store",
        change.gone.iter().map(|id| id[..8].to_owned()),
    );
    list(
        "changed",
        change
            .changed
            .iter()
            .map(|run| format!("{}: {}", label(&run.now), why(run))),
    );
}

fn list(what: &str, runs: impl ExactSizeIterator<Item = String>) {
    let count = runs.len();
    if count > 0 {
        eprintln!("  {count} {what}:");
    }
    for run in runs.take(NAMED) {
        eprintln!("    {run}");
    }
    if count > NAMED {
        eprintln!("    … and {} more", count - NAMED);
    }
}

fn why(run: &ChangedRun) -> String {
    if run.settings.is_empty() {
        return format!(
            "was {}; the settings are the same, so the clips, the weights, the prompts' texts, the device or the \
             program's training changed",
            &run.before[..8]
        );
    }
    let settings: Vec<String> = run.settings.iter().map(shown).collect();
    format!("was {}; {}", &run.before[..8], settings.join(", "))
}

fn shown(change: &SettingChange) -> String {
    let value = |value: &Option<serde_json::Value>| match value {
        Some(value) => value.to_string(),
        None => "nothing".to_owned(),
    };
    format!(
        "{} {} -> {}",
        change.path,
        value(&change.before),
        value(&change.now)
    )
}
