//! What the terminal shows.
#![allow(clippy::unwrap_used, missing_docs)]

mod sample;

use exp_report::{Options, summarize, terminal, verdict};

#[test]
fn the_table_of_an_ablation() {
    insta::assert_snapshot!(terminal::table(&summarize(&sample::ablation())));
}

#[test]
fn a_label_cannot_command_the_terminal() {
    let mut data = sample::ablation();
    for run in &mut data.runs {
        run.levels[0].label = format!("\u{1b}[2J{}\nnext\r\u{202e}", run.levels[0].label);
    }
    let shown = terminal::table(&summarize(&data));
    assert!(!shown.contains(['\u{1b}', '\r', '\u{202e}']), "{shown}");
    assert!(shown.contains("[U+001B][2Jnone next [U+202E]"), "{shown}");
    let rows = shown
        .lines()
        .filter(|line| line.contains("2Jnone next"))
        .count();
    assert_eq!(rows, 2, "{shown}");
}

#[test]
fn the_answer_of_an_ablation() {
    let verdict = verdict(&sample::ablation(), &Options::default()).unwrap();
    insta::assert_snapshot!(terminal::answer(&verdict));
}
