//! Opening: new files, files there already, and files that are none of ours.

use std::fs;
use std::path::Path;

use exp_store::Store;
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use tempfile::TempDir;

use crate::{experiment, message, planned};

/// Does something to a file with sqlx alone.
pub fn with_sqlite<T>(path: &Path, work: impl AsyncFnOnce(&mut SqliteConnection) -> T) -> T {
    let options = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut connection = options.connect().await.unwrap();
        let result = work(&mut connection).await;
        connection.close().await.unwrap();
        result
    })
}

pub fn execute(path: &Path, sql: &'static str) {
    with_sqlite(path, async |connection| {
        sqlx::raw_sql(sql).execute(connection).await.unwrap();
    });
}

fn refusal(folder: &TempDir, name: &str) -> String {
    match Store::open(folder.path().join(name)) {
        Ok(_) => panic!("{name} was opened"),
        Err(error) => message(&error, folder),
    }
}

#[test]
fn opening_again_finds_everything_and_migrates_once() {
    let (_folder, store) = planned(&["a"]);
    let path = store.path().to_owned();
    store.close().unwrap();
    for _ in 0..2 {
        let store = Store::open(&path).unwrap();
        assert_eq!(store.experiment("e").unwrap().runs.len(), 1);
        store.close().unwrap();
    }
    let (applied, mode): (i64, String) = with_sqlite(&path, async |connection| {
        let count = sqlx::query_scalar("SELECT count(*) FROM _sqlx_migrations");
        let applied = count.fetch_one(&mut *connection).await.unwrap();
        let mode = sqlx::query_scalar("PRAGMA journal_mode");
        (applied, mode.fetch_one(&mut *connection).await.unwrap())
    });
    assert_eq!((applied, mode.as_str()), (4, "wal"));
}

#[test]
fn a_copy_of_the_file_of_a_closed_store_is_whole() {
    let (folder, store) = planned(&["a"]);
    let path = store.path().to_owned();
    store.close().unwrap();
    let copy = folder.path().join("copy.sqlite");
    fs::copy(path, &copy).unwrap();
    assert_eq!(
        Store::open(copy)
            .unwrap()
            .experiment("e")
            .unwrap()
            .runs
            .len(),
        1
    );
}

#[test]
fn folders_are_made_and_an_empty_file_is_filled() {
    let folder = tempfile::tempdir().unwrap();
    Store::open(folder.path().join("runs/of/me/store.sqlite")).unwrap();
    fs::write(folder.path().join("empty.sqlite"), "").unwrap();
    let store = Store::open(folder.path().join("empty.sqlite")).unwrap();
    store.record_experiment(&experiment("e")).unwrap();
}

#[test]
fn a_first_opening_that_was_cut_short_is_completed() {
    let (folder, store) = planned(&[]);
    let path = folder.path().join("half.sqlite");
    // What sqlx leaves when the program dies before the first migration.
    let table: String = with_sqlite(store.path(), async |connection| {
        let table =
            sqlx::query_scalar("SELECT sql FROM sqlite_schema WHERE name = '_sqlx_migrations'");
        table.fetch_one(connection).await.unwrap()
    });
    with_sqlite(&path, async |connection| {
        sqlx::raw_sql(sqlx::AssertSqlSafe(table))
            .execute(connection)
            .await
            .unwrap();
    });
    assert!(
        Store::open(&path)
            .unwrap()
            .experiments()
            .unwrap()
            .is_empty()
    );
}

#[test]
fn what_is_no_store_is_refused_and_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("runs")).unwrap();
    insta::assert_snapshot!(refusal(&folder, "runs"), @r#"`FOLDER/runs` is a folder, but the store is a file; name a file with `--store FILE`, such as `FOLDER/runs/store.sqlite`"#);

    let notes = "name: ablation_context\n".repeat(100);
    fs::write(folder.path().join("notes.yaml"), &notes).unwrap();
    insta::assert_snapshot!(refusal(&folder, "notes.yaml"), @r#"`FOLDER/notes.yaml` is not a store: it is no SQLite database, or its header is damaged; move it away, or choose another file with `--store FILE`"#);
    assert_eq!(
        fs::read_to_string(folder.path().join("notes.yaml")).unwrap(),
        notes
    );

    insta::assert_snapshot!(refusal(&folder, "notes.yaml/store.sqlite"), @r#"
    cannot create the folder `FOLDER/notes.yaml` for the store; create it yourself, or choose another file with `--store FILE`
    caused by: File exists (os error 17)
    "#);

    let foreign = folder.path().join("bookmarks.sqlite");
    execute(
        &foreign,
        "CREATE TABLE bookmark (url TEXT); PRAGMA user_version = 7;",
    );
    let before = fs::read(&foreign).unwrap();
    insta::assert_snapshot!(refusal(&folder, "bookmarks.sqlite"), @r#"`FOLDER/bookmarks.sqlite` is not a store: it is the SQLite database of another program, which stays untouched; choose another file with `--store FILE`"#);
    assert_eq!(fs::read(&foreign).unwrap(), before);

    execute(&foreign, "DROP TABLE bookmark; PRAGMA application_id = 1;");
    assert!(refusal(&folder, "bookmarks.sqlite").contains("another program"));
}

#[test]
fn a_damaged_store_is_refused() {
    let (folder, store) = planned(&["a"]);
    let path = store.path().to_owned();
    store.close().unwrap();
    let mut bytes = fs::read(&path).unwrap();
    bytes[100..4096].fill(0xff);
    fs::write(&path, bytes).unwrap();
    insta::assert_snapshot!(refusal(&folder, "store.sqlite"), @r#"
    the store `FOLDER/store.sqlite` is damaged: SQLite finds a part of it broken; stop what writes to it, keep a copy, see with `exp store check` what is hurt, and save what is readable with `sqlite3 FOLDER/store.sqlite .recover | sqlite3 saved.db`
    caused by: (code: 11) database disk image is malformed
    "#);
    // An older copy beside it is pointed out.
    fs::write(folder.path().join("store.before-4.db"), "").unwrap();
    let mut bytes = fs::read(&path).unwrap();
    bytes[..16].fill(0);
    fs::write(&path, bytes).unwrap();
    insta::assert_snapshot!(refusal(&folder, "store.sqlite"), @r#"`FOLDER/store.sqlite` is not a store: it is no SQLite database, or its header is damaged; move it away, or choose another file with `--store FILE`; an older copy lies beside it: `store.before-4.db`"#);
}

#[test]
fn a_newer_and_a_different_schema_are_refused() {
    let (folder, store) = planned(&[]);
    let path = store.path().to_owned();
    store.close().unwrap();
    execute(
        &path,
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9, 'later', TRUE, x'00', 1);",
    );
    insta::assert_snapshot!(refusal(&folder, "store.sqlite"), @"the store `FOLDER/store.sqlite` has schema version 9, but this program knows versions up to 4; use the newer `exp` that wrote it, or choose another file with `--store FILE`");
    execute(
        &path,
        "DELETE FROM _sqlx_migrations WHERE version = 9;
         UPDATE _sqlx_migrations SET checksum = x'00' WHERE version = 1;",
    );
    insta::assert_snapshot!(refusal(&folder, "store.sqlite"), @r#"version 1 of the schema of the store `FOLDER/store.sqlite` differs from this program's: a development version of `exp` made it; use that one, or choose another file with `--store FILE`"#);
}

/// The superuser may write everywhere, so there these two have nothing to see.
#[cfg(unix)]
mod write_protected {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn protect(path: &Path, mode: u32) -> bool {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        let probe = if path.is_dir() {
            path.join("probe")
        } else {
            path.to_owned()
        };
        fs::File::options()
            .append(true)
            .create(true)
            .open(probe)
            .is_err()
    }

    #[test]
    fn a_folder_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        if protect(folder.path(), 0o555) {
            insta::assert_snapshot!(refusal(&folder, "store.sqlite"), @r#"
    cannot write the store `FOLDER/store.sqlite`: SQLite needs to write this file and to create others beside it; make the file and its folder writable, or choose another file with `--store FILE`
    caused by: Permission denied (os error 13)
    "#);
            insta::assert_snapshot!(refusal(&folder, "runs/store.sqlite"), @r#"
    cannot create the folder `FOLDER/runs` for the store; create it yourself, or choose another file with `--store FILE`
    caused by: Permission denied (os error 13)
    "#);
        }
        protect(folder.path(), 0o755);
    }

    #[test]
    fn a_file_is_refused() {
        let (folder, store) = planned(&[]);
        let path = store.path().to_owned();
        store.close().unwrap();
        if protect(&path, 0o444) {
            insta::assert_snapshot!(refusal(&folder, "store.sqlite"), @r#"
    cannot write the store `FOLDER/store.sqlite`: SQLite needs to write this file and to create others beside it; make the file and its folder writable, or choose another file with `--store FILE`
    caused by: (code: 8) attempt to write a readonly database
    "#);
        }
    }
}
