//! Lists of runs, and one run by the beginning of its id.

use exp_core::event::{Event, EventSink};
use exp_core::metrics::Rule;
use exp_store::{NewRun, RunFilter, RunLine, SelectedFigures, Status, Store};
use serde_json::json;
use tempfile::TempDir;

use crate::{begin, experiment, message, new_run, new_store, point, prediction};

fn run(id: &str, epochs: u64, temporal: &str) -> NewRun {
    let mut run = new_run(id);
    run.settings = json!({"train": {"epochs": epochs}, "temporal": {temporal: {}}});
    run
}

/// Two experiments: `e` has a done and a queued run, `f` shares one of them and has a failed one.
fn store() -> (TempDir, Store) {
    let (folder, store) = new_store();
    for name in ["e", "f"] {
        store.record_experiment(&experiment(name)).unwrap();
    }
    store
        .plan_runs("e", &[run("abc1", 2, "mean"), run("abd2", 3, "mean")])
        .unwrap();
    let mut other = run("ffff", 2, "transformer");
    other.benchmark = "dfew".to_owned();
    store
        .plan_runs("f", &[other, run("abc1", 2, "mean")])
        .unwrap();

    let claim = begin(&store, "abc1");
    let sink = store.writer().run_sink(&claim);
    for epoch in 1..=2 {
        sink.emit(Event::Epoch {
            epoch,
            points: vec![point("test/uar", epoch, 1.0)],
        });
    }
    let predictions = vec![
        prediction("x", 0, 0),
        prediction("y", 0, 1),
        prediction("z", 1, 1),
    ];
    sink.emit(Event::Predictions {
        rule: Rule::Last,
        epoch: 2,
        predictions,
    });
    store.finish(&claim, None).unwrap();
    store
        .fail(&begin(&store, "ffff"), "the loss is NaN", "step 7")
        .unwrap();
    store.add_note("abc1", "looks right").unwrap();
    store.add_note("abc1", "🙂").unwrap();
    (folder, store)
}

fn ids(store: &Store, filter: RunFilter) -> Vec<String> {
    store
        .runs(&filter)
        .unwrap()
        .into_iter()
        .map(|line| line.id)
        .collect()
}

#[test]
fn a_line_tells_what_is_known() {
    let (_folder, store) = store();
    let lines = store.runs(&RunFilter::default()).unwrap();
    let [done, queued, failed]: [RunLine; 3] = lines.try_into().unwrap();
    assert_eq!((done.id.as_str(), done.status), ("abc1", Status::Done));
    assert_eq!((done.epoch, done.epochs, done.notes), (2, Some(2), 2));
    let names: Vec<&str> = done
        .experiments
        .iter()
        .map(|e| e.experiment.as_str())
        .collect();
    assert_eq!(
        (names, done.experiments[0].levels.len()),
        (vec!["e", "f"], 1)
    );
    let figures = SelectedFigures {
        rule: Rule::Last,
        epoch: 2,
        uar: Some(75.0),
        war: Some(200.0 / 3.0),
    };
    assert_eq!(done.figures, [figures]);
    assert!(done.started.is_some() && done.finished.is_some() && done.seconds > 0.0);
    assert_eq!(
        (queued.status, queued.epoch, queued.started),
        (Status::Queued, 0, None)
    );
    assert_eq!(failed.failure.as_deref(), Some("the loss is NaN"));
}

#[test]
fn runs_are_filtered_and_their_settings_shown() {
    let (folder, store) = store();
    let of = |name: &str| RunFilter {
        experiment: Some(name.to_owned()),
        ..RunFilter::default()
    };
    assert_eq!(
        ids(&store, of("f")),
        ["ffff", "abc1"],
        "in the order of the plan"
    );
    let setting = |path: &str, value: &str| RunFilter {
        settings: vec![(path.to_owned(), value.to_owned())],
        ..RunFilter::default()
    };
    assert_eq!(ids(&store, setting("train.epochs", "2")), ["abc1", "ffff"]);
    assert_eq!(ids(&store, setting("temporal", "transformer")), ["ffff"]);
    assert!(ids(&store, setting("train.epochs", "9")).is_empty());
    let filter = RunFilter {
        statuses: vec![Status::Done, Status::Failed],
        ..RunFilter::default()
    };
    assert_eq!(ids(&store, filter), ["abc1", "ffff"]);
    let filter = RunFilter {
        benchmark: Some("dfew".to_owned()),
        show: vec!["train.epochs".to_owned(), "temporal.mean".to_owned()],
        ..RunFilter::default()
    };
    assert_eq!(
        store.runs(&filter).unwrap()[0].settings,
        [Some(json!(2)), None]
    );

    let error = store.runs(&setting("train.epoch", "2")).unwrap_err();
    insta::assert_snapshot!(message(&error, &folder), @r#"no run has a setting `train.epoch`; did you mean `train.epochs`?"#);
    assert!(
        store
            .runs(&of("g"))
            .unwrap_err()
            .to_string()
            .contains("`e`, `f`")
    );
}

#[test]
fn an_edited_plan_marks_what_it_left_out() {
    let (_folder, store) = store();
    store.plan_runs("e", &[run("abd2", 3, "mean")]).unwrap();
    let filter = RunFilter {
        experiment: Some("e".to_owned()),
        ..RunFilter::default()
    };
    let lines = store.runs(&filter).unwrap();
    let marked: Vec<_> = lines
        .iter()
        .map(|line| (line.id.as_str(), line.experiments[0].in_plan))
        .collect();
    assert_eq!(marked, [("abd2", true), ("abc1", false)]);
}

#[test]
fn a_unique_beginning_names_a_run() {
    let (folder, store) = store();
    let run = store.run("abc").unwrap();
    assert_eq!(
        (
            run.id.as_str(),
            run.points.len(),
            run.selections[0].predictions.len()
        ),
        ("abc1", 2, 3)
    );
    let notes: Vec<&str> = run
        .history
        .notes
        .iter()
        .map(|note| note.text.as_str())
        .collect();
    assert_eq!(notes, ["looks right", "🙂"]);
    let names: Vec<&str> = run
        .history
        .experiments
        .iter()
        .map(|e| e.experiment.as_str())
        .collect();
    assert_eq!(names, ["e", "f"]);
    assert_eq!(
        store.run("f").unwrap().history.log_tail.as_deref(),
        Some("step 7")
    );
    assert_eq!(store.run_id("abd").unwrap(), "abd2");
    insta::assert_snapshot!(message(&store.run("ab").unwrap_err(), &folder), @r#"2 runs have an id that begins with `ab`: `abc1`, `abd2`; type more of it"#);
    insta::assert_snapshot!(message(&store.run("bac1").unwrap_err(), &folder), @r#"the store `FOLDER/store.sqlite` has no run whose id begins with `bac1`; near it are `abc1`, `abd2`, `ffff`"#);
    insta::assert_snapshot!(message(&store.run("%").unwrap_err(), &folder), @r#"the store `FOLDER/store.sqlite` has no run whose id begins with `%`; near it are `abc1`, `abd2`, `ffff`"#);
    assert!(store.add_note("abc", "only whole ids").is_err());
}
