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
    assert_snapshot!(prompts(project().path(), &["list"]), @r#"
    ────────────────────────────────────────────────────────────────────────
     Set     Classes   Tokens   Origin
    ════════════════════════════════════════════════════════════════════════
     asked         2   4 to 7   generated 2026-11-21 by m-1[U+001B][31m
     mine          2   2 to 6   written 2026-11-20 by me, edited 2026-11-22
    ────────────────────────────────────────────────────────────────────────

    Tokens: of the shortest and the longest text; CLIP reads 75 less those of the context.
    status 0
    "#);
}

#[test]
fn a_broken_set_does_not_hide_the_others() {
    let top = project();
    fs::write(top.path().join("prompts/broken.yaml"), "name: [").unwrap();
    let listed = prompts(top.path(), &["list"]);
    assert!(listed.contains("TOP/prompts/broken.yaml:1:7"), "{listed}");
    assert!(listed.contains(" mine "), "{listed}");
    assert!(listed.ends_with("status 1"), "{listed}");
}

#[test]
fn a_set_is_shown_with_its_provenance() {
    let top = project();
    assert_snapshot!(prompts(top.path(), &["show", "mine"]), @r#"
    mine: Two texts of my own.

    anger (6 tokens)
      low brows and a hard stare

    fear (2 tokens)
      wide eyes

    Written 2026-11-20 by me
      - A book
    Edited 2026-11-22 by a friend: a shorter text for fear
    status 0
    "#);
    assert_snapshot!(prompts(top.path(), &["show", "asked"]), @r#"
    asked: Texts of a model.

    anger (7 tokens, from answer 2 of 2)
      low, tense brows and a stare

    disgust (4 tokens, from answer 1 of 1)
      a wrinkled nose

    Generated 2026-11-21 by m-1[U+001B][31m
      server: http://127.0.0.1:8000/v1
      temperature: 0.7
      tokens: 80 asked, 20 answered
      question, SHA-256 34e6898007d74533f9eaed65324054b66924764a6427d6a08827f717807056fa:
        How does {{ class }} look?
    status 0
    "#);
    assert_snapshot!(prompts(top.path(), &["show", "main"]), @r#"
    error: there is no description set `main` in TOP/prompts; there are: asked, mine
    status 2
    "#);
}

#[test]
fn two_sets_are_compared() {
    let top = project();
    assert_snapshot!(prompts(top.path(), &["diff", "mine", "asked"]), @r#"
    anger
      [-low-] {+low, tense+} brows and a [-hard-] stare
    fear (only in mine)
      wide eyes
    disgust (only in asked)
      a wrinkled nose

    mine and asked: 0 of 3 texts are the same.
    status 0
    "#);
}

#[test]
fn a_check_tells_every_fault_and_fails() {
    let top = project();
    assert_snapshot!(prompts(top.path(), &["check"]), @r#"
    asked: good
    mine: good
    status 0
    "#);
    let bad = MINE
        .replace("wide eyes", "wide *eyes*")
        .replace("name: mine", "name: bad");
    fs::write(top.path().join("prompts/bad.yaml"), bad).unwrap();
    assert_snapshot!(prompts(top.path(), &["check"]), @r#"
    error: the text of class `fear` is not plain text: it contains `*`
     --> TOP/prompts/bad.yaml:5:9
      |
    5 |   fear: wide *eyes*
      |         ^^^^^^^^^^^

    asked: good
    bad: 1 fault
    mine: good
    status 1
    "#);
    assert_snapshot!(prompts(top.path(), &["check", "mine", "--contexts", "70"]), @r#"
    error: the text of class `anger` has 6 tokens, but at most 5 fit
     --> TOP/prompts/mine.yaml:4:10
      |
    4 |   anger: low brows and a hard stare
      |          ^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: shorten the text, or use fewer context tokens

    mine: 1 fault
    status 1
    "#);
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
    assert_snapshot!(import(&["new"]), @r#"
    error: Text.py has several lists; choose one with `--list NAME` (with their numbers of strings): a (2), b (2)
    status 2
    "#);
    assert_snapshot!(import(&["new", "--list", "a", "--classes", "anger,fear"]), @r#"
    TOP/prompts/new.yaml: 2 texts that may name classes, imported TODAY from Text.py, a
      anger: angry.
      fear: fearful.
    status 0
    "#);
    assert_snapshot!(import(&["new", "--list", "b", "--classes", "anger,fear"]), @r#"
    error: there is a set `new` already; choose another name, or remove TOP/prompts/new.yaml
    status 2
    "#);
    assert_snapshot!(import(&["../new", "--list", "b", "--classes", "anger,fear"]), @r#"
    error: expected a name of letters, digits, `-`, `_` and `.`, such as `mine-7`, found `../new`
    status 2
    "#);
    let written = fs::read_to_string(top.path().join("prompts/new.yaml")).unwrap();
    assert!(written.contains("names_classes: true"), "{written}");
    assert!(prompts(top.path(), &["check", "new"]).ends_with("status 0"));
}
