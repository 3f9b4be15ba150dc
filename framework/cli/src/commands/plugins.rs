//! `exp plugins`: what there is to choose from.

use clap::Args;
use exp_core::plugin::{Listed, Table};
use exp_train::Registry;

use crate::Outcome;

/// List the plugins with their settings.
#[derive(Args)]
pub struct Arguments {}

pub fn run(_: &Arguments, registry: &Registry) -> anyhow::Result<Outcome> {
    let mut text = String::new();
    section(
        &mut text,
        "prompt",
        "where the text of each class comes from",
        &registry.prompts,
    );
    section(
        &mut text,
        "context",
        "what is learned around it",
        &registry.contexts,
    );
    section(
        &mut text,
        "temporal",
        "how frame features become a clip feature",
        &registry.temporals,
    );
    section(
        &mut text,
        "benchmark",
        "where the clips come from",
        &registry.benchmarks,
    );
    print!("{text}");
    Ok(Outcome::Done)
}

fn section<T: ?Sized + 'static>(text: &mut String, key: &str, about: &str, table: &Table<T>) {
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(&format!("{key}: {about}\n"));
    for plugin in table.listed() {
        describe(text, &plugin);
    }
}

fn describe(text: &mut String, plugin: &Listed) {
    text.push_str(&format!("  {:<18} {}\n", plugin.name, plugin.about));
    for setting in &plugin.settings {
        let default = match &setting.default {
            Some(value) => format!(" [default: {}]", value.to_string().replace('"', "")),
            None if setting.needed => " [needed]".to_owned(),
            None => String::new(),
        };
        text.push_str(&format!(
            "    {:<16} {}{default}\n",
            setting.name, setting.about
        ));
    }
}
