//! `exp diff`: what two runs do not share.

use std::fmt::Write;

use clap::Args;
use exp_core::provenance::Provenance;
use exp_prompts::diff::mark_words;
use exp_report::text::visible;
use exp_store::{RunRecord, SettingChange, compare_settings};
use serde_json::{Value, json};

use super::show::{confusion, uncommitted};
use super::store::StoreArgument;
use crate::Outcome;
use crate::opened::open;
use crate::shown::{self, short, table};

/// Compare two runs: what differs in their settings, prompts and provenance, and their figures.
///
/// Words that only A's prompts have are marked [-so-], words that only B's have {+so+}.
#[derive(Args)]
pub struct Arguments {
    /// The first digits of a run's id.
    #[arg(value_name = "A")]
    first: String,
    /// Those of another's.
    #[arg(value_name = "B")]
    second: String,
    #[command(flatten)]
    store: StoreArgument,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let store = open(&arguments.store)?;
    let first = store.run(&arguments.first)?;
    let second = store.run(&arguments.second)?;
    anyhow::ensure!(
        first.id != second.id,
        "{} and {} are the same run {}",
        arguments.first,
        arguments.second,
        first.id
    );
    print!("{}", visible(&text(&first, &second)?));
    Ok(Outcome::Done)
}

fn text(first: &RunRecord, second: &RunRecord) -> anyhow::Result<String> {
    let mut shown = String::new();
    let settings = compare_settings(&plan(first), &plan(second));
    section(&mut shown, "Settings", changes(&settings, first, second))?;
    match [first, second].map(|run| run.provenance.is_none()) {
        [false, false] => {
            section(&mut shown, "Prompts", prompts(first, second))?;
            let provenance = compare_settings(&origin(first, second)?, &origin(second, first)?);
            let provenance = changes(&provenance, first, second);
            section(&mut shown, "Provenance", provenance)?;
        }
        [true, true] => writeln!(shown, "Prompts and provenance: neither run was begun yet\n")?,
        [one, _] => {
            let open = short(if one { &first.id } else { &second.id });
            writeln!(shown, "Prompts and provenance: {open} was not begun yet\n")?;
        }
    }
    writeln!(shown, "Figures\n{}", figures(first, second))?;
    Ok(shown)
}

/// A part of the page; where nothing differs, it says so.
fn section(shown: &mut String, title: &str, text: Option<String>) -> std::fmt::Result {
    match text {
        Some(text) => writeln!(shown, "{title}\n{}\n", text.trim_end()),
        None => writeln!(shown, "{title}: the same\n"),
    }
}

fn changes(changes: &[SettingChange], first: &RunRecord, second: &RunRecord) -> Option<String> {
    let shown = |value: &Option<Value>| match value {
        Some(value) => shown::value(value).into_owned(),
        None => "–".to_owned(),
    };
    let rows = changes.iter().map(|change| {
        vec![
            change.path.clone(),
            shown(&change.before),
            shown(&change.now),
        ]
    });
    (!changes.is_empty()).then(|| table(["", short(&first.id), short(&second.id)], &[], rows))
}

/// What a run does: its settings, and what its plan adds to them.
fn plan(run: &RunRecord) -> Value {
    let mut plan = run.settings.clone();
    if let Some(map) = plan.as_object_mut() {
        // The setting of this name is the benchmark's plugin.
        map.insert("measured on".to_owned(), json!(run.benchmark));
        map.insert("fold".to_owned(), json!(run.fold));
        map.insert("seed".to_owned(), json!(run.seed));
    }
    plan
}

/// A run's provenance, to be set beside another's.
fn origin(run: &RunRecord, other: &RunRecord) -> anyhow::Result<Value> {
    let Some(provenance) = &run.provenance else {
        return Ok(json!({}));
    };
    let mut value = serde_json::to_value(Provenance {
        peak_memory: None,
        ..provenance.clone()
    })?;
    if let Some(map) = value.as_object_mut() {
        map.insert("command".to_owned(), json!(provenance.command.join(" ")));
        let files: serde_json::Map<_, _> = (provenance.prompt_files.iter())
            .map(|file| (file.name.clone(), json!(file.sha256)))
            .collect();
        map.insert("prompt_files".to_owned(), Value::Object(files));
        map.remove("diff");
        map.retain(|_, value| !value.is_null());
        if let Some(diff) = uncommitted(run).filter(|diff| Some(*diff) != uncommitted(other)) {
            let lines = diff.lines().count();
            let told = format!("{lines} lines (exp show {} --diff)", short(&run.id));
            map.insert("diff".to_owned(), json!(told));
        }
    }
    Ok(value)
}

/// The classes whose prompts differ. A class may have several.
fn prompts(first: &RunRecord, second: &RunRecord) -> Option<String> {
    let of = |run: &RunRecord, class: &str| -> Vec<String> {
        let prompts = run.prompts.iter().filter(|prompt| prompt.class == class);
        prompts.map(|prompt| prompt.text.clone()).collect()
    };
    let mut classes: Vec<&str> = Vec::new();
    for prompt in first.prompts.iter().chain(&second.prompts) {
        if !classes.contains(&prompt.class.as_str()) {
            classes.push(&prompt.class);
        }
    }
    let mut shown = String::new();
    for class in classes {
        let (one, two) = (of(first, class), of(second, class));
        if one == two {
            continue;
        }
        shown.push_str(&format!("{class}\n"));
        for place in 0..one.len().max(two.len()) {
            let text = |texts: &[String]| texts.get(place).cloned().unwrap_or_default();
            let (one, two) = (text(&one), text(&two));
            if one != two {
                let space = one.split_whitespace().eq(two.split_whitespace());
                let note = if space {
                    " (only the white space differs)"
                } else {
                    ""
                };
                shown.push_str(&format!("  {}{note}\n", mark_words(&one, &two)));
            }
        }
    }
    (!shown.is_empty()).then_some(shown)
}

/// The figures of both, and by how much the second's are larger.
fn figures(first: &RunRecord, second: &RunRecord) -> String {
    let (one, two) = (measures(first), measures(second));
    let mut names: Vec<&String> = one.iter().map(|(name, ..)| name).collect();
    names.extend(
        two.iter()
            .map(|(name, ..)| name)
            .filter(|name| !one.iter().any(|(n, ..)| n == *name)),
    );
    let rows = names.into_iter().map(|name| {
        let of = |measures: &[Measure]| {
            measures
                .iter()
                .find(|(n, ..)| n == name)
                .map(|(_, value, decimals)| (*value, *decimals))
        };
        let (one, two) = (of(&one), of(&two));
        let shown = |value: Option<(f64, usize)>| match value {
            Some((value, decimals)) => format!("{value:.decimals$}"),
            None => "–".to_owned(),
        };
        let difference = match (one, two) {
            (Some((one, _)), Some((two, _))) if one.to_bits() == two.to_bits() => "0".to_owned(),
            (Some((one, decimals)), Some((two, _))) => format!("{:+.decimals$}", two - one),
            _ => "–".to_owned(),
        };
        vec![name.clone(), shown(one), shown(two), difference]
    });
    table(
        ["", short(&first.id), short(&second.id), "difference"],
        &[1, 2, 3],
        rows,
    )
}

/// A figure's name, its value, and the decimals it is shown with.
type Measure = (String, f64, usize);

/// The figures under each rule, then the last value of each series but the times.
fn measures(run: &RunRecord) -> Vec<Measure> {
    let mut measures = Vec::new();
    for one in &run.selections {
        let (rule, confusion) = (one.rule.name(), confusion(run, one));
        measures.push((format!("{rule}: epoch"), one.epoch as f64, 0));
        let recalls = run
            .classes
            .iter()
            .enumerate()
            .map(|(label, class)| (format!("recall of {class}"), confusion.recall(label)));
        let figures = [
            ("UAR".to_owned(), confusion.uar()),
            ("WAR".to_owned(), confusion.war()),
        ];
        for (name, value) in figures.into_iter().chain(recalls) {
            measures.extend(value.map(|value| (format!("{rule}: {name}"), value, 1)));
        }
    }
    for (place, point) in run.points.iter().enumerate() {
        let is_last = run
            .points
            .get(place + 1)
            .is_none_or(|next| next.series != point.series);
        let is_figure = ["train/loss", "test/loss"].contains(&point.series.as_str());
        if is_last && is_figure {
            measures.push((format!("last epoch: {}", point.series), point.value, 4));
        }
    }
    if run.started.is_some() {
        measures.push(("seconds of work".to_owned(), run.history.seconds, 1));
    }
    measures
}
