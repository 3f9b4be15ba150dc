//! The commands that make a run again.

use clap::Parser;
use exp_store::RunRecord;

use crate::commands::run::Arguments as RunArguments;
use crate::shown::short;
use crate::{Arguments, Command};

/// What `exp run` was told when the run was made, as far as it is known.
fn told(command: &[String]) -> Option<RunArguments> {
    match Arguments::try_parse_from(command).ok()?.command {
        Command::Run(arguments) => Some(arguments),
        _ => None,
    }
}

/// The commands, one a line, with remarks behind `#`.
pub fn recipe(run: &RunRecord) -> anyhow::Result<String> {
    let Some(provenance) = &run.provenance else {
        anyhow::bail!(
            "run {} is {}: nothing is known yet of how it is made",
            run.id,
            run.status
        );
    };
    let id = short(&run.id);
    let experiments = &run.history.experiments;
    let planned = experiments
        .iter()
        .find(|one| one.in_plan)
        .or(experiments.first());
    let name = planned.map_or("experiment", |one| one.experiment.as_str());
    let mut lines = vec![format!(
        "# Run {}, made by exp {} on {} ({})",
        run.id, provenance.version, provenance.host, provenance.device
    )];
    lines.push(format!(
        "exp show {id} --yaml > {}",
        quoted(&format!("{name}.yaml"))
    ));
    if planned.is_none_or(|one| !one.in_plan) {
        lines.push(format!(
            "# `{name}` was edited since and no longer plans this run; `exp repro {id} --run` does it all the same"
        ));
    }
    if provenance.diff.is_some() {
        lines.push(format!("exp show {id} --diff > uncommitted.patch"));
    }
    match &provenance.revision {
        Some(revision) => lines.push(format!("git checkout {}", quoted(revision))),
        None => lines
            .push("# The project was in no git repository: its revision is not known".to_owned()),
    }
    if provenance.diff.is_some() {
        lines.push("git apply uncommitted.patch   # changes that were not committed".to_owned());
    }
    if !provenance.untracked.is_empty() {
        lines.push(format!(
            "# These files of the project were in no repository: {}",
            provenance.untracked.join(", ")
        ));
    }
    for one in &provenance.gone_on {
        lines.push(format!(
            "# After {} of its epochs it was gone on with by exp {}{} on {} ({})",
            one.epochs,
            one.by.version,
            (one.by.revision.as_ref()).map_or(String::new(), |at| format!(" at {at}")),
            one.by.host,
            one.by.device
        ));
    }
    let cuda = provenance.device.starts_with("cuda");
    let features = if cuda { " --features cuda" } else { "" };
    lines.push(format!("cargo build --release{features}"));
    let mut words = vec![
        "target/release/exp".to_owned(),
        "run".to_owned(),
        quoted(&format!("{name}.yaml")),
        "--on".to_owned(),
        quoted(&run.benchmark),
    ];
    let told = told(&provenance.command);
    for set in told.iter().flat_map(|told| &told.set) {
        words.extend(["--set".to_owned(), quoted(set)]);
    }
    words.extend(["--device", if cuda { "cuda" } else { "cpu" }, "--store"].map(str::to_owned));
    words.push(format!("runs/repro-{id}.db"));
    lines.push(words.join(" "));
    if told.is_none() {
        let command: Vec<String> = provenance.command.iter().map(|word| quoted(word)).collect();
        lines.push(format!("# It was made by: {}", command.join(" ")));
    }
    lines.push(format!(
        "# The last command does all runs of `{name}` on {}; `exp repro {id} --run` does this one, and compares",
        run.benchmark
    ));
    Ok(lines.join("\n") + "\n")
}

/// A word as a POSIX shell takes it.
fn quoted(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./=,:+@%".contains(&byte);
    match !word.is_empty() && word.bytes().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_where_a_shell_would_change_them() {
        assert_eq!(quoted("train.epochs=3"), "train.epochs=3");
        assert_eq!(quoted("a={b: 'c'}"), r"'a={b: '\''c'\''}'");
        assert_eq!(quoted(""), "''");
    }

    #[test]
    fn settings_are_read_out_of_the_command() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let told = told(&words("exp run a.yaml --set x=1 --on b --set y=2")).map(|told| told.set);
        assert_eq!(told, Some(words("x=1 y=2")));
        assert!(super::told(&words("own-program")).is_none());
    }
}
