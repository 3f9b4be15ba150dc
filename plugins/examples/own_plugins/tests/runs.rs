//! The plugins of this crate in an experiment, from the command line to the store.
#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use exp_store::{Status, Store};

const PROTOCOL: &str = "\
benchmark: {synthetic: {train: 70, test: 70}}
backbone: small
clip: {frames: 2, size: 48}
train: {epochs: 1, batch: 16}
";

const EXPERIMENT: &str = "\
name: own
question: Do plugins of one's own run?
benchmarks: [synthetic]
base:
  prompt:
    inline:
      texts:
        happiness: a wide mouth and raised cheeks.
        sadness: lowered eyelids and lip corners pulled down.
        neutral: level brows and relaxed lips.
        anger: lowered brows and lips pressed together.
        surprise: raised brows and open eyes.
        disgust: a wrinkled nose and a raised upper lip.
        fear: raised brows and open lips.
  context: none
  temporal: {attention_pooling: {hidden: 16}}
seeds: [1]
";

fn exp(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_own-plugins"))
        .current_dir(folder)
        .args(arguments)
        .output()
        .unwrap()
}

fn project() -> tempfile::TempDir {
    let top = tempfile::tempdir().unwrap();
    let benchmarks = top.path().join("experiments/benchmarks");
    fs::create_dir_all(&benchmarks).unwrap();
    fs::write(benchmarks.join("synthetic.yaml"), PROTOCOL).unwrap();
    fs::write(top.path().join("experiments/own.yaml"), EXPERIMENT).unwrap();
    top
}

#[test]
fn an_experiment_with_them_runs_to_its_end() {
    let project = project();
    let run = ["run", "experiments/own.yaml", "--device", "cpu"];
    let output = exp(project.path(), &run);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{errors}");

    let store = Store::open(project.path().join("runs/exp.db")).unwrap();
    let experiment = store.experiment("own").unwrap();
    let [run] = experiment.runs.as_slice() else {
        panic!("{} runs", experiment.runs.len());
    };
    assert_eq!(run.status, Status::Done);
    assert_eq!(run.settings["temporal"]["attention_pooling"]["hidden"], 16);
    assert_eq!(run.prompts[0].text, "a wide mouth and raised cheeks.");
    assert!(project.path().join("reports/html/own.html").is_file());
}

#[test]
fn they_are_listed_and_in_the_schema() {
    let project = project();
    let listed = String::from_utf8(exp(project.path(), &["plugins"]).stdout).unwrap();
    for line in [
        "  inline             The text of each class, written in the settings\n",
        "  attention_pooling  The mean of the frame features, each weighted by how much it tells\n",
        "    hidden           Width of the hidden layer that weighs a frame. [default: 128]\n",
        "  descriptions ",
    ] {
        assert!(listed.contains(line), "{line} is not in:\n{listed}");
    }
    let schema = String::from_utf8(exp(project.path(), &["schema"]).stdout).unwrap();
    assert!(schema.contains("\"attention_pooling\""));
}

#[test]
fn a_mistake_in_their_settings_is_shown_where_it_is() {
    let project = project();
    let file = project.path().join("experiments/own.yaml");
    let refused = |old: &str, new: &str| {
        fs::write(&file, EXPERIMENT.replace(old, new)).unwrap();
        let output = exp(project.path(), &["run", "experiments/own.yaml"]);
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stderr).unwrap()
    };
    let message = refused("hidden: 16", "hidden: 0");
    assert!(
        message.contains("a whole number from 1 to 4096, found 0"),
        "{message}"
    );
    assert!(message.contains("experiments/own.yaml:16:42"), "{message}");
    let message = refused("attention_pooling", "attention_poolin");
    assert!(
        message.contains("did you mean `attention_pooling`?"),
        "{message}"
    );
    let message = refused("        fear: ", "        feer: ");
    assert!(
        message.contains("`texts` has none for the class `fear`"),
        "{message}"
    );
    assert!(message.contains("experiments/own.yaml:7:7"), "{message}");
    assert!(message.contains("disgust, feer, happiness"), "{message}");
}
