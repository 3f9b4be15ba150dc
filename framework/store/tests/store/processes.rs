//! Many programs on one store at once.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use exp_core::event::{Event, EventSink};
use exp_core::metrics::Rule;
use exp_report::export::page;
use exp_report::published::Published;
use exp_report::{Options, Report};
use exp_store::{NewRun, Status, Store, check};

use crate::{OPEN, experiment, new_run, new_store, point, prediction, provenance};

const WRITERS: usize = 16;
const READERS: usize = 2;
const RUNS: usize = 24;
const EPOCHS: usize = 60;
const SERIES: usize = 15;
const CLIPS: usize = 50;

const STORE: &str = "EXP_TEST_SHARED_STORE";

fn ids() -> Vec<String> {
    (0..RUNS).map(|run| format!("run {run}")).collect()
}

#[test]
#[ignore = "is run in processes of its own by the last test here"]
fn child_that_writes() {
    let Some(path) = std::env::var_os(STORE) else {
        return;
    };
    let store = Store::open(path).unwrap();
    while let Some(claim) = store.claim(&ids(), &OPEN).unwrap() {
        store.begin(&claim, &provenance(), &[], 0).unwrap();
        let sink = store.writer().run_sink(&claim);
        for epoch in 1..=EPOCHS {
            let points =
                (0..SERIES).map(|i| point(&format!("series/{i}"), epoch, (epoch * i) as f64));
            sink.emit(Event::Epoch {
                epoch,
                points: points.collect(),
            });
            if epoch % 10 == 0 {
                let predictions = (0..CLIPS)
                    .map(|i| prediction(&format!("clip {i}"), i % 2, 1))
                    .collect();
                sink.emit(Event::Predictions {
                    rule: Rule::Last,
                    epoch,
                    predictions,
                });
                sink.flush().unwrap();
                store.heartbeat(&claim).unwrap();
            }
        }
        store.finish(&claim, None).unwrap();
    }
    store.close().unwrap();
}

#[test]
#[ignore = "is run in processes of its own by the last test here"]
fn child_that_reads() {
    let Some(path) = std::env::var_os(STORE) else {
        return;
    };
    let store = Store::open(path).unwrap();
    let mut looks = 0;
    loop {
        let data = store.experiment("e").unwrap();
        let done = data.runs.iter().all(|run| run.status == Status::Done);
        for run in &data.runs {
            assert_eq!(
                run.points.len() % SERIES,
                0,
                "an epoch is there wholly or not at all"
            );
        }
        let report = Report::new(data, &Options::default(), &Published::default());
        let page = page(&[report.unwrap()], None).unwrap();
        assert!(page.contains("</html>"));
        looks += 1;
        sleep(Duration::from_millis(20));
        if done {
            break;
        }
    }
    assert!(looks > 0);
    println!("looked {looks} times");
}

fn spawn(path: &Path, child: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            &format!("processes::{child}"),
            "--ignored",
            "--nocapture",
        ])
        .env(STORE, path)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn sixteen_processes_write_while_two_render_and_nothing_is_lost() {
    let (_folder, store) = new_store();
    store.record_experiment(&experiment("e")).unwrap();
    let runs: Vec<NewRun> = ids().iter().map(|id| new_run(id)).collect();
    store.plan_runs("e", &runs).unwrap();
    let begun = Instant::now();
    let writers = (0..WRITERS).map(|_| spawn(store.path(), "child_that_writes"));
    let readers = (0..READERS).map(|_| spawn(store.path(), "child_that_reads"));
    let children: Vec<Child> = readers.chain(writers).collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        let told =
            String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{told}");
        assert!(!told.contains("locked"), "{told}");
        told.lines()
            .filter(|line| line.starts_with("looked"))
            .for_each(|line| println!("{line}"));
    }
    let data = store.experiment("e").unwrap();
    let points: usize = data.runs.iter().map(|run| run.points.len()).sum();
    println!(
        "{points} points of {} sent in {:?}",
        RUNS * EPOCHS * SERIES,
        begun.elapsed()
    );
    assert_eq!(points, RUNS * EPOCHS * SERIES);
    for run in &data.runs {
        assert_eq!(
            (run.status, run.history.attempts),
            (Status::Done, 1),
            "each was done once"
        );
        assert_eq!(run.selections[0].predictions.len(), CLIPS);
        let whole = run.points.iter().all(|p| {
            let series: usize = p.series.strip_prefix("series/").unwrap().parse().unwrap();
            p.value == (p.epoch * series) as f64
        });
        assert!(whole);
    }
    assert_eq!(check(store.path()).unwrap().problems, []);
    assert!(begun.elapsed() < Duration::from_secs(300));
}
