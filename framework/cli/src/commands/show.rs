//! `exp show`: all that is known of a run.

use std::io::IsTerminal;

use anyhow::Context;
use clap::Args;
use exp_core::experiment::{CUDA_F32, FROZEN_NOTE, TF32_NOTE, is_frozen};
use exp_core::metrics::Confusion;
use exp_report::text::{percent, visible};
use exp_store::{Checkpoint, RunRecord, Selection, Store, files};
use serde_json::{Map, Value, json};

use super::store::StoreArgument;
use crate::Outcome;
use crate::opened::open;
use crate::shown::{bytes, duration, moment, short, table, yaml};

/// Lines of the log that are shown.
const LOG_LINES: usize = 5;

/// Show a run: how far it came, its figures, settings, prompts, provenance and models.
#[derive(Args)]
pub struct Arguments {
    /// The first digits of the run's id.
    run: String,
    /// Print JSON.
    #[arg(long, conflicts_with_all = ["diff", "yaml"])]
    json: bool,
    /// Print the changes that were not committed when the run began, and nothing else.
    #[arg(long, conflicts_with = "yaml")]
    diff: bool,
    /// Print the file of the run's experiment as it was run last, and nothing else.
    #[arg(long)]
    yaml: bool,
    #[command(flatten)]
    store: StoreArgument,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let store = open(&arguments.store)?;
    let run = store.run(&arguments.run)?;
    if arguments.diff {
        return Ok(raw(uncommitted(&run).unwrap_or_default()));
    }
    if arguments.yaml {
        return Ok(raw(&experiment_file(&store, &run)?));
    }
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&all(&store, &run)?)?);
        return Ok(Outcome::Done);
    }
    print!("{}", visible(&text(&store, &run)?));
    Ok(Outcome::Done)
}

/// The changes that were not committed when the run began.
pub fn uncommitted(run: &RunRecord) -> Option<&str> {
    run.provenance
        .as_ref()
        .and_then(|provenance| provenance.diff.as_deref())
}

/// The file of the first experiment that plans the run.
pub fn experiment_file(store: &Store, run: &RunRecord) -> anyhow::Result<String> {
    let experiments = &run.history.experiments;
    let planned = experiments
        .iter()
        .find(|one| one.in_plan)
        .or(experiments.first());
    let experiment = planned.context("no experiment has this run any more")?;
    Ok(store.experiment_record(&experiment.experiment)?.yaml)
}

/// Prints a text for a program byte by byte, and for people so that it cannot disturb the terminal.
fn raw(text: &str) -> Outcome {
    match std::io::stdout().is_terminal() {
        true => print!("{}", visible(text)),
        false => print!("{text}"),
    }
    Outcome::Done
}

fn text(store: &Store, run: &RunRecord) -> anyhow::Result<String> {
    let mut shown = yaml(&head(run))?;
    let mut part = |title: &str, text: &str| {
        let text = text.trim_end();
        if !text.is_empty() && text != "{}" {
            let lines = text.lines().map(|line| format!("  {line}"));
            let lines: Vec<String> = lines.map(|line| line.trim_end().to_owned()).collect();
            shown.push_str(&format!("{title}:\n{}\n", lines.join("\n")));
        }
    };
    let notes: Vec<String> = (run.history.notes.iter())
        .map(|note| format!("{}  {}", moment(note.written), note.text.trim()))
        .collect();
    part("notes", &notes.join("\n"));
    part("figures", &figures(run));
    part("settings", &yaml(&run.settings)?);
    part("prompts", &prompts(run));
    part("provenance", &yaml(&provenance(run)?)?);
    let models: Vec<String> = run.checkpoints.iter().map(model).collect();
    part("models", &models.join("\n"));
    let file = files::log(store.path(), &run.id);
    let lines = last_lines(run, &std::fs::read(&file).unwrap_or_default());
    let title = match file.is_file() {
        true => format!("log ({})", file.display()),
        false => "log (what the store has of it; its file is not there)".to_owned(),
    };
    part(&title, &lines.join("\n"));
    Ok(shown)
}

/// What the run is and how far it came.
fn head(run: &RunRecord) -> Value {
    let history = &run.history;
    let mut head = Map::new();
    let mut entry = |key: &str, value: Value| drop(head.insert(key.to_owned(), value));
    entry("run", json!(run.id));
    entry("status", json!(run.status.name()));
    if let Some(failure) = &run.failure {
        entry("failure", json!(failure));
    }
    entry("experiments", experiments(run));
    let drawn = if run.synthetic { " (drawn clips)" } else { "" };
    entry("benchmark", json!(format!("{}{drawn}", run.benchmark)));
    let computed_in = run.provenance.as_ref().map(|from| from.device.as_str());
    let notes = [
        (is_frozen(&run.settings), FROZEN_NOTE),
        (computed_in == Some(CUDA_F32), TF32_NOTE),
    ];
    let notes: Vec<&str> = (notes.into_iter())
        .filter_map(|(holds, note)| holds.then_some(note))
        .collect();
    if !notes.is_empty() {
        entry("note", json!(notes.join("; ")));
    }
    entry("fold", json!(run.fold));
    entry("seed", json!(run.seed));
    match run.settings.pointer("/train/epochs") {
        Some(epochs) => entry("epochs", json!(format!("{} of {epochs}", history.epoch))),
        None => entry("epochs", json!(history.epoch)),
    }
    if let Some(held_out) = run.provenance.as_ref().and_then(|known| known.held_out) {
        entry("held out", json!(held_out.to_string()));
    }
    entry("attempts", json!(history.attempts));
    if let Some(started) = run.started {
        entry("started", json!(moment(started)));
        entry("worked", json!(duration(history.seconds)));
    }
    if let Some(finished) = run.finished {
        entry("ended", json!(moment(finished)));
    }
    if let (Some(process), Some(host)) = (history.process, &history.host) {
        entry("worker", json!(format!("process {process} on {host}")));
    }
    if let Some(heartbeat) = history.heartbeat.filter(|_| history.process.is_some()) {
        entry("last sign of life", json!(moment(heartbeat)));
    }
    Value::Object(head)
}

/// The levels by experiment.
fn experiments(run: &RunRecord) -> Value {
    let experiments = run.history.experiments.iter().map(|one| {
        let levels: Map<String, Value> = (one.levels.iter())
            .map(|level| (level.factor.clone(), json!(level.label)))
            .collect();
        let name = match one.in_plan {
            true => one.experiment.clone(),
            false => format!("{} (no longer planned)", one.experiment),
        };
        (name, Value::Object(levels))
    });
    Value::Object(experiments.collect())
}

/// A selection's predictions, counted.
pub fn confusion(run: &RunRecord, selection: &Selection) -> Confusion {
    let pairs = selection
        .predictions
        .iter()
        .map(|p| (p.target, p.predicted));
    Confusion::from_pairs(run.classes.len(), pairs)
}

/// A column a rule; UAR, WAR and recalls in percent. Empty where no epoch was selected yet.
fn figures(run: &RunRecord) -> String {
    if run.selections.is_empty() {
        return String::new();
    }
    let each = |name: &str, value: &dyn Fn(&Selection, &Confusion) -> String| {
        let values = run
            .selections
            .iter()
            .map(|one| value(one, &confusion(run, one)));
        std::iter::once(name.to_owned())
            .chain(values)
            .collect::<Vec<String>>()
    };
    let shown = |value: Option<f64>| value.map_or("–".to_owned(), percent);
    let mut rows = vec![
        each("epoch", &|one, _| one.epoch.to_string()),
        each("clips", &|one, _| one.predictions.len().to_string()),
        each("UAR", &|_, confusion| shown(confusion.uar())),
        each("WAR", &|_, confusion| shown(confusion.war())),
    ];
    for (label, class) in run.classes.iter().enumerate() {
        let recall = each(&format!("recall of {class}"), &|_, confusion| {
            shown(confusion.recall(label))
        });
        rows.push(recall);
    }
    let rules = run.selections.iter().map(|one| one.rule.name());
    let right: Vec<usize> = (1..=run.selections.len()).collect();
    table(std::iter::once("rule").chain(rules), &right, rows)
}

fn prompts(run: &RunRecord) -> String {
    let lines: Vec<String> = (run.prompts.iter())
        .map(|prompt| format!("{}: {}", prompt.class, prompt.text))
        .collect();
    lines.join("\n")
}

/// The provenance without what is long: the diff is counted in lines.
fn provenance(run: &RunRecord) -> anyhow::Result<Value> {
    let mut value = serde_json::to_value(&run.provenance)?;
    if let Some(map) = value.as_object_mut() {
        map.retain(|_, value| !value.is_null() && value != "" && *value != json!([]));
        if let Some(diff) = uncommitted(run) {
            let lines = diff.lines().count();
            map.insert(
                "diff".to_owned(),
                json!(format!(
                    "{lines} lines (exp show {} --diff)",
                    short(&run.id)
                )),
            );
        }
        if let Some(provenance) = &run.provenance {
            map.insert("command".to_owned(), json!(provenance.command.join(" ")));
            // Stands above.
            map.shift_remove("held_out");
            for one in &provenance.gone_on {
                let by = &one.by;
                let revision = by.revision.as_deref().unwrap_or("no revision");
                let told = format!(
                    "exp {} at {revision} on {} ({})",
                    by.version, by.host, by.device_name
                );
                map.insert(format!("gone_on after epoch {}", one.epochs), json!(told));
            }
            map.shift_remove("gone_on");
            if let Some(peak) = provenance.peak_memory {
                map.insert("peak_memory".to_owned(), json!(bytes(peak)));
            }
        }
    }
    Ok(if value.is_null() { json!({}) } else { value })
}

fn model(checkpoint: &Checkpoint) -> String {
    let size = match std::fs::metadata(&checkpoint.path) {
        Ok(file) => bytes(file.len()),
        Err(_) => "missing".to_owned(),
    };
    let path = checkpoint.path.display();
    format!(
        "{}: {path} (epoch {}, {size})",
        checkpoint.rule.name(),
        checkpoint.epoch
    )
}

/// The last lines of the log's file, or where it is gone, those that the store has of a run that
/// failed.
fn last_lines(run: &RunRecord, file: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(file);
    let kept = run.history.log_tail.as_deref().unwrap_or_default();
    let text = if text.is_empty() { kept } else { &text };
    let lines: Vec<&str> = text.lines().collect();
    let last = &lines[lines.len().saturating_sub(LOG_LINES)..];
    last.iter().map(|line| (*line).to_owned()).collect()
}

/// Everything but the points, for programs.
fn all(store: &Store, run: &RunRecord) -> anyhow::Result<Value> {
    let history = &run.history;
    let figures: Map<String, Value> = (run.selections.iter())
        .map(|one| {
            let confusion = confusion(run, one);
            let recalls: Map<String, Value> = (run.classes.iter().enumerate())
                .map(|(label, class)| (class.clone(), json!(confusion.recall(label))))
                .collect();
            let figures = json!({
                "epoch": one.epoch, "clips": one.predictions.len(), "uar": confusion.uar(),
                "war": confusion.war(), "recall": recalls,
            });
            (one.rule.name().to_owned(), figures)
        })
        .collect();
    let time = |time: Option<jiff::Timestamp>| time.map(|time| time.to_string());
    let file = files::log(store.path(), &run.id);
    Ok(json!({
        "run": run.id,
        "status": run.status.name(),
        "failure": run.failure,
        "experiments": history.experiments.iter().map(|one| json!({
            "experiment": one.experiment, "levels": one.levels, "in_plan": one.in_plan,
        })).collect::<Value>(),
        "benchmark": run.benchmark,
        "synthetic": run.synthetic,
        "fold": run.fold,
        "seed": run.seed,
        "epoch": history.epoch,
        "attempts": history.attempts,
        "started": time(run.started),
        "finished": time(run.finished),
        "seconds": history.seconds,
        "host": history.host,
        "process": history.process,
        "heartbeat": time(history.heartbeat),
        "notes": history.notes.iter().map(|note| json!({
            "text": note.text, "written": note.written.to_string(),
        })).collect::<Value>(),
        "figures": figures,
        "settings": run.settings,
        "classes": run.classes,
        "prompts": run.prompts.iter().map(|prompt| json!({
            "class": prompt.class, "text": prompt.text, "token_ids": prompt.token_ids,
        })).collect::<Value>(),
        "provenance": serde_json::to_value(&run.provenance)?,
        "checkpoints": run.checkpoints.iter().map(|one| json!({
            "rule": one.rule.name(), "epoch": one.epoch, "path": one.path.display().to_string(),
            "written": one.written.to_string(),
            "bytes": std::fs::metadata(&one.path).ok().map(|file| file.len()),
        })).collect::<Value>(),
        "log": file.display().to_string(),
        "log_tail": last_lines(run, &std::fs::read(&file).unwrap_or_default()),
    }))
}
