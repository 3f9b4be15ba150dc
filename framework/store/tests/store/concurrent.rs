//! Several handles, as of several programs, on one file at once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use exp_core::event::{Event, EventSink};
use exp_store::{Status, Store};

use crate::{begin, experiment, new_run, planned, point, prediction};

const EPOCHS: usize = 400;

#[test]
fn two_writers_and_a_reader_lose_nothing_and_never_meet_a_lock() {
    let (_folder, first) = planned(&["a", "b"]);
    let path = first.path().to_owned();
    let second = Store::open(&path).unwrap();
    let third = Store::open(&path).unwrap();
    let writing = AtomicBool::new(true);
    let write = |store: &Store, run: &str| {
        let claim = begin(store, run);
        let sink = store.writer().run_sink(&claim);
        for epoch in 1..=EPOCHS {
            let names = ["test/uar", "test/war", "train/loss", run];
            let points = names.map(|name| point(name, epoch, epoch as f64)).to_vec();
            sink.emit(Event::Epoch { epoch, points });
            if epoch % 50 == 0 {
                let clips = (0..100)
                    .map(|i| prediction(&format!("clip {i}"), 0, 1))
                    .collect();
                sink.emit(Event::Predictions {
                    rule: exp_core::metrics::Rule::Last,
                    epoch,
                    predictions: clips,
                });
                store.heartbeat(&claim).unwrap();
            }
        }
        store.finish(&claim, None).unwrap();
    };
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let (mut looks, mut seen) = (0, 0);
            while writing.load(Ordering::Relaxed) {
                let data = third.experiment("e").unwrap();
                let points: usize = data.runs.iter().map(|run| run.points.len()).sum();
                assert!(points >= seen, "what was seen once stays");
                assert_eq!(points % 4, 0, "an event is there wholly or not at all");
                (looks, seen) = (looks + 1, points);
            }
            looks
        });
        let writers = [
            scope.spawn(|| write(&first, "a")),
            scope.spawn(|| write(&second, "b")),
        ];
        for writer in writers {
            writer.join().unwrap();
        }
        writing.store(false, Ordering::Relaxed);
        assert!(reader.join().unwrap() > 0);
    });
    for run in third.experiment("e").unwrap().runs {
        assert_eq!((run.status, run.points.len()), (Status::Done, 4 * EPOCHS));
        assert!(
            run.points
                .iter()
                .all(|point| point.value == point.epoch as f64)
        );
        assert_eq!(run.selections[0].predictions.len(), 100);
    }
}

#[test]
fn threads_of_one_program_share_a_store() {
    let runs: Vec<String> = (0..8).map(|i| format!("run {i}")).collect();
    let (_folder, store) = planned(&runs.iter().map(String::as_str).collect::<Vec<_>>());
    thread::scope(|scope| {
        for run in &runs {
            let store = &store;
            scope.spawn(move || {
                let claim = begin(store, run);
                let sink = store.writer().run_sink(&claim);
                for epoch in 1..=50 {
                    sink.emit(Event::Epoch {
                        epoch,
                        points: vec![point("test/uar", epoch, 1.0)],
                    });
                }
                assert_eq!(store.experiment("e").unwrap().runs.len(), 8);
                store.finish(&claim, None).unwrap();
            });
        }
    });
    for run in store.experiment("e").unwrap().runs {
        assert_eq!((run.status, run.points.len()), (Status::Done, 50));
    }
}

#[test]
fn many_may_make_a_new_store_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/er/store.sqlite");
    thread::scope(|scope| {
        for thread in 0..8 {
            let path = &path;
            scope.spawn(move || {
                let store = Store::open(path).unwrap();
                let name = format!("e{thread}");
                store.record_experiment(&experiment(&name)).unwrap();
                store.plan_runs(&name, &[new_run("shared")]).unwrap();
                store.close().unwrap();
            });
        }
    });
    let store = Store::open(&path).unwrap();
    assert_eq!(store.experiments().unwrap().len(), 8);
    assert_eq!(store.experiment("e0").unwrap().runs.len(), 1);
}
