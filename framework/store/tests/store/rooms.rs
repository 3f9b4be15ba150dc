//! Disks without room, and those that may not be written to.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use exp_core::event::{Event, EventSink};
use exp_store::{Status, Store, StoreError, check, query};

use crate::{begin, claim, experiment, message, new_run, point, provenance};

/// A small disk in memory; it is let go when this is dropped.
struct Disk {
    folder: tempfile::TempDir,
}

impl Disk {
    fn new(size: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        mount(
            &["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"],
            folder.path(),
        );
        Self { folder }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.folder.path()).status();
    }
}

fn mount(arguments: &[&str], place: &Path) {
    let done = Command::new("mount")
        .args(arguments)
        .arg(place)
        .status()
        .unwrap();
    assert!(done.success(), "mounting takes the rights of root");
}

#[test]
#[ignore = "mounts a small disk, which takes the rights of root; the twin in src/writer.rs needs none"]
fn a_full_disk_costs_only_what_came_after() {
    let disk = Disk::new("1200k");
    let path = disk.file("store.sqlite");
    let store = Store::open(&path).unwrap();
    store.record_experiment(&experiment("e")).unwrap();
    store.plan_runs("e", &[new_run("a"), new_run("b")]).unwrap();
    let first = begin(&store, "a");
    let emit = |sink: &exp_store::RunSink, epoch| {
        let points = (0..500)
            .map(|i| point(&format!("series/{i}"), epoch, 1.0))
            .collect();
        sink.emit(Event::Epoch { epoch, points });
    };
    emit(&store.writer().run_sink(&first), 1);
    store.finish(&first, None).unwrap();
    let second = begin(&store, "b");
    let sink = store.writer().run_sink(&second);
    let mut kept = 0;
    let error = loop {
        emit(&sink, kept + 1);
        match sink.flush() {
            Ok(()) => kept += 1,
            Err(error) => break error,
        }
        assert!(kept < 1000);
    };
    insta::assert_snapshot!(message(&error, &disk.folder), @r#"
    figures were lost: they could not be written, and none after them were
    caused by: the disk with the store `FOLDER/store.sqlite` is full; what was written before is kept: make room, and give the same command again
    caused by: (code: 13) database or disk is full
    "#);
    drop(store);
    mount(&["-o", "remount,size=20m"], disk.folder.path());
    let store = Store::open(&path).unwrap();
    assert_eq!(store.run("a").unwrap().status, Status::Done);
    assert_eq!(store.run("a").unwrap().points.len(), 500);
    assert_eq!(store.run("b").unwrap().points.len(), 500 * kept);
    assert_eq!(check(&path).unwrap().problems, []);
}

#[test]
#[ignore = "mounts a small disk, which takes the rights of root"]
fn a_migration_without_room_for_the_copy_changes_nothing() {
    let disk = Disk::new("20m");
    let path = disk.file("exp.db");
    crate::migration::make_old(&path, 100);
    let size = fs::metadata(&path).unwrap().len() / 1024;
    let _ = fs::remove_file(disk.file("exp.db-wal"));
    mount(
        &["-o", &format!("remount,size={}k", size + size / 2)],
        disk.folder.path(),
    );
    let error = Store::open(&path).err().unwrap();
    insta::assert_snapshot!(message(&error, &disk.folder), @r#"
    cannot copy the store `FOLDER/exp.db` to `FOLDER/exp.before-4.db`, which is done before its schema is brought up to date; nothing was changed: make room and make the folder writable, then try again
    caused by: (code: 13) database or disk is full
    "#);
    assert!(!disk.file("exp.before-4.db.partial").exists());
    mount(&["-o", "remount,size=20m"], disk.folder.path());
    assert_eq!(
        Store::open(&path)
            .unwrap()
            .runs(&Default::default())
            .unwrap()
            .len(),
        100
    );
}

#[test]
#[ignore = "mounts a small disk, which takes the rights of root"]
fn a_disk_that_is_only_read_can_be_asked_and_merged_from() {
    let disk = Disk::new("20m");
    let path = disk.file("exp.db");
    let store = Store::open(&path).unwrap();
    store.record_experiment(&experiment("e")).unwrap();
    store.plan_runs("e", &[new_run("a")]).unwrap();
    let claim = claim(&store, "a");
    store.begin(&claim, &provenance(), &[], 0).unwrap();
    store.finish(&claim, None).unwrap();
    store.close().unwrap();
    mount(&["-o", "remount,ro"], disk.folder.path());
    let error = Store::open(&path).err().unwrap();
    assert!(matches!(error, StoreError::NotWritable { .. }), "{error}");
    insta::assert_snapshot!(message(&error, &disk.folder), @r#"
    cannot write the store `FOLDER/exp.db`: SQLite needs to write this file and to create others beside it; make the file and its folder writable, or choose another file with `--store FILE`
    caused by: Read-only file system (os error 30)
    "#);
    assert_eq!(query(&path, "SELECT id FROM run").unwrap().rows.len(), 1);
    assert_eq!(check(&path).unwrap().problems, []);
    let (_folder, own) = crate::new_store();
    assert_eq!(own.merge(&path).unwrap().added, 1);
    assert_eq!(own.run("a").unwrap().status, Status::Done);
}
