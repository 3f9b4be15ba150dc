//! `exp gc`.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};

use exp_store::Store;

use crate::made::{FAILED, LEARNABLE, Made, NONE, RUNNING, made, record};

const UNKNOWN: &str = "5b0000000000000000000006";

/// Adds what training may leave behind to the models that the store names.
fn littered() -> Made {
    let made = made();
    let place = made.path("runs/exp.files/checkpoints");
    for file in [
        format!("{NONE}/state.safetensors"),
        format!("{NONE}/best_test-1.safetensors"),
        format!("{NONE}/last.safetensors.part"),
        format!("{NONE}/notes.txt"),
        format!("{RUNNING}/state.safetensors"),
        format!("{RUNNING}/state.safetensors.part"),
        format!("{FAILED}/state.safetensors"),
        format!("{UNKNOWN}/last.safetensors"),
        format!("{UNKNOWN}/deeper/state.safetensors"),
        "mine/last.safetensors".to_owned(),
    ] {
        let file = place.join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, [0; 700]).unwrap();
    }
    for folder in ["runs/cache", "runs/features/a7"] {
        let folder = made.path(folder);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(".tmpNew"), "new").unwrap();
        let old = File::create(folder.join(".tmpOld")).unwrap();
        old.set_modified(SystemTime::now() - Duration::from_secs(100))
            .unwrap();
    }
    let merging = made.path("runs/exp.files/merging-7");
    let merging = File::create(merging).unwrap();
    let two_days = Duration::from_hours(48);
    merging.set_modified(SystemTime::now() - two_days).unwrap();
    made
}

fn files(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        match entry.path().is_dir() {
            true => {
                let inner = files(&entry.path())
                    .into_iter()
                    .map(|file| format!("{name}/{file}"));
                found.extend(inner);
            }
            false => drop(found.insert(name)),
        }
    }
    found
}

fn kept(made: &Made) -> BTreeSet<String> {
    files(&made.path("runs/exp.files/checkpoints"))
}

#[test]
fn what_no_run_needs_is_removed_and_nothing_else() {
    let made = littered();
    let before = kept(&made);
    made.snapshot("gc_dry_run", &made.prints(&["gc", "--dry-run"]));
    assert_eq!(kept(&made), before, "a dry run removes nothing");
    made.snapshot("gc", &made.prints(&["gc"]));
    let gone: Vec<String> = before.difference(&kept(&made)).cloned().collect();
    let expected = [
        format!("{NONE}/best_test-1.safetensors"),
        format!("{NONE}/last.safetensors.part"),
        format!("{NONE}/state.safetensors"),
        format!("{FAILED}/state.safetensors"),
        format!("{UNKNOWN}/deeper/state.safetensors"),
        format!("{UNKNOWN}/last.safetensors"),
    ];
    assert_eq!(gone, expected);
    assert!(
        !made
            .path(&format!("runs/exp.files/checkpoints/{UNKNOWN}"))
            .exists()
    );
    for folder in ["runs/cache", "runs/features/a7"] {
        let left = files(&made.path(folder));
        assert_eq!(left, BTreeSet::from([".tmpNew".to_owned()]));
    }
    assert!(!made.path("runs/exp.files/merging-7").exists());
    assert_eq!(made.prints(&["gc"]), "Nothing to remove.\n");
}

#[test]
fn models_go_as_asked() {
    let models = |run: &str| ["best_test", "last"].map(|rule| format!("{run}/{rule}.safetensors"));
    let [none_best, none_last] = models(NONE);
    let [learnable_best, learnable_last] = models(LEARNABLE);
    for (keep, gone) in [
        ("best", vec![&none_last, &learnable_last]),
        ("last", vec![&none_best, &learnable_best]),
        ("1", vec![&none_best, &none_last]),
        (
            "0",
            vec![&none_best, &none_last, &learnable_best, &learnable_last],
        ),
        ("2", vec![]),
    ] {
        let made = made();
        let before = kept(&made);
        made.prints(&["gc", "--keep", keep]);
        let after = kept(&made);
        let removed: Vec<&String> = before.difference(&after).collect();
        assert_eq!(removed, gone, "--keep {keep}");
        let run = made.store.run(NONE).unwrap();
        assert!(
            run.checkpoints.iter().all(|one| one.path.is_file()),
            "the store names what is there"
        );
        assert_eq!(run.selections.len(), 2, "figures stay");
        // The one model that a run has left stays.
        if keep == "best" {
            assert_eq!(
                made.prints(&["gc", "--keep", "last"]),
                "Nothing to remove.\n"
            );
        }
    }
    let made = made();
    made.snapshot(
        "gc_keep",
        &made.prints(&["gc", "--dry-run", "--keep", "best"]),
    );
    let told = made.refuses(&["gc", "--keep", "first"]);
    assert!(
        told.contains("expected `best`, `last` or a number of runs"),
        "{told}"
    );
}

/// The files of a store are its own, whatever other stores lie beside it.
#[test]
fn another_store_in_the_folder_has_files_of_its_own() {
    let made = littered();
    let other = Store::open(made.path("runs/other.db")).unwrap();
    let run = made.store.experiment("contexts").unwrap().runs.remove(0);
    let planned = exp_store::NewRun {
        id: NONE.to_owned(),
        benchmark: run.benchmark.clone(),
        synthetic: true,
        fold: 1,
        seed: 1,
        settings: run.settings.clone(),
        classes: run.classes.clone(),
        levels: run.levels.clone(),
    };
    record(&other, "others", &[planned]);
    drop(other);
    let before = kept(&made);
    made.prints(&["gc", "--keep", "0", "--store", "runs/other.db"]);
    made.prints(&["rm", NONE, "--yes", "--store", "runs/other.db"]);
    assert_eq!(kept(&made), before);
}
