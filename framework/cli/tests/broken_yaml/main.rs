//! What a person reads who made a mistake in a YAML file or on the command line: one message, with
//! the place and what to write instead, before anything has been started.
//!
//! Every case is a good project with one edit.
#![allow(clippy::unwrap_used, missing_docs)]

mod grid;
mod keys;
mod layers;
mod plugins;
mod prompts;
mod values;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

const EXPERIMENT: &str = "experiments/a.yaml";
const PROTOCOL: &str = "experiments/benchmarks/synthetic.yaml";
const DESCRIPTIONS: &str = "prompts/observed-7.yaml";

/// A project that is in order.
struct Project {
    top: TempDir,
}

impl Project {
    fn new() -> Self {
        let top = tempfile::tempdir().unwrap();
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        for (path, text) in [
            (EXPERIMENT, include_str!("good/experiment.yaml").to_owned()),
            (PROTOCOL, include_str!("good/protocol.yaml").to_owned()),
            (
                DESCRIPTIONS,
                fs::read_to_string(shipped.join(DESCRIPTIONS)).unwrap(),
            ),
        ] {
            let path = top.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Self { top }
    }

    /// With `old`, which stands once in the file, replaced.
    fn edit(self, file: &str, old: &str, new: &str) -> Self {
        let path = self.top.path().join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.matches(old).count(), 1, "`{old}` in {file}");
        fs::write(&path, text.replace(old, new)).unwrap();
        self
    }

    fn dry_run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_exp"))
            .current_dir(self.top.path())
            .args(["run", "--dry-run", "--device", "cpu"])
            .args(arguments)
            .output()
            .unwrap()
    }

    /// The message of a run that must be refused before it touches anything.
    fn refused(&self, arguments: &[&str]) -> String {
        let output = self.dry_run(arguments);
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert!(output.stdout.is_empty(), "something was printed: {message}");
        assert!(
            !self.top.path().join("runs").exists(),
            "something was started: {message}"
        );
        let top = self.top.path().to_str().unwrap();
        message.replace(top, "TOP")
    }
}

/// The message after an edit of the experiment's file.
fn broken(old: &str, new: &str) -> String {
    Project::new()
        .edit(EXPERIMENT, old, new)
        .refused(&[EXPERIMENT])
}

/// The message after an edit of the benchmark's protocol file.
fn broken_protocol(old: &str, new: &str) -> String {
    Project::new()
        .edit(PROTOCOL, old, new)
        .refused(&[EXPERIMENT])
}

/// The message after these words on the command line, with files that are in order.
fn refused(arguments: &[&str]) -> String {
    Project::new().refused(&[&[EXPERIMENT], arguments].concat())
}

#[test]
fn without_an_edit_the_project_is_in_order() {
    let project = Project::new();
    let output = project.dry_run(&[EXPERIMENT]);
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{message}");
    let plan = String::from_utf8(output.stdout).unwrap();
    assert!(plan.ends_with("8 runs, 8 to do\n"), "{plan}");
}
