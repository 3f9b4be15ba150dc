//! Experiments from the command line to the store and the page, on a tiny version of the embedded
//! benchmark. The tests share one training.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "../browser/mod.rs"]
mod browser;
mod pages;
mod report;
#[path = "../../../report/tests/sample/mod.rs"]
mod sample;
#[path = "../tiny/mod.rs"]
mod tiny;
mod trained;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use exp_core::metrics::{Confusion, Rule};
use exp_store::{ExperimentData, RunRecord, Status};
use tempfile::TempDir;
use tiny::{checkpoints, exp, figures, text};

const PROTOCOL: &str = "\
benchmark: {synthetic: {train: 70, test: 70}}
backbone: small
clip: {frames: 2, size: 48}
augment: {flip: 0.5}
train: {epochs: 2, batch: 16, held_out: 0.2}
";

/// The third level makes its run fail: no training survives such a rate.
const EXPERIMENT: &str = "\
name: tiny
question: Does <b>everything</b> work together?
benchmarks: [synthetic]
base:
  prompt: {descriptions: {set: observed-7}}
  context: {learnable: {tokens: 2}}
grid:
  temporal: [mean, transformer]
  train.learning_rate.temporal: [0.01, {label: absurd, value: 1e38}]
seeds: [1, 2]
compare: {factor: temporal, baseline: mean, metric: uar, rule: last}
";

struct Trained {
    project: TempDir,
    output: Output,
}

static TRAINED: LazyLock<Trained> = LazyLock::new(|| {
    let project = project();
    let output = exp(
        project.path(),
        &["run", "experiments/tiny.yaml", "--device", "cpu"],
    );
    Trained { project, output }
});

fn data(folder: &Path, store: &str) -> ExperimentData {
    tiny::data(&folder.join(store))
}

fn project() -> TempDir {
    tiny::project(PROTOCOL, EXPERIMENT)
}

fn is_absurd(run: &RunRecord) -> bool {
    run.levels.iter().any(|level| level.label == "absurd")
}

#[test]
fn a_run_that_fails_is_named_and_the_others_go_on() {
    let errors = text(&TRAINED.output.stderr);
    assert_eq!(TRAINED.output.status.code(), Some(1), "{errors}");
    let data = data(TRAINED.project.path(), "runs/exp.db");
    assert_eq!(data.runs.len(), 8);
    for run in &data.runs {
        // The mean over frames has no temporal parameters, so the rate means nothing to it.
        let fails = is_absurd(run) && run.levels.iter().any(|level| level.label == "transformer");
        match fails {
            true => {
                assert_eq!(run.status, Status::Failed);
                let reason = run.failure.as_deref().unwrap();
                assert!(reason.contains("diverged"), "{reason}");
                assert!(
                    text(&TRAINED.output.stdout).contains(reason),
                    "the table names it"
                );
            }
            false => assert_eq!(run.status, Status::Done, "{errors}"),
        }
    }
}

#[test]
fn every_figure_follows_from_the_stored_predictions() {
    let data = data(TRAINED.project.path(), "runs/exp.db");
    for run in data.runs.iter().filter(|run| run.status == Status::Done) {
        assert_eq!(run.prompts.len(), 7);
        assert!(run.prompts.iter().all(|prompt| prompt.token_ids.len() > 2));
        for selection in &run.selections {
            assert_eq!(selection.predictions.len(), 70, "one for each test clip");
            let pairs = selection
                .predictions
                .iter()
                .map(|p| (p.target, p.predicted));
            let confusion = Confusion::from_pairs(7, pairs);
            let point = |series: &str| {
                let found = run
                    .points
                    .iter()
                    .find(|point| point.series == series && point.epoch == selection.epoch);
                found.unwrap().value
            };
            assert_eq!(confusion.uar().unwrap(), point("test/uar"));
            assert_eq!(confusion.war().unwrap(), point("test/war"));
            assert!(point("time/waited_seconds") >= 0.0);
            assert!((0.0..=1.0).contains(&point("time/waited_share")));
        }
        let selection = |rule| {
            run.selections
                .iter()
                .find(|selection| selection.rule == rule)
        };
        assert_eq!(selection(Rule::Last).unwrap().epoch, 2);
        // The best epoch is the first one that no other is better than.
        for (rule, series) in [
            (Rule::BestTest, "test/war"),
            (Rule::HeldOut, "held_out/war"),
        ] {
            let wars: Vec<f64> = (1..=2)
                .map(|epoch| {
                    let mut points = run.points.iter();
                    let point = points.find(|p| p.series == series && p.epoch == epoch);
                    point.unwrap().value
                })
                .collect();
            let best = if wars[1] > wars[0] { 2 } else { 1 };
            assert_eq!(selection(rule).unwrap().epoch, best);
        }
        let held_out = run.provenance.as_ref().unwrap().held_out.unwrap();
        assert_eq!(held_out.of_clips, 70);
        assert!((7..=21).contains(&held_out.clips), "{held_out}");
        assert!(held_out.persons.is_some(), "the drawn persons are known");
        assert_eq!(run.checkpoints.len(), 3);
        for checkpoint in &run.checkpoints {
            assert!(checkpoint.path.is_file(), "{}", checkpoint.path.display());
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_bits() {
    let project = TRAINED.project.path();
    // On one core: runs one after the other, each on one thread, which must change nothing.
    let program = env!("CARGO_BIN_EXE_exp");
    let mut command = match cfg!(target_os = "linux") {
        true => Command::new("taskset"),
        false => Command::new(program),
    };
    if cfg!(target_os = "linux") {
        command.args(["-c", "0", program]);
    }
    let output = command
        .args(["run", "experiments/tiny.yaml", "--device", "cpu"])
        .args(["--store", "other/exp.db"])
        .current_dir(project)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let (first, second) = (data(project, "runs/exp.db"), data(project, "other/exp.db"));
    for (one, two) in first.runs.iter().zip(&second.runs) {
        assert_eq!(one.id, two.id);
        assert!(
            one.selections == two.selections,
            "predictions of {}",
            one.id
        );
        assert_eq!(figures(one), figures(two));
    }
    let weights = checkpoints(&project.join("runs"));
    assert!(!weights.is_empty());
    assert!(
        weights == checkpoints(&project.join("other")),
        "the weights too"
    );
    let seeds: Vec<_> = first
        .runs
        .iter()
        .filter(|run| !is_absurd(run))
        .take(2)
        .collect();
    assert_ne!(
        seeds[0].points, seeds[1].points,
        "another seed, another run"
    );
}

#[test]
fn a_finished_experiment_is_only_reported() {
    let project = project();
    let finished = EXPERIMENT.replace(", {label: absurd, value: 1e38}", "");
    fs::write(project.path().join("experiments/tiny.yaml"), finished).unwrap();
    let run = ["run", "experiments/tiny.yaml", "--device", "cpu"];
    let first = exp(project.path(), &run);
    assert_eq!(first.status.code(), Some(0), "{}", text(&first.stderr));
    let before = data(project.path(), "runs/exp.db");
    let start = Instant::now();
    let second = exp(project.path(), &run);
    assert!(start.elapsed() < Duration::from_secs(2));
    assert_eq!(second.status.code(), Some(0));
    assert_eq!(text(&first.stdout), text(&second.stdout));
    assert_eq!(text(&second.stderr), "", "nothing was trained");
    let after = data(project.path(), "runs/exp.db");
    assert!(
        before
            .runs
            .iter()
            .zip(&after.runs)
            .all(|(a, b)| a.finished == b.finished)
    );
    let planned = text(&exp(project.path(), &[&run[..], &["--dry-run"]].concat()).stdout);
    assert!(planned.ends_with("4 runs, 0 to do\n"), "{planned}");

    let report = exp(project.path(), &["report", "tiny", "-o", "page.html"]);
    assert_eq!(report.status.code(), Some(0), "{}", text(&report.stderr));
    let page = fs::read_to_string(project.path().join("page.html")).unwrap();
    assert!(page.contains("Does &lt;b&gt;everything&lt;&#x2f;b&gt; work together?"));
    let unknown = exp(project.path(), &["report", "tinny"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(
        text(&unknown.stderr).contains("tiny"),
        "{}",
        text(&unknown.stderr)
    );
}

#[test]
fn what_is_kept_out_of_training_must_leave_enough() {
    let folder = TRAINED.project.path();
    // One clip of each of two classes, of nobody known: both are needed.
    let clips = "runs/data/synthetic-1-70-70";
    let first = |class: &str| {
        let mut names: Vec<String> = fs::read_dir(folder.join(clips).join("train"))
            .unwrap()
            .map(|clip| clip.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.starts_with(class))
            .collect();
        names.sort();
        names.swap_remove(0)
    };
    let lines = format!(
        "{clips}/train/{} 12 0\n{clips}/train/{} 12 1\n",
        first("happiness"),
        first("sadness")
    );
    fs::write(folder.join("two.txt"), lines).unwrap();
    let protocol = "benchmark: {frame_list: {train: two.txt, test: two.txt, classes: [happiness, sadness]}}\n\
        backbone: small\nclip: {frames: 2, size: 48}\ntrain: {epochs: 1, batch: 1, held_out: 0.2}\n";
    fs::write(folder.join("experiments/benchmarks/two.yaml"), protocol).unwrap();
    let plan = [
        "run",
        "experiments/tiny.yaml",
        "--dry-run",
        "--device",
        "cpu",
    ];
    for (more, reason) in [
        (
            ["--set", "train.batch=65"],
            "more are kept out by `train.held_out: 0.2`",
        ),
        (
            ["--on", "two"],
            "none of the 2 training clips of benchmark `two` can be kept out",
        ),
    ] {
        let output = exp(folder, &[&plan[..], &more].concat());
        let errors = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{errors}");
        assert!(errors.contains(reason), "{errors}");
    }
}

/// The same clips through list files, as the field's public code has them.
#[test]
fn list_files_of_other_code_are_read() {
    let project = TRAINED.project.path();
    let classes = [
        "happiness",
        "sadness",
        "neutral",
        "anger",
        "surprise",
        "disgust",
        "fear",
    ];
    for part in ["train", "test"] {
        let mut lines = String::new();
        for clip in fs::read_dir(project.join("runs/data/synthetic-1-70-70").join(part)).unwrap() {
            let path = clip.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            let class = name.split('_').next().unwrap();
            let label = classes.iter().position(|other| *other == class).unwrap();
            let frames = fs::read_dir(&path).unwrap().count();
            lines.push_str(&format!(
                "/data/of/others/{part}/{name} {frames} {label}\r\n"
            ));
        }
        fs::write(project.join(format!("set_1_{part}.txt")), lines).unwrap();
    }
    let protocol = format!(
        "benchmark:\n  frame_list:\n    train: set_{{fold}}_train.txt\n    test: set_{{fold}}_test.txt\n    \
         classes: [{}]\n    replace: {{from: /data/of/others, to: runs/data/synthetic-1-70-70}}\n\
         backbone: small\nclip: {{frames: 2, size: 48}}\ntrain: {{epochs: 1, batch: 16}}\n",
        classes.join(", ")
    );
    fs::write(project.join("experiments/benchmarks/lists.yaml"), protocol).unwrap();
    let experiment = EXPERIMENT.replace(", {label: absurd, value: 1e38}", "");
    fs::write(project.join("experiments/lists.yaml"), experiment).unwrap();
    let run = [
        "run",
        "experiments/lists.yaml",
        "--on",
        "lists",
        "--store",
        "lists/exp.db",
    ];
    let output = exp(project, &[&run[..], &["--device", "cpu"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let data = data(project, "lists/exp.db");
    assert_eq!(data.experiment.benchmarks, ["lists"]);
    assert!(
        data.runs
            .iter()
            .all(|run| run.status == Status::Done && !run.synthetic)
    );
    let predictions = &data.runs[0].selections[0].predictions;
    assert_eq!(predictions.len(), 70);
    assert!(
        predictions[0].clip.starts_with("test/"),
        "{}",
        predictions[0].clip
    );
}
