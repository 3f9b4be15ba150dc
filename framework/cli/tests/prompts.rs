//! `exp prompts` as people see it.
#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;
use std::path::Path;
use std::process::Command;

use exp_prompts::provenance::{Date, sha256};
use insta::assert_snapshot;
use tempfile::TempDir;

const MINE: &str = "\
name: mine
about: Two texts of my own.
texts:
  anger: low brows and a hard stare
  fear: wide eyes
provenance:
  written: {by: me, date: 2026-11-20, sources: [A book]}
edits:
  - {by: a friend, date: 2026-11-22, what: a shorter text for fear}
";

/// With a terminal's escape sequence in an answer, and the text of an answer that was not chosen.
const ASKED: &str = "\
name: asked
about: Texts of a model.
texts:
  anger: low, tense brows and a stare
  disgust: a wrinkled nose
provenance:
  generated:
    date: 2026-11-21
    model: \"m-1\\e[31m\"
    server: http://127.0.0.1:8000/v1
    parameters: {temperature: 0.7}
    tokens: {prompt: 80, completion: 20}
    question_sha256: SHA256
    question: How does {{ class }} look?
    samples:
      anger: {in_use: 2, answers: [{text: a, raw: a}, {text: \"low, tense brows and a stare\", raw: b}]}
      disgust: {in_use: 1, answers: [{text: a wrinkled nose, raw: c}]}
";

fn project() -> TempDir {
    let top = tempfile::tempdir().unwrap();
    fs::create_dir_all(top.path().join("experiments/benchmarks")).unwrap();
    fs::create_dir(top.path().join("prompts")).unwrap();
    let asked = ASKED.replace("SHA256", &sha256(b"How does {{ class }} look?"));
    for (name, text) in [("mine", MINE), ("asked", &asked)] {
        fs::write(top.path().join(format!("prompts/{name}.yaml")), text).unwrap();
    }
    top
}

/// What `exp prompts …` prints, on both streams, and its status.
fn prompts(top: &Path, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_exp"))
        .current_dir(top)
        .arg("prompts")
        .args(arguments)
        .output()
        .unwrap();
    let [printed, errors] = [output.stdout, output.stderr].map(|bytes| {
        let text = String::from_utf8(bytes).unwrap();
        text.replace(top.to_str().unwrap(), "TOP")
    });
    format!("{errors}{printed}status {}", output.status.code().unwrap())
}

#[test]
fn sets_are_listed() {
    assert_snapshot!(prompts(project().path(), &["list"]), @"");
}

#[test]
fn a_broken_set_does_not_hide_the_others() {
    let top = project();
    fs::write(top.path().join("prompts/broken.yaml"), "name: [").unwrap();
    let listed = prompts(top.path(), &["list"]);
    assert!(listed.contains("TOP/prompts/broken.yaml:1:8"), "{listed}");
    assert!(listed.contains(" mine "), "{listed}");
    assert!(listed.ends_with("status 1"), "{listed}");
}

#[test]
fn a_set_is_shown_with_its_provenance() {
    let top = project();
    assert_snapshot!(prompts(top.path(), &["show", "mine"]), @"");
    assert_snapshot!(prompts(top.path(), &["show", "asked"]), @"");
    assert_snapshot!(prompts(top.path(), &["show", "main"]), @"");
}

#[test]
fn two_sets_are_compared() {
    let top = project();
    assert_snapshot!(prompts(top.path(), &["diff", "mine", "asked"]), @"");
}

#[test]
fn a_check_tells_every_fault_and_fails() {
    let top = project();
    assert_snapshot!(prompts(top.path(), &["check"]), @"");
    let bad = MINE
        .replace("wide eyes", "wide *eyes*")
        .replace("name: mine", "name: bad");
    fs::write(top.path().join("prompts/bad.yaml"), bad).unwrap();
    assert_snapshot!(prompts(top.path(), &["check"]), @"");
    assert_snapshot!(prompts(top.path(), &["check", "mine", "--contexts", "70"]), @"");
    assert!(prompts(top.path(), &["check", "nowhere"]).ends_with("status 2"));
}

#[test]
fn a_python_list_is_imported_once() {
    let top = project();
    let file = top.path().join("Text.py");
    fs::write(
        &file,
        "a = ['angry.', 'fearful.']\nb = ['low brows', 'x']\n",
    )
    .unwrap();
    let import = |arguments: &[&str]| {
        let arguments = [&["import", "Text.py", "--set-name"], arguments].concat();
        prompts(top.path(), &arguments).replace(&Date::today().to_string(), "TODAY")
    };
    assert_snapshot!(import(&["new"]), @"");
    assert_snapshot!(import(&["new", "--list", "a", "--classes", "anger,fear"]), @"");
    assert_snapshot!(import(&["new", "--list", "b", "--classes", "anger,fear"]), @"");
    assert_snapshot!(import(&["../new", "--list", "b", "--classes", "anger,fear"]), @"");
    let written = fs::read_to_string(top.path().join("prompts/new.yaml")).unwrap();
    assert!(written.contains("names_classes: true"), "{written}");
    assert!(prompts(top.path(), &["check", "new"]).ends_with("status 0"));
}
