//! `exp doctor`, and devices that are not there.
#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// A project with two protocols: of clips that are drawn, and of clips that someone must have.
fn project() -> TempDir {
    let top = tempfile::tempdir().unwrap();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments");
    let protocols = top.path().join("experiments/benchmarks");
    fs::create_dir_all(&protocols).unwrap();
    for name in ["dfew.yaml", "synthetic.yaml"] {
        fs::copy(shipped.join("benchmarks").join(name), protocols.join(name)).unwrap();
    }
    let experiment = "ablation_context.yaml";
    fs::copy(
        shipped.join(experiment),
        top.path().join("experiments").join(experiment),
    )
    .unwrap();
    top
}

/// Runs it without the user's own variables and programs.
fn exp(project: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_exp"));
    command
        .env_clear()
        .env("PATH", project.join("no-programs"))
        .env("EXP_CACHE", project.join("downloads"))
        .envs(variables.iter().copied())
        .current_dir(project)
        .args(arguments);
    command.output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn what_there_is_is_printed() {
    let project = project();
    let output = exp(project.path(), &[], &["doctor"]);
    assert_eq!(output.status.code(), Some(0), "{}", out(&output));
    let text = out(&output);
    // What is said of GPUs has a test of its own, for every kind of machine.
    let (before, rest) = text.split_once("\nGPU\n").unwrap();
    let (_, after) = rest.split_once("\ndisks\n").unwrap();
    let root = project.path().canonicalize().unwrap();
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(&root.display().to_string(), "[project]");
    settings.add_filter(&project.path().display().to_string(), "[project]");
    settings.add_filter(r"(processor +).*", "$1[processor]");
    settings.add_filter(r"(memory +).*", "$1[free] of [all] GiB free");
    settings.add_filter(r"\d+\.\d GiB free", "[free] GiB free");
    settings.add_filter(r"(file system +).*", "$1[type]");
    // Little disk draws advice.
    settings.add_filter(r" +-> that is little for checkpoints.*\n", "");
    settings.bind(|| {
        insta::assert_snapshot!(
            "what_there_is",
            format!("{before}\n[GPU]\n\ndisks\n{after}")
        );
    });
}

#[test]
fn what_was_asked_for_and_is_broken_is_an_exit_status_of_its_own() {
    let project = project();
    let broken = |variables: &[(&str, &str)]| -> Vec<(String, String)> {
        let output = exp(project.path(), variables, &["doctor", "--json"]);
        let found: Value = serde_json::from_slice(&output.stdout).unwrap();
        let broken: Vec<(String, String)> = found
            .as_array()
            .unwrap()
            .iter()
            .filter(|finding| finding["status"] == "broken" && finding["about"] != "GPU")
            .map(|finding| {
                let text = |key: &str| finding[key].as_str().unwrap().to_owned();
                (text("what"), text("found"))
            })
            .collect();
        let status = i32::from(!broken.is_empty());
        assert_eq!(output.status.code(), Some(status), "{}", out(&output));
        assert!(!out(&output).contains("very-secret"));
        broken
    };
    assert_eq!(broken(&[]), []);
    let root = broken(&[("EXP_DFEW_ROOT", "/no/such/folder")]);
    assert_eq!(root[0].0, "dfew");
    assert!(root[0].1.contains("/no/such/folder"), "{root:?}");
    let here = project.path().to_str().unwrap();
    assert_eq!(broken(&[("EXP_DFEW_ROOT", here)]), []);
    let model = broken(&[("EXP_LLM_URL", "http://me:very-secret@host/v1")]);
    assert_eq!(model[0].0, "language model");
    let good = [
        ("EXP_LLM_URL", "http://localhost:11434/v1"),
        ("EXP_LLM_KEY", "very-secret"),
    ];
    assert_eq!(broken(&good), []);
    let text = out(&exp(project.path(), &good, &["doctor"]));
    assert!(
        text.contains("http://localhost:11434/v1, no EXP_LLM_MODEL, a key is set"),
        "{text}"
    );
}

#[test]
fn it_helps_outside_a_project_too() {
    let nowhere = tempfile::tempdir().unwrap();
    let output = exp(nowhere.path(), &[], &["doctor", "--store", "kept/here.db"]);
    assert_eq!(output.status.code(), Some(0), "{}", out(&output));
    let text = out(&output);
    assert!(text.contains("lies in no project"), "{text}");
    assert!(text.contains("kept/here.db, "), "{text}");
}

#[test]
fn a_device_that_is_none_is_refused() {
    let project = project();
    let file = "experiments/ablation_context.yaml";
    for (device, expected) in [
        ("gpu", "expected `auto`, `cpu`, `cuda`"),
        ("cuda:x", "`x` is no GPU's number"),
        ("cuda:0,0", "GPU 0 stands there twice"),
    ] {
        let output = exp(project.path(), &[], &["run", file, "--device", device]);
        assert_eq!(output.status.code(), Some(2), "{device}");
        assert!(err(&output).contains(expected), "{}", err(&output));
    }
}

#[test]
fn a_gpu_that_is_not_there_is_told_before_anything_is_done() {
    let project = project();
    let file = "experiments/ablation_context.yaml";
    // No machine shows a GPU of that number.
    for device in ["cuda:65535", "cuda:65534,65535"] {
        let output = exp(project.path(), &[], &["run", file, "--device", device]);
        assert_eq!(output.status.code(), Some(2));
        let text = err(&output);
        assert!(text.starts_with("error: "), "{text}");
        assert!(text.contains("`--device cpu`"), "{text}");
        assert!(!text.contains("panicked"), "{text}");
        assert!(!project.path().join("runs").exists());
    }
}

#[test]
fn a_gpu_that_only_its_driver_shows_is_named() {
    let project = project();
    // As a driver's management library is found: by name, through the loader.
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../model/tests/fake_nvml.c");
    let library = project.path().join("libnvidia-ml.so.1");
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-o"]).arg(&library);
    assert!(compiler.arg(source).status().unwrap().success());
    let here = [("LD_LIBRARY_PATH", project.path().to_str().unwrap())];
    let text = out(&exp(project.path(), &here, &["doctor"]));
    assert!(
        text.contains("NVIDIA H200 is there and cannot be used"),
        "{text}"
    );
    assert!(text.contains("570.86.15 (CUDA 12.8)"), "{text}");
    let file = "experiments/ablation_context.yaml";
    let output = exp(project.path(), &here, &["run", file, "--device", "cuda"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).contains("NVIDIA H200"), "{}", err(&output));
}

#[test]
fn a_command_on_one_device_refuses_several() {
    let project = project();
    let output = exp(project.path(), &[], &["pretrain", "--device", "cuda:0,1"]);
    assert_eq!(output.status.code(), Some(2));
    let text = err(&output);
    assert!(text.contains("`--device cuda:0,1` names 2"), "{text}");
}
