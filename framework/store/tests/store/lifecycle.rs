//! A run's way from queued to its end.

use exp_core::event::{Event, EventSink};
use exp_core::metrics::Rule;
use exp_store::{PromptRecord, Status};

use crate::{message, planned, point, prediction, provenance};

fn prompt(class: &str, text: &str, token_ids: &[u32]) -> PromptRecord {
    PromptRecord {
        class: class.to_owned(),
        text: text.to_owned(),
        token_ids: token_ids.to_vec(),
    }
}

#[test]
fn a_started_run_keeps_its_provenance_and_prompts() {
    let (_folder, store) = planned(&["a"]);
    let prompts = [
        prompt("sadness", "", &[]),
        prompt(
            "happiness",
            "a smile 🙂\nand \"raised\" cheeks",
            &[49406, 320, u32::MAX],
        ),
    ];
    store.start("a", &provenance(), &prompts).unwrap();
    store.heartbeat("a").unwrap();
    let run = store.experiment("e").unwrap().runs.remove(0);
    assert_eq!(run.status, Status::Running);
    assert_eq!(run.provenance, Some(provenance()));
    assert_eq!(run.prompts, prompts, "in the order they were given");
    assert!(run.started.is_some() && run.finished.is_none());

    store.finish("a").unwrap();
    let run = store.experiment("e").unwrap().runs.remove(0);
    assert_eq!(run.status, Status::Done);
    assert!(run.finished >= run.started);
}

#[test]
fn starting_again_removes_the_figures_of_the_failed_attempt() {
    let (_folder, store) = planned(&["a", "b"]);
    for run in ["a", "b"] {
        store
            .start(run, &provenance(), &[prompt("happiness", "happy", &[1])])
            .unwrap();
        let sink = store.writer().run_sink(run);
        sink.emit(Event::Epoch {
            epoch: 1,
            points: vec![point("test/uar", 1, 40.0)],
        });
        sink.emit(Event::Predictions {
            rule: Rule::Last,
            epoch: 1,
            predictions: vec![prediction("x", 0, 1)],
        });
        sink.emit(Event::Checkpoint {
            rule: Rule::Last,
            epoch: 1,
            path: "last.safetensors".into(),
        });
    }
    store.fail("a", "out of memory").unwrap();
    let failed = store.experiment("e").unwrap().runs.remove(0);
    assert_eq!(
        (failed.status, failed.failure.as_deref()),
        (Status::Failed, Some("out of memory"))
    );
    assert_eq!(
        (
            failed.points.len(),
            failed.selections.len(),
            failed.checkpoints.len()
        ),
        (1, 1, 1)
    );

    store.start("a", &provenance(), &[]).unwrap();
    let runs = store.experiment("e").unwrap().runs;
    let (again, other) = (&runs[0], &runs[1]);
    assert_eq!(
        (again.status, &again.failure, again.finished),
        (Status::Running, &None, None)
    );
    assert!(again.points.is_empty() && again.prompts.is_empty());
    assert!(again.selections.is_empty() && again.checkpoints.is_empty());
    assert_eq!(
        (other.points.len(), other.selections[0].predictions.len()),
        (1, 1),
        "another run keeps its own"
    );
}

#[test]
fn finish_waits_for_the_figures() {
    let (_folder, store) = planned(&["a"]);
    store.start("a", &provenance(), &[]).unwrap();
    let sink = store.writer().run_sink("a");
    for epoch in 1..=500 {
        sink.emit(Event::Epoch {
            epoch,
            points: vec![point("train/loss", epoch, 1.0 / epoch as f64)],
        });
    }
    store.finish("a").unwrap();
    assert_eq!(store.experiment("e").unwrap().runs[0].points.len(), 500);
}

#[test]
fn steps_out_of_order_are_refused() {
    let (folder, store) = planned(&["a"]);
    let error = store.finish("a").unwrap_err();
    insta::assert_snapshot!(message(&error, &folder), @r#"cannot finish run `a`: expected it to be running, but it is queued"#);
    store.start("a", &provenance(), &[]).unwrap();
    store.finish("a").unwrap();
    let error = store.start("a", &provenance(), &[]).unwrap_err();
    insta::assert_snapshot!(message(&error, &folder), @r#"cannot start run `a`: expected it to be queued or running or failed or interrupted, but it is done"#);
    let error = store.heartbeat("a").unwrap_err();
    insta::assert_snapshot!(message(&error, &folder), @r#"cannot note a heartbeat of run `a`: expected it to be running, but it is done"#);
    let error = store.fail("nobody", "").unwrap_err();
    insta::assert_snapshot!(message(&error, &folder), @r#"the store `FOLDER/store.sqlite` has no run `nobody`; plan it before it is used"#);
}

#[test]
fn a_write_error_is_told_by_every_later_step_and_nothing_more_is_written() {
    let (folder, store) = planned(&["a"]);
    store.start("a", &provenance(), &[]).unwrap();
    let writer = store.writer();
    writer.run_sink("a").emit(Event::Predictions {
        rule: Rule::Last,
        epoch: 1,
        predictions: vec![prediction("x", 0, 0), prediction("x", 0, 1)],
    });
    let error = writer.flush().unwrap_err();
    insta::assert_snapshot!(message(&error, &folder), @r#"
    figures were lost: they could not be written, and none after them were
    caused by: clip `x` has two predictions in run `a`; each test clip may be listed only once
    "#);
    writer.run_sink("a").emit(Event::Epoch {
        epoch: 2,
        points: vec![point("test/uar", 2, 1.0)],
    });
    assert!(writer.flush().is_err());
    assert!(store.finish("a").is_err());
    assert_eq!(store.experiment("e").unwrap().runs[0].points, []);
    assert_eq!(
        store.experiment("e").unwrap().runs[0].status,
        Status::Running
    );
    assert!(store.fail("a", "figures were lost").is_err());
    assert_eq!(
        store.experiment("e").unwrap().runs[0].status,
        Status::Failed
    );
    assert!(store.close().is_err());
}

#[test]
fn a_sink_of_an_unplanned_run_and_of_a_closed_store_are_told() {
    let (folder, store) = planned(&[]);
    let writer = store.writer();
    writer.run_sink("nobody").emit(Event::Epoch {
        epoch: 1,
        points: vec![],
    });
    let error = store.close().unwrap_err();
    insta::assert_snapshot!(message(&error, &folder), @r#"
    figures were lost: they could not be written, and none after them were
    caused by: the store `FOLDER/store.sqlite` has no run `nobody`; plan it before it is used
    "#);
    let error = writer.flush().unwrap_err();
    insta::assert_snapshot!(message(&error, &folder), @r#"the store was closed while figures were still being written to it"#);
}
