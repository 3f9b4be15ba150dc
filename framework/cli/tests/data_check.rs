//! The published benchmarks from the command line: planned by `exp run`, checked by `exp data check`,
//! in made folders of their official layout.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "../../data/tests/common/official.rs"]
mod official;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use official::{make_dfew, make_ferv39k, make_mafw};
use tempfile::TempDir;

const EXPERIMENT: &str = "\
name: small
question: Is it planned?
benchmarks: [dfew]
base: {prompt: class_names, context: none, temporal: mean}
seeds: [1]
";

/// A project with the shipped protocols.
fn project() -> TempDir {
    let top = tempfile::tempdir().unwrap();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments/benchmarks");
    let protocols = top.path().join("experiments/benchmarks");
    fs::create_dir_all(&protocols).unwrap();
    for name in ["dfew.yaml", "ferv39k.yaml", "mafw.yaml"] {
        fs::copy(shipped.join(name), protocols.join(name)).unwrap();
    }
    fs::write(top.path().join("experiments/small.yaml"), EXPERIMENT).unwrap();
    top
}

fn exp(project: &Path, data: &[(&str, &Path)], arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_exp"));
    for variable in ["EXP_DFEW_ROOT", "EXP_FERV39K_ROOT", "EXP_MAFW_ROOT"] {
        command.env_remove(variable);
    }
    command
        .envs(data.iter().copied())
        .current_dir(project)
        .args(arguments)
        .output()
        .unwrap()
}

/// `exp run --dry-run` on a benchmark, with the small CLIP.
fn plan(project: &Path, data: &[(&str, &Path)], on: &str, more: &[&str]) -> Output {
    let mut arguments = vec![
        "run",
        "experiments/small.yaml",
        "--dry-run",
        "--device",
        "cpu",
    ];
    arguments.extend([
        "--set",
        "backbone=small",
        "--set",
        "clip.size=48",
        "--on",
        on,
    ]);
    arguments.extend(more);
    exp(project, data, &arguments)
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Standard error on one line: long messages are broken where the terminal ends.
fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn runs_are_planned_on_every_fold_and_stay_the_same_when_the_data_move() {
    let project = project();
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    make_dfew(here.path());
    make_dfew(there.path());
    let first = plan(
        project.path(),
        &[("EXP_DFEW_ROOT", here.path())],
        "dfew",
        &[],
    );
    assert_eq!(first.status.code(), Some(0), "{}", err(&first));
    let printed = out(&first);
    for fold in 1..=5 {
        assert!(
            printed.contains(&format!("dfew: fold {fold}, seed 1")),
            "{printed}"
        );
    }
    assert!(printed.ends_with("5 runs, 5 to do\n"), "{printed}");
    let note = "but DFEW has 9356 and 2341: figures on these clips are not comparable";
    assert!(err(&first).contains(note), "{}", err(&first));
    // Another place, named by another means, is the same run.
    let root = format!("benchmark.dfew.root={}", there.path().display());
    let second = plan(project.path(), &[], "dfew", &["--set", &root]);
    assert_eq!(printed, out(&second));
    // Other frames are another run.
    let frames = "benchmark.dfew.frames=Clip/clip_224x224_16f";
    let other = plan(
        project.path(),
        &[],
        "dfew",
        &["--set", &root, "--set", frames],
    );
    assert_eq!(other.status.code(), Some(0), "{}", err(&other));
    assert!(
        out(&other)
            .lines()
            .zip(printed.lines())
            .take(5)
            .all(|(a, b)| a[..8] != b[..8])
    );

    // A clip that is missing stops the run before it starts.
    fs::remove_dir_all(there.path().join("Clip/clip_224x224/00003")).unwrap();
    let missing = plan(project.path(), &[], "dfew", &["--set", &root]);
    assert_eq!(missing.status.code(), Some(2));
    let text = err(&missing);
    assert!(
        text.contains("1 of 224 clips cannot be used (00003: there is no folder"),
        "{text}"
    );
    assert!(
        text.contains("`exp data check dfew` lists them all"),
        "{text}"
    );
}

#[test]
fn without_the_data_it_is_said_how_to_get_them() {
    let project = project();
    for (name, variable, address) in [
        ("dfew", "EXP_DFEW_ROOT", "https://dfew-dataset.github.io"),
        (
            "ferv39k",
            "EXP_FERV39K_ROOT",
            "https://wangyanckxx.github.io",
        ),
        (
            "mafw",
            "EXP_MAFW_ROOT",
            "https://mafw-database.github.io/MAFW",
        ),
    ] {
        let check = exp(project.path(), &[], &["data", "check", name]);
        assert_eq!(check.status.code(), Some(2));
        let text = err(&check);
        assert!(
            text.contains(&format!("environment variable {variable}, or")),
            "{text}"
        );
        assert!(
            text.contains(address) && text.contains("non-commercial"),
            "{text}"
        );
    }
    let run = plan(project.path(), &[], "dfew", &[]);
    assert_eq!(run.status.code(), Some(2));
    assert!(
        err(&run).contains("nothing says where DFEW lies"),
        "{}",
        err(&run)
    );
    let fold = exp(
        project.path(),
        &[],
        &["data", "check", "ferv39k", "--set", "folds=[2]"],
    );
    assert!(err(&fold).contains("FERV39k has one fold, there is no fold 2"));
}

#[test]
fn clips_of_dfew_in_mafw_are_told_when_both_are_used() {
    let project = project();
    let root = tempfile::tempdir().unwrap();
    make_dfew(root.path());
    make_ferv39k(root.path());
    let data = [
        ("EXP_DFEW_ROOT", root.path()),
        ("EXP_FERV39K_ROOT", root.path()),
    ];
    let note = "note: MAFW holds 1097 clips of DFEW (its paper, section 3.1)";
    let both = plan(project.path(), &data, "dfew,mafw", &[]);
    assert!(err(&both).contains(note), "{}", err(&both));
    let others = plan(project.path(), &data, "dfew,ferv39k", &[]);
    assert_eq!(others.status.code(), Some(0), "{}", err(&others));
    assert!(!err(&others).contains("1097"), "{}", err(&others));
}

#[test]
fn each_of_two_benchmarks_can_be_told_where_it_lies() {
    let project = project();
    let (dfew, ferv39k) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    make_dfew(dfew.path());
    make_ferv39k(ferv39k.path());
    let roots = [("dfew", &dfew), ("ferv39k", &ferv39k)]
        .map(|(name, root)| format!("benchmark.{name}.root={}", root.path().display()));
    let sets = ["--set", &roots[0], "--set", &roots[1]];
    let both = plan(project.path(), &[], "dfew,ferv39k", &sets);
    assert_eq!(both.status.code(), Some(0), "{}", err(&both));
    assert!(out(&both).ends_with("6 runs, 6 to do\n"), "{}", out(&both));
    // One that nothing uses is no setting of this run.
    let one = plan(project.path(), &[], "dfew", &sets);
    assert_eq!(one.status.code(), Some(2));
    let text = "this is a setting of `ferv39k`, which none of the benchmarks is";
    assert!(err(&one).contains(text), "{}", err(&one));
    let check = exp(
        project.path(),
        &[],
        &["data", "check", "dfew", "--set", &roots[1]],
    );
    assert_eq!(check.status.code(), Some(2));
    let text = "this is a setting of another benchmark";
    assert!(err(&check).contains(text), "{}", err(&check));
}

#[test]
fn what_a_check_prints() {
    let project = project();
    let root = tempfile::tempdir().unwrap();
    make_mafw(root.path());
    fs::remove_dir_all(root.path().join("data/faces/00030")).unwrap();
    let data = [("EXP_MAFW_ROOT", root.path())];
    let output = exp(
        project.path(),
        &data,
        &["data", "check", "mafw", "--set", "folds=[1,2]"],
    );
    assert_eq!(output.status.code(), Some(1), "{}", err(&output));
    let details = project.path().join("runs/check/mafw.json");
    let printed = out(&output)
        .replace(
            &fs::canonicalize(project.path())
                .unwrap()
                .display()
                .to_string(),
            "PROJECT",
        )
        .replace(&project.path().display().to_string(), "PROJECT")
        .replace(&root.path().display().to_string(), "ROOT");
    insta::assert_snapshot!(printed);
    let details: serde_json::Value = serde_json::from_slice(&fs::read(details).unwrap()).unwrap();
    assert_eq!(details["sides"][0]["official"], 7333);
    let findings = details["findings"].as_array().unwrap();
    let missing: Vec<_> = findings
        .iter()
        .filter(|finding| finding["kind"] == "unusable")
        .collect();
    assert_eq!(missing.len(), 1, "once, and not once a fold");
    assert_eq!(missing[0]["clip"], "00030");
}

#[test]
fn a_faithful_benchmark_ends_with_status_0() {
    let project = project();
    let root = tempfile::tempdir().unwrap();
    let made = make_dfew(root.path());
    let lines = |test: bool| -> String {
        made.iter()
            .filter(|clip| (clip.test_fold == 1) == test)
            .map(|clip| {
                format!(
                    "/data/lab/DFEW/{} {} {}\n",
                    clip.name, clip.frames, clip.class
                )
            })
            .collect()
    };
    fs::write(project.path().join("train.txt"), lines(false)).unwrap();
    fs::write(project.path().join("test.txt"), lines(true)).unwrap();
    let frames = root.path().join("Clip/clip_224x224");
    let protocol = format!(
        "benchmark:\n  frame_list:\n    train: train.txt\n    test: test.txt\n    \
         classes: [happy, sad, neutral, angry, surprise, disgust, fear]\n    \
         replace: {{from: /data/lab/DFEW, to: '{}'}}\n",
        frames.display()
    );
    fs::write(
        project.path().join("experiments/benchmarks/lists.yaml"),
        protocol,
    )
    .unwrap();
    let check = [
        "data",
        "check",
        "lists",
        "--deep",
        "--details",
        "found.json",
    ];
    let output = exp(project.path(), &[], &check);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}{}",
        out(&output),
        err(&output)
    );
    assert!(
        out(&output).contains("Images, all decoded:"),
        "{}",
        out(&output)
    );
    assert!(
        out(&output).ends_with("Details: found.json\n"),
        "{}",
        out(&output)
    );
    assert!(project.path().join("found.json").is_file());
    // The list's frame counts are those of all frames; with other frames the disk counts.
    let sixteen = frames.with_file_name("clip_224x224_16f");
    let set = format!("benchmark.frame_list.replace.to={}", sixteen.display());
    let output = exp(
        project.path(),
        &[],
        &["data", "check", "lists", "--set", &set],
    );
    assert_eq!(output.status.code(), Some(0), "{}", out(&output));
    let text = "clips have another number of frames than listed; the disk counts";
    assert!(out(&output).contains(text), "{}", out(&output));
    let run = plan(project.path(), &[], "lists", &["--set", &set]);
    assert_eq!(run.status.code(), Some(0), "{}", err(&run));
    let text =
        "clips have another number of frames on disk than the list says, and the disk counts";
    assert!(err(&run).contains(text), "{}", err(&run));
}

#[test]
fn a_check_of_dfew_tells_that_mafw_holds_clips_of_it() {
    let project = project();
    let root = tempfile::tempdir().unwrap();
    make_dfew(root.path());
    let data = [("EXP_DFEW_ROOT", root.path())];
    let output = exp(project.path(), &data, &["data", "check", "dfew"]);
    let note = "Note: MAFW holds 1097 clips of DFEW (its paper, section 3.1)";
    assert!(out(&output).contains(note), "{}", out(&output));
    assert_eq!(out(&output).matches("Note: ").count(), 1);

    // That the findings cannot be written is known before anything is checked.
    fs::write(project.path().join("file"), "").unwrap();
    let to_file = ["data", "check", "dfew", "--details", "file/found.json"];
    let output = exp(project.path(), &data, &to_file);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(out(&output), "");
    assert!(err(&output).contains("file"), "{}", err(&output));
}

#[test]
fn without_a_usable_clip_nothing_is_said_of_images() {
    let project = project();
    fs::write(project.path().join("list.txt"), "gone 1 0\n").unwrap();
    let protocol =
        "benchmark: {frame_list: {train: list.txt, test: list.txt, classes: [happy, sad]}}\n";
    let file = project.path().join("experiments/benchmarks/gone.yaml");
    fs::write(file, protocol).unwrap();
    let output = exp(project.path(), &[], &["data", "check", "gone"]);
    assert_eq!(output.status.code(), Some(1), "{}", err(&output));
    let printed = out(&output);
    assert!(printed.contains("No clip can be used."), "{printed}");
    assert!(!printed.contains("Images"), "{printed}");
}

#[test]
fn a_rule_that_drops_all_clips_is_named() {
    let project = project();
    let root = tempfile::tempdir().unwrap();
    make_dfew(root.path());
    let data = [("EXP_DFEW_ROOT", root.path())];
    let more = ["--set", "clip.short=drop", "--set", "clip.frames=256"];
    let output = plan(project.path(), &data, "dfew", &more);
    assert_eq!(output.status.code(), Some(2), "{}", out(&output));
    let message = err(&output);
    assert!(message.contains("has 0 training clips"), "{message}");
    let reason = "more have fewer than 256 frames, and `clip.short: drop` leaves them out";
    assert!(message.contains(reason), "{message}");
    assert!(
        message.contains("set `clip.short` to another rule"),
        "{message}"
    );
    assert!(!message.contains("at most 0"), "{message}");
}

#[test]
fn wrong_input_is_told() {
    let project = project();
    for (arguments, expected) in [
        (&["data", "check", "dfwe"][..], "did you mean `dfew`?"),
        (
            &["data", "check", "dfew", "--set", "benchmark.dfew.frame=x"],
            "did you mean `frames`?",
        ),
        (
            &["data", "check", "dfew", "--set", "folds=[1,1]"],
            "fold 1 is named twice",
        ),
        (
            &["data", "check", "dfew", "--set", "seed=3"],
            "unknown key `seed` in a protocol",
        ),
    ] {
        let output = exp(project.path(), &[], arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(err(&output).contains(expected), "{}", err(&output));
    }
}
