//! An older store is brought up to date, whatever happens meanwhile.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Instant;

use exp_core::metrics::Rule;
use exp_store::{Problem, RunFilter, SelectedFigures, Store, check};

use crate::opening::with_sqlite;

/// A store as the third version of the schema left it: an experiment `old` with `runs` done runs of
/// 200 points and predictions of 100 clips.
pub fn make_old(path: &Path, runs: usize) {
    let mut migrations = sqlx::migrate!("./migrations");
    let older: Vec<_> = migrations
        .iter()
        .filter(|m| m.version <= 3)
        .cloned()
        .collect();
    migrations.migrations = older.into();
    with_sqlite(path, async |connection| {
        sqlx::raw_sql("PRAGMA journal_mode = WAL")
            .execute(&mut *connection)
            .await
            .unwrap();
        migrations.run(&mut *connection).await.unwrap();
        let fill = format!(
            "INSERT INTO experiment VALUES ('old', 'Is it kept?', '', NULL, '[\"dfew\"]',
                 '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z');
             INSERT INTO series (key, name) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10)
                 SELECT i, 'series/' || i FROM n;
             INSERT INTO clip (key, name) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)
                 SELECT i, 'clip/' || i FROM n;
             INSERT INTO run (key, id, benchmark, synthetic, fold, seed, settings, classes, status, process, started, finished)
                 WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {runs})
                 SELECT i, 'old ' || i, 'dfew', 0, 1, i, '{{\"train\": {{\"epochs\": 20}}}}', '[\"a\", \"b\", \"c\"]', 'done', 7,
                     '2026-01-01T00:00:00.000Z', '2026-01-01T00:01:30.500Z' FROM n;
             INSERT INTO experiment_run SELECT 'old', key, '[]', key, 1 FROM run;
             INSERT INTO point WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20)
                 SELECT run.key, series.key, i, i / 3.0 FROM run, series, n;
             INSERT INTO selection (key, run, rule, epoch) SELECT key, key, 'last', 20 FROM run;
             INSERT INTO prediction SELECT selection.key, clip.key, clip.key % 2, (clip.key + selection.key) % 5 % 2
                 FROM selection, clip;"
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(fill))
            .execute(&mut *connection)
            .await
            .unwrap();
        sqlx::raw_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            .execute(connection)
            .await
            .unwrap();
    });
}

fn version(path: &Path) -> i64 {
    with_sqlite(path, async |connection| {
        let version = sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations");
        version.fetch_one(connection).await.unwrap()
    })
}

#[test]
fn an_older_store_is_copied_and_then_brought_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("exp.db");
    make_old(&path, 3);
    assert_eq!(
        check(&path).unwrap().problems,
        [Problem::OlderSchema { found: 3, known: 4 }]
    );
    let store = Store::open(&path).unwrap();
    let lines = store.runs(&RunFilter::default()).unwrap();
    let line = &lines[0];
    assert_eq!((line.epoch, line.epochs), (20, Some(20)));
    assert!((line.seconds - 90.5).abs() < 1e-3, "{}", line.seconds);
    // Of the 50 clips of each class, as the integers above have it.
    let data = store.run("old 1").unwrap();
    let pairs = data.selections[0]
        .predictions
        .iter()
        .map(|p| (p.target, p.predicted));
    let confusion = exp_core::metrics::Confusion::from_pairs(3, pairs);
    let SelectedFigures { rule, uar, war, .. } = line.figures[0];
    assert_eq!(rule, Rule::Last);
    assert!((uar.unwrap() - confusion.uar().unwrap()).abs() < 1e-9);
    assert!((war.unwrap() - confusion.war().unwrap()).abs() < 1e-9);
    assert_eq!((data.history.attempts, data.history.process), (1, None));
    store.close().unwrap();
    assert_eq!(check(&path).unwrap().problems, []);

    let backup = folder.path().join("exp.before-4.db");
    assert_eq!(version(&backup), 3);
    let changed = fs::metadata(&backup).unwrap().modified().unwrap();
    Store::open(&path).unwrap().close().unwrap();
    assert_eq!(
        fs::metadata(&backup).unwrap().modified().unwrap(),
        changed,
        "once is enough"
    );
    assert_eq!(
        Store::open(&backup)
            .unwrap()
            .runs(&RunFilter::default())
            .unwrap()
            .len(),
        3
    );
}

#[test]
fn without_a_copy_nothing_is_changed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("exp.db");
    make_old(&path, 1);
    // A folder where the copy is to go cannot be replaced by a file.
    fs::create_dir_all(folder.path().join("exp.before-4.db/x")).unwrap();
    let error = crate::message(&Store::open(&path).err().unwrap(), &folder);
    insta::assert_snapshot!(error, @r#"
    cannot copy the store `FOLDER/exp.db` to `FOLDER/exp.before-4.db`, which is done before its schema is brought up to date; nothing was changed: make room and make the folder writable, then try again
    caused by: Is a directory (os error 21)
    "#);
    assert_eq!(version(&path), 3);
    fs::remove_dir_all(folder.path().join("exp.before-4.db")).unwrap();
    Store::open(&path).unwrap();
}

/// Where a child of the next test finds the store.
const STORE: &str = "EXP_TEST_MIGRATED_STORE";

#[test]
#[ignore = "is run in processes of its own by the next test"]
fn child_that_opens_a_store() {
    if let Some(path) = std::env::var_os(STORE) {
        eprintln!("{BEGINS}");
        Store::open(path).unwrap().close().unwrap();
    }
}

/// What a child prints when it begins to open the store.
const BEGINS: &str = "opening";

/// Starts a child that opens the store, and waits until it begins to.
fn spawn(path: &Path) -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "migration::child_that_opens_a_store",
            "--ignored",
            "--nocapture",
        ])
        .env(STORE, path)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    for line in lines {
        if line.unwrap().contains(BEGINS) {
            break;
        }
    }
    child
}

/// `EXP_KILLS` says how many; `.ci/run` is content with a few.
#[test]
fn a_kill_at_any_moment_leaves_a_whole_store() {
    let kills: usize = std::env::var("EXP_KILLS").map_or(12, |text| text.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let (original, path) = (
        folder.path().join("original.db"),
        folder.path().join("exp.db"),
    );
    make_old(&original, 150);
    let renew = || {
        for ending in ["exp.db", "exp.db-wal", "exp.db-shm", "exp.before-4.db"] {
            let _ = fs::remove_file(folder.path().join(ending));
        }
        fs::copy(&original, &path).unwrap();
    };
    renew();
    let begun = Instant::now();
    assert!(spawn(&path).wait().unwrap().success());
    let undisturbed = begun.elapsed();
    let (mut killed, mut migrated, mut with_backup) = (0, 0, 0);
    for attempt in 0..kills {
        renew();
        let mut child = spawn(&path);
        // Spread over the time that it takes, in an order that is none.
        sleep(undisturbed.mul_f64((attempt as f64 * 0.618_034).fract()));
        child.kill().unwrap();
        killed += usize::from(!child.wait().unwrap().success());

        let backup = folder.path().join("exp.before-4.db");
        if backup.exists() {
            with_backup += 1;
            assert_eq!(version(&backup), 3);
            let damage = check(&backup).unwrap().problems;
            assert_eq!(damage, [Problem::OlderSchema { found: 3, known: 4 }]);
        }
        migrated += usize::from(version(&path) == 4);
        let store = Store::open(&path).unwrap();
        assert_eq!(store.runs(&RunFilter::default()).unwrap().len(), 150);
        assert_eq!(store.run("old 150").unwrap().points.len(), 200);
        store.close().unwrap();
        assert_eq!(check(&path).unwrap().problems, []);
    }
    println!("{killed} of {kills} were killed; {with_backup} left a copy, {migrated} were through");
    assert!(killed > 0);
}
