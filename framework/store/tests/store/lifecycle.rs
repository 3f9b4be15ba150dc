//! A run's way from queued to its end.

use exp_core::event::{Event, EventSink};
use exp_core::metrics::Rule;
use exp_store::{PromptRecord, RunRecord, Status, Store};

use crate::{begin, claim, message, planned, point, prediction, provenance};

fn prompt(class: &str, text: &str, token_ids: &[u32]) -> PromptRecord {
    PromptRecord {
        class: class.to_owned(),
        text: text.to_owned(),
        token_ids: token_ids.to_vec(),
    }
}

/// The first run of the experiment.
fn first(store: &Store) -> RunRecord {
    store.experiment("e").unwrap().runs.remove(0)
}

/// What an epoch of training emits.
fn epoch(epoch: usize) -> [Event; 3] {
    [
        Event::Epoch {
            epoch,
            points: vec![point("test/uar", epoch, 40.0)],
        },
        Event::Predictions {
            rule: Rule::Last,
            epoch,
            predictions: vec![prediction("x", 0, 1)],
        },
        Event::Checkpoint {
            rule: Rule::Last,
            epoch,
            path: "last.safetensors".into(),
        },
    ]
}

#[test]
fn a_begun_run_keeps_its_provenance_and_prompts() {
    let (_folder, store) = planned(&["a"]);
    let prompts = [
        prompt("sadness", "", &[]),
        prompt(
            "happiness",
            "a smile 🙂\nand \"raised\" cheeks",
            &[49406, 320, u32::MAX],
        ),
    ];
    let claim = claim(&store, "a");
    store.begin(&claim, &provenance(), &prompts, 0).unwrap();
    store.heartbeat(&claim).unwrap();
    let run = first(&store);
    assert_eq!(run.status, Status::Running);
    assert_eq!(run.provenance, Some(provenance()));
    assert_eq!(run.prompts, prompts, "in the order they were given");
    assert!(run.started.is_some() && run.finished.is_none());
    assert_eq!(run.history.process, Some(i64::from(std::process::id())));

    store.finish(&claim, Some(3 << 30)).unwrap();
    let run = first(&store);
    assert_eq!(run.status, Status::Done);
    assert!(run.finished >= run.started);
    assert_eq!(run.provenance.unwrap().peak_memory, Some(3 << 30));
    assert_eq!((run.history.process, run.history.attempts), (None, 1));
    assert!(run.history.seconds > 0.0);
}

#[test]
fn beginning_anew_removes_the_figures_of_the_failed_attempt() {
    let (_folder, store) = planned(&["a", "b"]);
    let [a, _b] = ["a", "b"].map(|run| {
        let claim = claim(&store, run);
        let prompts = [prompt("happiness", "happy", &[1])];
        store.begin(&claim, &provenance(), &prompts, 0).unwrap();
        let sink = store.writer().run_sink(&claim);
        epoch(1).into_iter().for_each(|event| sink.emit(event));
        sink.flush().unwrap();
        claim
    });
    store.fail(&a, "out of memory", "step 3\nstep 4").unwrap();
    let failed = first(&store);
    assert_eq!(
        (
            failed.status,
            failed.failure.as_deref(),
            failed.history.log_tail.as_deref()
        ),
        (
            Status::Failed,
            Some("out of memory"),
            Some("step 3\nstep 4")
        )
    );
    assert_eq!(
        (
            failed.points.len(),
            failed.selections.len(),
            failed.checkpoints.len(),
            failed.history.epoch
        ),
        (1, 1, 1, 1)
    );

    begin(&store, "a");
    let runs = store.experiment("e").unwrap().runs;
    let (again, other) = (&runs[0], &runs[1]);
    assert_eq!(
        (
            again.status,
            &again.failure,
            &again.history.log_tail,
            again.finished
        ),
        (Status::Running, &None, &None, None)
    );
    assert!(again.points.is_empty() && again.prompts.is_empty());
    assert!(again.selections.is_empty() && again.checkpoints.is_empty());
    assert_eq!((again.history.epoch, again.history.attempts), (0, 2));
    assert_eq!(
        (other.points.len(), other.selections[0].predictions.len()),
        (1, 1),
        "another run keeps its own"
    );
}

#[test]
fn going_on_keeps_the_epochs_that_count_and_the_time_they_took() {
    let (_folder, store) = planned(&["a"]);
    let claim = begin(&store, "a");
    let sink = store.writer().run_sink(&claim);
    for number in 1..=3 {
        epoch(number).into_iter().for_each(|event| sink.emit(event));
    }
    std::thread::sleep(std::time::Duration::from_millis(20));
    store.interrupt(&claim, None).unwrap();
    let before = first(&store);
    assert_eq!(before.status, Status::Interrupted);
    assert!(before.history.seconds >= 0.02);

    let claim = crate::claim(&store, "a");
    store.begin(&claim, &provenance(), &[], 2).unwrap();
    let again = first(&store);
    let epochs: Vec<usize> = again.points.iter().map(|point| point.epoch).collect();
    assert_eq!(epochs, [1, 2]);
    assert!(
        again.selections.is_empty() && again.checkpoints.is_empty(),
        "they were of epoch 3"
    );
    assert_eq!((again.started, again.history.epoch), (before.started, 2));
    std::thread::sleep(std::time::Duration::from_millis(20));
    store.finish(&claim, None).unwrap();
    assert!(first(&store).history.seconds >= before.history.seconds + 0.02);
}

#[test]
fn finish_waits_for_the_figures() {
    let (_folder, store) = planned(&["a"]);
    let claim = begin(&store, "a");
    let sink = store.writer().run_sink(&claim);
    for epoch in 1..=500 {
        sink.emit(Event::Epoch {
            epoch,
            points: vec![point("train/loss", epoch, 1.0 / epoch as f64)],
        });
    }
    store.finish(&claim, None).unwrap();
    assert_eq!(first(&store).points.len(), 500);
}

#[test]
fn steps_out_of_order_are_refused() {
    let (folder, store) = planned(&["a"]);
    let claim = begin(&store, "a");
    store.finish(&claim, None).unwrap();
    let error = store.finish(&claim, None).unwrap_err();
    insta::assert_snapshot!(message(&error, &folder), @r#"cannot finish run `a`: expected it to be running, but it is done"#);
    let error = store.heartbeat(&claim).unwrap_err();
    insta::assert_snapshot!(message(&error, &folder), @r#"cannot note a heartbeat of run `a`: expected it to be running, but it is done"#);
    assert!(store.begin(&claim, &provenance(), &[], 0).is_err());
    assert_eq!(first(&store).status, Status::Done);
    let error = store.claim(&["nobody".to_owned()], &[]).unwrap_err();
    insta::assert_snapshot!(message(&error, &folder), @r#"the store `FOLDER/store.sqlite` has no run `nobody`; plan it before it is used"#);
}

#[test]
fn figures_that_are_refused_stop_their_run_and_no_other() {
    let (folder, store) = planned(&["a", "b"]);
    let (a, b) = (begin(&store, "a"), begin(&store, "b"));
    let (sink, other) = (store.writer().run_sink(&a), store.writer().run_sink(&b));
    sink.emit(Event::Predictions {
        rule: Rule::Last,
        epoch: 1,
        predictions: vec![prediction("x", 0, 0), prediction("x", 0, 1)],
    });
    epoch(1).into_iter().for_each(|event| other.emit(event));
    let error = sink.flush().unwrap_err();
    insta::assert_snapshot!(message(&error, &folder), @r#"
    figures were lost: they could not be written, and none after them were
    caused by: clip `x` has two predictions in run `a`; each test clip may be listed only once
    "#);
    epoch(2).into_iter().for_each(|event| sink.emit(event));
    assert!(sink.flush().is_err(), "there would be a hole");
    assert!(store.finish(&a, None).is_err());
    assert_eq!(
        (first(&store).points, first(&store).status),
        (vec![], Status::Running)
    );
    assert!(store.fail(&a, "figures were lost", "").is_err());
    assert_eq!(first(&store).status, Status::Failed);

    other.flush().unwrap();
    store.finish(&b, None).unwrap();
    assert_eq!(store.run("b").unwrap().points.len(), 1);
    assert!(store.close().is_err());
}

#[test]
fn a_sink_of_a_closed_store_is_told() {
    let (folder, store) = planned(&["a"]);
    let sink = store.writer().run_sink(&begin(&store, "a"));
    store.close().unwrap();
    epoch(1).into_iter().for_each(|event| sink.emit(event));
    let error = sink.flush().unwrap_err();
    insta::assert_snapshot!(message(&error, &folder), @r#"the store was closed while figures were still being written to it"#);
}
