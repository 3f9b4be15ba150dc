//! `exp show`.

use serde_json::{Value, json};

use crate::made::{DIFF, FAILED, NONE, RUNNING, made};

#[test]
fn a_run_is_shown() {
    let made = made();
    made.snapshot("show_done", &made.prints(&["show", "1f0c"]));
    made.snapshot("show_failed", &made.prints(&["show", FAILED]));
    made.snapshot("show_running", &made.prints(&["show", "3"]));
    made.snapshot("show_queued", &made.prints(&["show", "4"]));
}

#[test]
fn programs_get_json_and_whole_texts() {
    let made = made();
    let run: Value = serde_json::from_str(&made.prints(&["show", "1f0c", "--json"])).unwrap();
    assert_eq!(run["run"], NONE);
    assert_eq!(run["figures"]["last"]["war"], json!(75.0));
    assert_eq!(run["checkpoints"][0]["bytes"], json!(1500));
    assert_eq!(run["provenance"]["diff"], json!(DIFF));
    assert_eq!(
        made.prints(&["show", "1f0c", "--diff"]),
        DIFF,
        "as `git apply` takes it"
    );
    assert_eq!(made.prints(&["show", RUNNING, "--diff"]), "");
    assert_eq!(made.prints(&["show", "1f0c", "--yaml"]), "name: contexts\n");
}

#[test]
fn an_id_must_name_one_run() {
    let made = made();
    let told = ["1f", "1e0c"]
        .map(|run| made.refuses(&["show", run]))
        .join("");
    let place = made.project.path().canonicalize().unwrap();
    made.snapshot(
        "show_wrong_input",
        &told.replace(place.to_str().unwrap(), "[project]"),
    );
}
