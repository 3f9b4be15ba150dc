//! `exp published` as people see it.
#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;
use std::path::Path;
use std::process::Command;

use insta::assert_snapshot;
use tempfile::TempDir;

const TOP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

const GOOD: &str = "\
- {method: One, benchmark: dfew, uar: 59.61, war: 71.25, venue: BMVC, year: 2023, modality: [video], source: its paper, confidence: high, differs: [test_selection]}
- {method: Two, variant: large, benchmark: dfew, fold: 1, war: 80.1, modality: [video, audio], source: its paper, confidence: low}
- {method: One, benchmark: dfew, uar: 59.0, war: 71.25, modality: [video], source: a survey, confidence: medium}
- {method: Three, benchmark: mafw, uar: 20, war: 30, modality: [video], source: its paper, confidence: high, not_comparable: not trained}
";

const BAD: &str = "\
- {method: One, benchmark: dfew, uar: 59.61, war: 71.25, modality: [video], source: its paper, confidence: high}
- {method: One, benchmark: dfew, uar: 59.61, war: 71.25, modality: [video], source: a survey, confidence: medium}
- {method: Two, benchmark: defw, uar: 0.5961, war: 171.25, modality: [video], source: ' ', confidence: high}
- {method: Three, benchmark: mafw, modality: [video], source: its paper, confidence: high}
- {method: Four, benchmark: mafw, uar: 59.61, war: 71.25, modality: [video], confidence: high}
- {method: Five, benchmark: mafw, uar: 59.61, war: 71.25, modality: [vidio], source: its paper, confidence: high}
";

fn project(published: &str) -> TempDir {
    let top = tempfile::tempdir().unwrap();
    let benchmarks = top.path().join("experiments/benchmarks");
    fs::create_dir_all(&benchmarks).unwrap();
    fs::create_dir(top.path().join("reports")).unwrap();
    for name in ["dfew", "ferv39k", "mafw"] {
        fs::write(benchmarks.join(format!("{name}.yaml")), "folds: [1]\n").unwrap();
    }
    fs::write(top.path().join("reports/published.yaml"), published).unwrap();
    top
}

fn exp(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_exp"))
        .current_dir(folder)
        .args(arguments)
        .output()
        .unwrap();
    let folder = folder.canonicalize().unwrap().display().to_string();
    let text = |bytes| {
        String::from_utf8(bytes)
            .unwrap()
            .replace(&folder, "PROJECT")
    };
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[test]
fn results_are_listed_with_what_differs() {
    let project = project(GOOD);
    let (status, printed, errors) = exp(project.path(), &["published", "list"]);
    assert_eq!((status, errors.as_str()), (Some(0), ""));
    assert_snapshot!(printed);
    let (_, printed, _) = exp(
        project.path(),
        &["published", "list", "--benchmark", "mafw"],
    );
    assert!(
        printed.contains("Three") && !printed.contains("One"),
        "{printed}"
    );
    let (status, _, errors) = exp(
        project.path(),
        &["published", "list", "--benchmark", "defw"],
    );
    assert_eq!(status, Some(2));
    assert!(errors.contains("did you mean `dfew`?"), "{errors}");
    let (status, _, errors) = exp(
        project.path(),
        &["published", "list", "--benchmark", "ferv39k"],
    );
    assert_eq!(
        (status, errors.trim()),
        (Some(2), "error: no published result is on ferv39k")
    );
}

#[test]
fn sources_that_contradict_each_other_are_no_fault() {
    let project = project(GOOD);
    let (status, printed, errors) = exp(project.path(), &["published", "check"]);
    assert_eq!((status, errors.as_str()), (Some(0), ""));
    assert_eq!(
        printed,
        "two sources give One on dfew different figures: UAR 59.61, WAR 71.25 and UAR 59.00, WAR 71.25\n\
         4 results, 0 faults, 1 contradiction\n"
    );
}

#[test]
fn every_fault_is_shown_with_its_line() {
    let (status, printed, errors) = exp(project(BAD).path(), &["published", "check"]);
    assert_eq!((status, printed.as_str()), (Some(1), "8 faults\n"));
    assert_snapshot!(errors);
    let (status, _, errors) = exp(project(BAD).path(), &["published", "list"]);
    assert_eq!(status, Some(2));
    assert!(errors.contains("reports/published.yaml:5"), "{errors}");
}

#[test]
fn what_is_no_list_is_refused() {
    let (status, _, errors) = exp(project("method: One\n").path(), &["published", "check"]);
    assert_eq!(status, Some(1));
    assert!(
        errors.contains("expected a list of published results, found a map"),
        "{errors}"
    );
    let empty = project(GOOD);
    fs::remove_file(empty.path().join("reports/published.yaml")).unwrap();
    let (status, _, errors) = exp(empty.path(), &["published", "check"]);
    assert_eq!(status, Some(2));
    assert!(errors.contains("cannot read"), "{errors}");
}

#[test]
fn the_shipped_results_are_without_fault() {
    let (status, printed, errors) = exp(Path::new(TOP), &["published", "check"]);
    assert_eq!((status, errors.as_str()), (Some(0), ""));
    assert!(
        printed
            .lines()
            .last()
            .unwrap()
            .contains("288 results, 0 faults"),
        "{printed}"
    );
}
