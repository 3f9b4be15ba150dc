//! `exp bench`.
#![allow(clippy::unwrap_used, missing_docs)]

#[allow(dead_code)]
mod tiny;

use serde_json::Value;
use tiny::{exp, project, text};

const PROTOCOL: &str = "
benchmark: {synthetic: {train: 70, test: 70, seed: 1}}
backbone: small
clip: {frames: 2, size: 48}
train: {epochs: 1, batch: 48, workers: 1}
";

const EXPERIMENT: &str = "
name: tiny
question: Does a context help?
benchmarks: [synthetic]
base:
  prompt: {descriptions: {set: observed-7}}
  temporal: mean
grid:
  context: [{learnable: {tokens: 2}}, none]
seeds: [1]
";

#[test]
fn the_first_run_is_timed() {
    let project = project(PROTOCOL, EXPERIMENT);
    let bench = |more: &[&str]| {
        let common = ["bench", "--device", "cpu", "--steps", "2"];
        exp(project.path(), &[&common, more].concat())
    };
    // More steps than an epoch has: one batch of 48 out of 70 clips.
    let output = bench(&["experiments/tiny.yaml", "--set", "train.micro_batch=20"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r"cpu-f32 .*", "cpu-f32  [processor]");
    settings.add_filter(r"memory at the most: .*", "memory at the most: [memory]");
    settings.add_filter(r" +\d+\.\d", " [N]");
    settings.add_filter(r"\d+%", "[N]%");
    settings.bind(|| insta::assert_snapshot!("what_bench_prints", text(&output.stdout)));

    let output = bench(&[
        "--on",
        "synthetic",
        "--json",
        "--set",
        "train.recompute=true",
    ]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found["settings"]["train"]["recompute"], true);
    for part in ["frames", "texts", "backward", "optimiser"] {
        assert!(
            found["seconds"]["parts"][part].as_f64().unwrap() > 0.0,
            "{part}"
        );
    }
    let share = found["share_of_product_rate"].as_f64().unwrap();
    assert!(share > 0.0 && share < 1.5, "{share}");
}

#[test]
fn something_must_be_named() {
    let project = project(PROTOCOL, EXPERIMENT);
    let output = exp(project.path(), &["bench"]);
    assert_eq!(output.status.code(), Some(2));
    let output = exp(project.path(), &["bench", "--on", "syntetic"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("did you mean `synthetic`?"));
}
