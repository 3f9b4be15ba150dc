//! `train.precision` from the settings to the store, and printing for readers that go away.
#![allow(clippy::unwrap_used, missing_docs)]

use std::process::{Command, Stdio};

use serde_json::Value;

#[allow(dead_code)]
mod tiny;

use tiny::{data, exp, project, text};

const PROTOCOL: &str = "
benchmark: {synthetic: {train: 70, test: 70, seed: 1}}
backbone: small
clip: {frames: 2, size: 48}
train: {epochs: 2, batch: 14, workers: 1}
";

const EXPERIMENT: &str = "
name: tiny
question: Do fewer bits cost anything?
benchmarks: [synthetic]
base:
  prompt: {descriptions: {set: observed-7}}
  context: none
  temporal: mean
  train: {precision: f32}
grid:
  train.precision: [f32, bf16]
seeds: [1]
";

#[test]
fn a_run_in_bf16_is_a_run_of_its_own() {
    let project = project(PROTOCOL, EXPERIMENT);
    let run = ["run", "experiments/tiny.yaml", "--device", "cpu"];
    let output = exp(project.path(), &run);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let data = data(&project.path().join("runs/exp.db"));
    let [exact, rounded] = data.runs.as_slice() else {
        panic!("there are {} runs", data.runs.len());
    };
    let device = |run: &exp_store::RunRecord| run.provenance.as_ref().unwrap().device.clone();
    assert_eq!(device(exact), "cpu-f32");
    assert_eq!(device(rounded), "cpu-bf16");
    assert_ne!(exact.id, rounded.id);
    let losses = |run: &exp_store::RunRecord| -> Vec<f64> {
        let of = |series: &str| series.contains("loss");
        let points = run.points.iter().filter(|point| of(&point.series));
        points.map(|point| point.value).collect()
    };
    let (exact_losses, rounded_losses) = (losses(exact), losses(rounded));
    assert!(!exact_losses.is_empty() && exact_losses.len() == rounded_losses.len());
    assert_ne!(exact_losses, rounded_losses);
    for (exact, rounded) in exact_losses.iter().zip(&rounded_losses) {
        assert!((exact - rounded).abs() < 0.05 * exact, "{exact} {rounded}");
    }

    let show = exp(project.path(), &["show", &rounded.id[..10]]);
    let shown = text(&show.stdout);
    assert!(shown.contains("precision: bf16"), "{shown}");
    assert!(shown.contains("device: cpu-bf16"), "{shown}");

    // The model is evaluated as it was trained.
    let eval = |more: &[&str]| {
        let id = &rounded.id[..10];
        let common = [
            "eval",
            "--checkpoint",
            id,
            "--on",
            "synthetic",
            "--device",
            "cpu",
        ];
        exp(project.path(), &[&common, more].concat())
    };
    let output = eval(&[]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let listed = exp(
        project.path(),
        &["store", "sql", "SELECT provenance FROM evaluation"],
    );
    assert!(
        text(&listed.stdout).contains("cpu-bf16"),
        "{}{}",
        text(&listed.stdout),
        text(&listed.stderr)
    );
    let output = eval(&["--set", "train.precision=tf32"]);
    assert_eq!(output.status.code(), Some(2));
    insta::assert_snapshot!(text(&output.stderr).trim_end(), @"error: cannot compute in `train.precision: tf32` (`--set train.precision=P` sets another): a CPU has no TF32, only GPUs have: write `f32`, or compute on one with `--device cuda`");
}

#[test]
fn a_cpu_has_no_tf32() {
    let project = project(PROTOCOL, &EXPERIMENT.replace("[f32, bf16]", "[bf16, tf32]"));
    let run = ["run", "experiments/tiny.yaml", "--device", "cpu"];
    let output = exp(project.path(), &run);
    assert_eq!(output.status.code(), Some(2));
    insta::assert_snapshot!(text(&output.stderr).trim_end(), @"
    error: `train.precision: tf32`: a CPU has no TF32, only GPUs have: write `f32`, or compute on one with `--device cuda`
      --> experiments/tiny.yaml:11:27
       |
    11 |   train.precision: [bf16, tf32]
       |                           ^^^^
    ");
    assert!(!project.path().join("runs/exp.db").exists());
}

#[test]
fn a_frozen_encoder_keeps_the_features_of_each_precision() {
    let frozen = EXPERIMENT.replace(
        "temporal: mean",
        "temporal: {transformer: {depth: 1}}\n  image_encoder: frozen",
    );
    let project = project(PROTOCOL, &frozen);
    let run = [
        "run",
        "experiments/tiny.yaml",
        "--device",
        "cpu",
        "--set",
        "train.recompute=true",
    ];
    let output = exp(project.path(), &run);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let folders = std::fs::read_dir(project.path().join("runs/features")).unwrap();
    let files = folders.map(|folder| std::fs::read_dir(folder.unwrap().path()).unwrap().count());
    // Each of 70 training clips in the views of two epochs, and 70 test clips, in two precisions.
    assert_eq!(files.sum::<usize>(), 2 * (70 * 2 + 70));
}

#[cfg(unix)]
#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let project = project(PROTOCOL, EXPERIMENT);
    for arguments in [
        &["plugins"][..],
        &["schema", "--help"],
        &["doctor", "--json"],
        &[
            "bench",
            "experiments/tiny.yaml",
            "--device",
            "cpu",
            "--steps",
            "1",
            "--json",
        ],
        &[
            "run",
            "experiments/tiny.yaml",
            "--device",
            "cpu",
            "--dry-run",
        ],
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_exp"));
        command.current_dir(project.path()).args(arguments);
        // Nobody holds the other end of either.
        let closed = || {
            let (reader, writer) = std::io::pipe().unwrap();
            drop(reader);
            Stdio::from(writer)
        };
        let usual = command.stdin(Stdio::null()).output().unwrap();
        let gone = command
            .stdout(closed())
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        assert_eq!(
            gone.status.code(),
            usual.status.code(),
            "{arguments:?}: {}",
            text(&gone.stderr)
        );
        assert!(
            !text(&gone.stderr).contains("panicked"),
            "{}",
            text(&gone.stderr)
        );
        let silent = command.stdout(closed()).stderr(closed()).status().unwrap();
        assert_eq!(silent.code(), usual.status.code(), "{arguments:?}");
    }
}

#[test]
fn bench_takes_a_precision() {
    let project = project(
        PROTOCOL,
        &EXPERIMENT.replace("train.precision: [f32, bf16]", "temporal: [mean]"),
    );
    let bench = |precision: &str| {
        let common = [
            "bench",
            "experiments/tiny.yaml",
            "--device",
            "cpu",
            "--steps",
            "1",
            "--json",
        ];
        exp(
            project.path(),
            &[&common[..], &["--precision", precision]].concat(),
        )
    };
    let output = bench("bf16");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found["device"], "cpu-bf16");
    assert_eq!(found["settings"]["train"]["precision"], "bf16");
    let output = bench("tf32");
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output.stderr).contains("write `f32`"),
        "{}",
        text(&output.stderr)
    );
    assert_eq!(bench("fp16").status.code(), Some(2));
}
