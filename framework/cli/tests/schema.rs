//! The JSON schemas that editors use are those of the program, and the shipped files point at them.
#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn experiments() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments")
}

#[test]
fn the_checked_in_schemas_are_fresh() {
    let folder = tempfile::tempdir().unwrap();
    let status = Command::new(env!("CARGO_BIN_EXE_exp"))
        .args(["schema", "-o"])
        .arg(folder.path())
        .status()
        .unwrap();
    assert!(status.success());
    for name in ["experiment.json", "protocol.json", "report.json"] {
        let fresh = fs::read_to_string(folder.path().join(name)).unwrap();
        let kept = fs::read_to_string(experiments().join("schema").join(name)).unwrap_or_default();
        assert!(
            kept == fresh,
            "experiments/schema/{name} is not what the program gives; renew it with \
             `cargo run --release -- schema -o experiments/schema`"
        );
    }
}

#[test]
fn every_shipped_file_points_editors_at_its_schema() {
    let mut seen = 0;
    for (folder, schema) in [(".", "experiment.json"), ("benchmarks", "protocol.json")] {
        let folder = experiments().join(folder);
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "yaml") {
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            let first = text.lines().next().unwrap_or_default();
            let named = first.strip_prefix("# yaml-language-server: $schema=");
            let named = named.unwrap_or_else(|| panic!("{} names no schema", path.display()));
            assert!(named.ends_with(schema), "{}: {first}", path.display());
            assert!(
                folder.join(named).is_file(),
                "{}: {named} does not exist",
                path.display()
            );
            seen += 1;
        }
    }
    assert!(seen >= 2, "{seen} files");
}

#[test]
fn the_schema_is_printed_without_a_folder() {
    let output = Command::new(env!("CARGO_BIN_EXE_exp"))
        .arg("schema")
        .output()
        .unwrap();
    let schema: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let base = &schema["properties"]["base"]["properties"];
    let tokens = &base["context"]["oneOf"][2]["properties"]["learnable"]["properties"]["tokens"];
    assert_eq!(tokens["maximum"], 32, "{base:#}");
}
