//! `exp store check` and `exp store sql`.

use std::fs;
use std::path::Path;

use exp_core::event::{Event, EventSink};
use exp_core::metrics::Rule;
use exp_store::{Store, StoreError, check, files, query};
use serde_json::json;
use tempfile::TempDir;

use crate::opening::execute;
use crate::{begin, message, planned, point, prediction};

/// A store with a done run, whose checkpoint's file is there.
fn store() -> (TempDir, Store) {
    let (folder, store) = planned(&["a"]);
    let file = files::checkpoints_of(store.path(), "a").join("last.safetensors");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, "weights").unwrap();
    let claim = begin(&store, "a");
    let sink = store.writer().run_sink(&claim);
    for epoch in 1..=300 {
        let points = (0..20).map(|i| point(&format!("series/{i}"), epoch, f64::INFINITY));
        sink.emit(Event::Epoch {
            epoch,
            points: points.collect(),
        });
    }
    let predictions = vec![prediction("x", 0, 0), prediction("y", 1, 0)];
    sink.emit(Event::Predictions {
        rule: Rule::Last,
        epoch: 2,
        predictions,
    });
    sink.emit(Event::Checkpoint {
        rule: Rule::Last,
        epoch: 2,
        path: file,
    });
    store.finish(&claim, None).unwrap();
    (folder, store)
}

fn problems(folder: &TempDir, path: &Path) -> String {
    let problems = check(path).unwrap().problems;
    let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
    texts
        .join("\n")
        .replace(&folder.path().display().to_string(), "FOLDER")
}

#[test]
fn a_whole_store_has_no_problem() {
    let (folder, store) = store();
    assert_eq!(problems(&folder, store.path()), "", "while it is open");
    let path = store.path().to_owned();
    store.close().unwrap();
    let report = check(&path).unwrap();
    assert_eq!(
        (report.version, report.experiments, report.runs),
        (Some(report.known_version), 1, 1)
    );
    assert_eq!(report.problems, []);
}

#[test]
fn a_store_that_was_moved_finds_its_checkpoints() {
    let (folder, store) = store();
    store.close().unwrap();
    let moved = folder.path().join("moved");
    fs::create_dir(&moved).unwrap();
    for name in ["store.sqlite", "store.files"] {
        fs::rename(folder.path().join(name), moved.join(name)).unwrap();
    }
    let path = moved.join("store.sqlite");
    assert_eq!(problems(&folder, &path), "");
    let file = moved.join("store.files/checkpoints/a/last.safetensors");
    let store = Store::open(&path).unwrap();
    assert_eq!(
        store.models().unwrap()[0].files,
        [(Rule::Last, file.clone())]
    );
    let run = store.run("a").unwrap();
    assert_eq!(run.checkpoints[0].path, file);
}

#[test]
fn what_does_not_fit_is_told() {
    let (folder, store) = store();
    let path = store.path().to_owned();
    store.close().unwrap();
    fs::create_dir_all(folder.path().join("store.files/checkpoints/gone")).unwrap();
    fs::write(
        folder
            .path()
            .join("store.files/checkpoints/gone/best.safetensors"),
        "12345",
    )
    .unwrap();
    fs::rename(
        folder
            .path()
            .join("store.files/checkpoints/a/last.safetensors"),
        folder
            .path()
            .join("store.files/checkpoints/a/moved.safetensors"),
    )
    .unwrap();
    execute(
        &path,
        "UPDATE selection SET war = 99; DELETE FROM experiment_run;
         PRAGMA foreign_keys = OFF; DELETE FROM series WHERE name = 'series/3';",
    );
    insta::assert_snapshot!(problems(&folder, &path), @r#"
    300 rows of the table `point` belong to rows of `series` that are gone; another program deleted them
    run a belongs to no experiment; `exp rm a` removes it
    UAR and WAR of run a (last) do not follow from its predictions; somebody edited them, and reports go by the predictions
    the checkpoint FOLDER/store.files/checkpoints/a/last.safetensors of run a (last) is missing; its figures are not affected, but `exp eval` and `exp predict` cannot use it
    no run needs FOLDER/store.files/checkpoints/a/moved.safetensors (7 bytes); `exp gc` removes it
    no run needs FOLDER/store.files/checkpoints/gone/best.safetensors (5 bytes); `exp gc` removes it
    "#);
}

#[test]
fn a_broken_page_is_found_and_what_can_be_read_stays() {
    let (folder, store) = store();
    let path = store.path().to_owned();
    store.close().unwrap();
    let page: i64 = crate::opening::with_sqlite(&path, async |connection| {
        let root = sqlx::query_scalar("SELECT rootpage FROM sqlite_schema WHERE name = 'point'");
        root.fetch_one(connection).await.unwrap()
    });
    let mut bytes = fs::read(&path).unwrap();
    let start = (page as usize - 1) * 4096;
    bytes[start..start + 4096].fill(0xa5);
    fs::write(&path, bytes).unwrap();

    assert!(
        problems(&folder, &path).starts_with("SQLite: "),
        "{}",
        problems(&folder, &path)
    );
    let store = Store::open(&path).unwrap();
    assert_eq!(
        store.runs(&Default::default()).unwrap().len(),
        1,
        "lists need no points"
    );
    let error = message(&store.experiment("e").unwrap_err(), &folder);
    insta::assert_snapshot!(error, @r#"
    the store `FOLDER/store.sqlite` is damaged: SQLite finds a part of it broken; stop what writes to it, keep a copy, see with `exp store check` what is hurt, and save what is readable with `sqlite3 FOLDER/store.sqlite .recover | sqlite3 saved.db`
    caused by: (code: 11) database disk image is malformed
    "#);
    assert_eq!(fs::read(&path).unwrap()[start], 0xa5, "nothing was changed");
}

#[test]
fn questions_are_answered_and_nothing_is_written() {
    let (folder, store) = store();
    let path = store.path();
    let ask = |sql: &str| query(path, sql);
    let answer = ask("SELECT id, seed, NULL AS none, 0.5, x'0aff', 1e999 FROM run;").unwrap();
    assert_eq!(answer.columns[..3], ["id", "seed", "none"]);
    assert_eq!(
        answer.rows,
        [[
            json!("a"),
            json!(1),
            json!(null),
            json!(0.5),
            json!("0aff"),
            json!("inf")
        ]]
    );
    let empty = ask("WITH x AS (SELECT * FROM run) SELECT id FROM x WHERE 0").unwrap();
    assert_eq!(
        (empty.columns, empty.rows.len()),
        (vec!["id".to_owned()], 0)
    );
    assert_eq!(
        ask("PRAGMA application_id").unwrap().rows,
        [[json!(0x6466_6572)]]
    );
    for refused in [
        "DELETE FROM run",
        "  drop table run",
        "SELECT 1; DELETE FROM run",
        "WITH x AS (SELECT 1) DELETE FROM run",
        "PRAGMA user_version = 7",
        "",
    ] {
        let error = ask(refused).unwrap_err();
        assert!(
            matches!(error, StoreError::NotAQuestion { .. }),
            "{refused}: {error}"
        );
    }
    insta::assert_snapshot!(message(&ask("DELETE FROM run").unwrap_err(), &folder), @r#"a store is only read by SQL: give one statement that begins with SELECT, WITH, VALUES, EXPLAIN or PRAGMA and writes nothing; this does not: DELETE FROM run"#);
    insta::assert_snapshot!(message(&ask("SELECT x FROM nowhere").unwrap_err(), &folder), @r#"
    SQLite cannot answer this
    caused by: (code: 1) no such table: nowhere
    "#);
    insta::assert_snapshot!(message(&query(&folder.path().join("no.db"), "SELECT 1").unwrap_err(), &folder), @r#"there is no store at `FOLDER/no.db`; run an experiment first, or name its store with `--store FILE`"#);
    assert_eq!(store.runs(&Default::default()).unwrap().len(), 1);
}
