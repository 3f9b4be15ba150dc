//! Many processes, one run each.

use std::path::Path;
use std::thread;

use exp_core::event::{Event, EventSink};
use exp_store::{Status, Store};

use crate::opening::execute;
use crate::{OPEN, begin, claim, message, planned, point};

fn ids(runs: &[&str]) -> Vec<String> {
    runs.iter().map(|run| (*run).to_owned()).collect()
}

fn status(store: &Store, run: &str) -> Status {
    store.statuses(&ids(&[run])).unwrap()[run]
}

#[test]
fn runs_are_taken_in_order_each_once() {
    let (_folder, store) = planned(&["a", "b", "c"]);
    let asked = ids(&["b", "a", "c"]);
    let next = |from: &[Status]| store.claim(&asked, from).unwrap();
    let first = next(&OPEN).unwrap();
    assert_eq!((first.run(), first.attempt()), ("b", 1));
    store.fail(&first, "no", "").unwrap();
    assert_eq!(next(&[Status::Queued]).unwrap().run(), "a");
    assert_eq!(next(&[Status::Failed]).unwrap().attempt(), 2);
    assert_eq!(next(&OPEN).unwrap().run(), "c");
    assert!(next(&OPEN).is_none() && next(&[Status::Done]).is_none());
}

#[test]
fn threads_and_handles_never_take_the_same_run() {
    let runs: Vec<String> = (0..40).map(|i| format!("run {i}")).collect();
    let (_folder, store) = planned(&runs.iter().map(String::as_str).collect::<Vec<_>>());
    let path = store.path();
    let mut taken: Vec<String> = thread::scope(|scope| {
        let work = || {
            let store = Store::open(path).unwrap();
            let mut taken = Vec::new();
            while let Some(claim) = store.claim(&runs, &OPEN).unwrap() {
                taken.push(claim.run().to_owned());
            }
            taken
        };
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(work)).collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    });
    taken.sort();
    let mut expected = runs.clone();
    expected.sort();
    assert_eq!(taken, expected);
}

/// As if the run's process had ended and its number had been given to another one.
fn kill(path: &Path) {
    execute(
        path,
        "UPDATE run SET process_start = process_start - 1 WHERE status = 'running'",
    );
}

#[test]
#[cfg(target_os = "linux")]
fn a_dead_process_s_run_is_noticed_and_taken_over() {
    let (folder, store) = planned(&["a", "b"]);
    let asleep = begin(&store, "a");
    let sink = store.writer().run_sink(&asleep);
    let epoch = |epoch| Event::Epoch {
        epoch,
        points: vec![point("test/uar", epoch, 1.0)],
    };
    sink.emit(epoch(1));
    sink.flush().unwrap();
    assert!(store.notice_interrupted().unwrap().is_empty(), "it lives");
    assert!(store.claim(&ids(&["a"]), &OPEN).unwrap().is_none());

    kill(store.path());
    assert_eq!(store.notice_interrupted().unwrap(), ["a"]);
    assert_eq!(status(&store, "a"), Status::Interrupted);
    assert!(store.notice_interrupted().unwrap().is_empty());
    sink.emit(epoch(2));
    sink.flush().unwrap();
    store.heartbeat(&asleep).unwrap();
    assert_eq!(
        status(&store, "a"),
        Status::Running,
        "it was only asleep, and nobody took its run"
    );

    kill(store.path());
    let other = store.claim(&ids(&["a"]), &[]).unwrap().unwrap();
    assert_eq!(other.attempt(), 2);
    for refused in [
        store.heartbeat(&asleep),
        store.begin(&asleep, &crate::provenance(), &[], 0),
        store.finish(&asleep, None),
        store.fail(&asleep, "late", ""),
        store.interrupt(&asleep, None),
    ] {
        let text = message(&refused.unwrap_err(), &folder);
        assert!(
            text.contains("attempt 2; this process made attempt 1"),
            "{text}"
        );
    }
    sink.emit(epoch(3));
    let error = message(&sink.flush().unwrap_err(), &folder);
    let error = error.replace(&std::process::id().to_string(), "PROCESS");
    let host = store.run("a").unwrap().history.host.unwrap();
    insta::assert_snapshot!(error.replace(&host, "HOST"), @r#"
    figures were lost: they could not be written, and none after them were
    caused by: run `a` was taken over by process PROCESS on HOST (attempt 2; this process made attempt 1); what this process still had for it was not written, and the other goes on
    "#);
    let run = store.run("a").unwrap();
    assert_eq!((run.status, run.points.len()), (Status::Running, 2));
    store.finish(&other, None).unwrap();
}

#[test]
#[cfg(target_os = "linux")]
fn clocks_that_jump_kill_nobody_here() {
    let (_folder, store) = planned(&["a"]);
    begin(&store, "a");
    for heartbeat in [
        "UPDATE run SET heartbeat = '2001-01-01T00:00:00.000Z'",
        "UPDATE run SET heartbeat = '2101-01-01T00:00:00.000Z'",
    ] {
        execute(store.path(), heartbeat);
        assert!(
            store.notice_interrupted().unwrap().is_empty(),
            "{heartbeat}"
        );
        assert!(store.claim(&ids(&["a"]), &OPEN).unwrap().is_none());
    }
}

#[test]
fn of_another_host_the_heartbeat_counts() {
    let (_folder, store) = planned(&["a"]);
    begin(&store, "a");
    execute(
        store.path(),
        "UPDATE run SET host = 'another', boot = 'another'",
    );
    assert!(
        store.notice_interrupted().unwrap().is_empty(),
        "its heartbeat is fresh"
    );
    execute(
        store.path(),
        "UPDATE run SET heartbeat = '2001-01-01T00:00:00.000Z'",
    );
    assert_eq!(store.notice_interrupted().unwrap(), ["a"]);
}

#[test]
fn what_is_removed_is_gone_unless_somebody_works_on_it() {
    let (folder, store) = planned(&["a", "b"]);
    let living = begin(&store, "a");
    let error = store.remove_runs(&ids(&["b", "a"])).unwrap_err();
    let error = message(&error, &folder);
    assert!(
        error.starts_with("run `a` is being worked on by process "),
        "{error}"
    );
    assert_eq!(store.experiment("e").unwrap().runs.len(), 2, "all or none");
    store.finish(&living, None).unwrap();
    store.remove_runs(&ids(&["b", "a"])).unwrap();
    assert!(store.experiment("e").unwrap().runs.is_empty());
    assert!(store.remove_runs(&ids(&["a"])).is_err());

    store.plan_runs("e", &[crate::new_run("a")]).unwrap();
    assert_eq!(claim(&store, "a").attempt(), 1);
    assert!(
        store.heartbeat(&living).is_err(),
        "the claim was on the run that was removed"
    );
}
