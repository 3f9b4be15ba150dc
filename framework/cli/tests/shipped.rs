//! What the repository ships can be run as it is.
#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;
use std::path::Path;
use std::process::Command;

use exp_model::backbone::{Backbone, SMALL};

const TOP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        match path.is_dir() {
            true => copy(&path, &target),
            false => drop(fs::copy(&path, &target).unwrap()),
        }
    }
}

#[test]
fn every_shipped_experiment_can_be_planned() {
    let project = tempfile::tempdir().unwrap();
    for folder in ["experiments", "prompts"] {
        copy(&Path::new(TOP).join(folder), &project.path().join(folder));
    }
    let mut runs = Vec::new();
    for entry in fs::read_dir(project.path().join("experiments")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        let output = Command::new(env!("CARGO_BIN_EXE_exp"))
            .current_dir(project.path())
            .args(["run", "--dry-run", "--device", "cpu"])
            .arg(&path)
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(
            output.status.code(),
            Some(0),
            "{}: {errors}",
            path.display()
        );
        let printed = String::from_utf8(output.stdout).unwrap();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        runs.push((name, printed.lines().last().unwrap().to_owned()));
    }
    runs.sort();
    let expected = [
        ("ablation_context", "20 runs, 20 to do"),
        ("ablation_prompts", "30 runs, 30 to do"),
        ("ablation_temporal", "20 runs, 20 to do"),
        ("ablation_wording", "35 runs, 35 to do"),
        ("dfer_clip", "5 runs, 5 to do"),
    ];
    assert_eq!(
        runs,
        expected.map(|(name, line)| (name.to_owned(), line.to_owned()))
    );
}

#[test]
fn the_built_in_clip_is_small() {
    let file = Path::new(TOP).join("framework/model/weights/small.safetensors");
    assert!(fs::metadata(file).unwrap().len() <= 8_000_000);
    let small = Backbone::open(SMALL, Path::new("")).unwrap();
    // It knows the words of faces, and no others.
    assert!(small.sizes().tokens > 300);
    assert!(small.sizes().tokens < 2000);
}

#[test]
fn the_plugins_are_listed_with_their_settings() {
    let output = Command::new(env!("CARGO_BIN_EXE_exp"))
        .arg("plugins")
        .output()
        .unwrap();
    insta::assert_snapshot!(String::from_utf8(output.stdout).unwrap());
}
