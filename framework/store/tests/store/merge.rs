//! Stores of several machines become one.

use std::fs;

use exp_core::event::{Event, EventSink, Prediction};
use exp_core::llm_call::LlmCall;
use exp_core::metrics::Rule;
use exp_store::{
    EvaluationRecord, ExperimentData, NewRun, PromptRecord, RunFilter, Status, Store, check, files,
};
use serde_json::json;
use tempfile::TempDir;

use crate::opening::execute;
use crate::{begin, claim, experiment, message, new_run, new_store, point, prediction, provenance};

/// A store whose experiment `e` has the given runs.
fn machine(runs: &[&str]) -> (TempDir, Store) {
    let (folder, store) = new_store();
    store.record_experiment(&experiment("e")).unwrap();
    let runs: Vec<NewRun> = runs.iter().map(|id| new_run(id)).collect();
    store.plan_runs("e", &runs).unwrap();
    (folder, store)
}

fn train(store: &Store, run: &str, value: f64) {
    let claim = claim(store, run);
    let prompt = PromptRecord {
        class: "happiness".to_owned(),
        text: format!("a smile of {run}"),
        token_ids: vec![1, 2],
    };
    store.begin(&claim, &provenance(), &[prompt], 0).unwrap();
    let sink = store.writer().run_sink(&claim);
    for epoch in 1..=3 {
        let points = vec![
            point("test/uar", epoch, value),
            point("train/loss", epoch, f64::NAN),
            point("time/epoch_seconds", epoch, seconds(store, epoch)),
            point(&format!("test/of {run}"), epoch, f64::NEG_INFINITY),
        ];
        sink.emit(Event::Epoch { epoch, points });
    }
    let predictions: Vec<Prediction> = (0..10)
        .map(|clip| {
            prediction(
                &format!("clip {clip} of {run}"),
                clip % 2,
                usize::from(clip as f64 > value),
            )
        })
        .collect();
    sink.emit(Event::Predictions {
        rule: Rule::Last,
        epoch: 3,
        predictions,
    });
    let path = match run {
        "c" => "/nowhere/last.safetensors".into(),
        run => files::checkpoints_of(store.path(), run).join("last.safetensors"),
    };
    sink.emit(Event::Checkpoint {
        rule: Rule::Last,
        epoch: 3,
        path,
    });
    store.finish(&claim, None).unwrap();
}

/// A time differs from machine to machine.
fn seconds(store: &Store, epoch: usize) -> f64 {
    store
        .path()
        .display()
        .to_string()
        .bytes()
        .map(f64::from)
        .sum::<f64>()
        + epoch as f64
}

/// All that a store tells, as text, since NaN equals nothing.
fn all(store: &Store) -> String {
    let data: ExperimentData = store.experiment("e").unwrap();
    let lines = store.runs(&RunFilter::default()).unwrap();
    let evaluations = store.evaluations().unwrap();
    format!(
        "{data:#?}\n{lines:#?}\n{evaluations:#?}\n{:#?}",
        store.llm_calls("faces").unwrap()
    )
}

#[test]
fn shards_come_together_and_twice_is_once() {
    let runs = ["a", "b", "c", "d"];
    let (_one, ours) = machine(&runs);
    let (_two, theirs) = machine(&runs);
    let (_three, third) = machine(&runs);
    train(&ours, "a", 3.0);
    train(&theirs, "b", 5.0);
    train(&theirs, "c", 6.0);
    theirs.add_note("b", "from the second machine").unwrap();
    theirs.add_note("a", "queued there, done here").unwrap();
    let call = LlmCall {
        set: "faces".to_owned(),
        class: "happiness".to_owned(),
        sample: 1,
        retry: 0,
        server: "http://localhost/v1".to_owned(),
        request: json!({}),
        status: None,
        response: None,
        fault: None,
        seconds: 1.0,
        prompt_tokens: None,
        completion_tokens: None,
    };
    theirs.record_llm_call(&call).unwrap();
    theirs.record_evaluation(&evaluation(0)).unwrap();
    train(&third, "d", 1.0);
    // One checkpoint lies among the files of its store, another one elsewhere.
    let file = files::checkpoints_of(theirs.path(), "b").join("last.safetensors");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, "").unwrap();

    let merged = ours.merge(theirs.path()).unwrap();
    assert_eq!((merged.added, merged.replaced, merged.kept), (0, 2, 2));
    assert_eq!(
        (merged.notes, merged.evaluations, merged.llm_calls),
        (2, 1, 1)
    );
    assert_eq!(merged.conflicts, []);
    ours.merge(third.path()).unwrap();
    let once = all(&ours);
    for other in [&theirs, &third] {
        let again = ours.merge(other.path()).unwrap();
        assert_eq!((again.added, again.replaced, again.kept), (0, 0, 4));
        assert_eq!((again.notes, again.evaluations, again.llm_calls), (0, 0, 0));
        assert_eq!(again.conflicts, []);
    }
    assert_eq!(all(&ours), once);

    let data = ours.experiment("e").unwrap();
    assert!(
        data.runs
            .iter()
            .all(|run| run.status == Status::Done && run.points.len() == 12)
    );
    let ids: Vec<&str> = data.runs.iter().map(|run| run.id.as_str()).collect();
    assert_eq!(ids, runs);
    let original = theirs.experiment("e").unwrap();
    for (ours, theirs) in data
        .runs
        .iter()
        .zip(&original.runs)
        .filter(|(_, run)| run.status == Status::Done)
    {
        assert_eq!(
            (&ours.selections, &ours.prompts),
            (&theirs.selections, &theirs.prompts)
        );
        assert_eq!(format!("{:?}", ours.points), format!("{:?}", theirs.points));
        assert_eq!(ours.provenance, theirs.provenance);
    }
    assert_eq!(data.runs[1].checkpoints[0].path, file);
    assert_eq!(
        data.runs[2].checkpoints[0].path.to_str(),
        Some("/nowhere/last.safetensors")
    );
    assert_eq!(ours.evaluations().unwrap(), [evaluation(0)]);
    let left = fs::read_dir(files::files(ours.path())).unwrap();
    assert_eq!(left.count(), 0, "no copy is left");
}

fn evaluation(predicted: usize) -> EvaluationRecord {
    EvaluationRecord {
        id: "ev".to_owned(),
        checkpoint: "last.safetensors".to_owned(),
        sha256: "00".to_owned(),
        run: Some("b".to_owned()),
        benchmark: "synthetic".to_owned(),
        synthetic: true,
        fold: 0,
        settings: json!({}),
        classes: vec!["happiness".to_owned(), "sadness".to_owned()],
        provenance: provenance(),
        predictions: vec![prediction("x", 0, predicted), prediction("y", 1, 1)],
    }
}

#[test]
fn other_results_of_the_same_run_are_told_and_not_taken() {
    let (_one, ours) = machine(&["a", "b"]);
    let (_two, theirs) = machine(&["a", "b"]);
    // The first and the last date stay, so both have to be ours.
    ours.record_experiment(&experiment("e")).unwrap();
    for run in ["a", "b"] {
        train(&ours, run, 3.0);
    }
    train(&theirs, "a", 4.0);
    train(&theirs, "b", 3.0);
    ours.record_evaluation(&evaluation(0)).unwrap();
    theirs.record_evaluation(&evaluation(1)).unwrap();
    let before = all(&ours);
    let merged = ours.merge(theirs.path()).unwrap();
    assert_eq!(all(&ours), before);
    let [run, other] = &merged.conflicts[..] else {
        panic!("{:?}", merged.conflicts)
    };
    assert_eq!(
        (run.id.as_str(), run.evaluation, run.points),
        ("a", false, 3)
    );
    assert_eq!(
        (run.first_points[0].ours, run.first_points[0].theirs),
        (Some(3.0), Some(4.0))
    );
    assert_eq!(
        (run.selections[0].rule, run.selections[0].clips),
        (Rule::Last, 1)
    );
    assert_eq!((other.id.as_str(), other.evaluation), ("ev", true));
}

#[test]
fn of_two_unfinished_runs_the_further_one_is_taken_unless_it_is_worked_on() {
    let (_one, ours) = machine(&["a", "b", "c"]);
    let (_two, theirs) = machine(&["a", "b", "c"]);
    let failed = begin(&theirs, "c");
    theirs.fail(&failed, "no clip can be read", "").unwrap();
    let living = begin(&ours, "b");
    for run in ["a", "b"] {
        let claim = begin(&theirs, run);
        let sink = theirs.writer().run_sink(&claim);
        sink.emit(Event::Epoch {
            epoch: 1,
            points: vec![point("test/uar", 1, 1.0)],
        });
        sink.flush().unwrap();
    }
    let merged = ours.merge(theirs.path()).unwrap();
    assert_eq!((merged.replaced, merged.kept), (2, 1));
    let runs = ours.experiment("e").unwrap().runs;
    assert_eq!(
        (runs[0].status, runs[0].points.len()),
        (Status::Interrupted, 1)
    );
    assert_eq!((runs[1].status, runs[1].points.len()), (Status::Running, 0));
    // One that failed before its first epoch is further than one that was never begun.
    assert_eq!(runs[2].status, Status::Failed);
    assert_eq!(runs[2].failure.as_deref(), Some("no clip can be read"));

    // A done one is taken in any case; who still works on it here is told.
    train(theirs_done(&theirs), "b", 1.0);
    ours.merge(theirs.path()).unwrap();
    assert_eq!(ours.experiment("e").unwrap().runs[1].status, Status::Done);
    assert!(ours.heartbeat(&living).is_err());
}

/// As if the process that worked on the other store's runs had ended.
fn theirs_done(store: &Store) -> &Store {
    execute(
        store.path(),
        "UPDATE run SET status = 'interrupted', process = NULL WHERE status = 'running'",
    );
    store
}

#[test]
fn of_edited_experiments_the_later_plan_counts() {
    let (_one, ours) = machine(&["a", "b"]);
    let (_two, theirs) = machine(&["a", "c"]);
    let mut edited = experiment("e");
    edited.yaml.push_str("# edited\n");
    std::thread::sleep(std::time::Duration::from_millis(3));
    theirs.record_experiment(&edited).unwrap();
    let plan = |store: &Store| -> Vec<String> {
        store
            .experiment("e")
            .unwrap()
            .runs
            .into_iter()
            .map(|run| run.id)
            .collect()
    };
    let (_three, fresh) = new_store();
    fresh.merge(theirs.path()).unwrap();
    assert_eq!(
        plan(&fresh),
        ["a", "c"],
        "an experiment that is new comes as it is"
    );
    fresh.merge(ours.path()).unwrap();
    ours.merge(theirs.path()).unwrap();
    for store in [&ours, &fresh] {
        assert_eq!(plan(store), ["a", "c"]);
        assert_eq!(store.experiment("e").unwrap().experiment, edited);
        assert_eq!(
            store.runs(&RunFilter::default()).unwrap().len(),
            3,
            "b is kept, and marked"
        );
    }
    assert_eq!(check(ours.path()).unwrap().problems, []);
}

#[test]
fn what_cannot_be_merged_is_told_and_an_older_store_can() {
    let (folder, ours) = machine(&["a"]);
    let path = ours.path().to_owned();
    insta::assert_snapshot!(message(&ours.merge(&path).unwrap_err(), &folder), @r#"`FOLDER/store.sqlite` is the store itself; name the stores of other machines"#);
    insta::assert_snapshot!(message(&ours.merge(&folder.path().join("no.db")).unwrap_err(), &folder), @r#"there is no store at `FOLDER/no.db`; run an experiment first, or name its store with `--store FILE`"#);
    let notes = folder.path().join("notes.db");
    fs::write(&notes, "name: e\n".repeat(600)).unwrap();
    insta::assert_snapshot!(message(&ours.merge(&notes).unwrap_err(), &folder), @r#"`FOLDER/notes.db` is not a store: it is no SQLite database, or its header is damaged; move it away, or choose another file with `--store FILE`"#);

    let older = folder.path().join("older.db");
    crate::migration::make_old(&older, 20);
    let before = fs::read(&older).unwrap();
    let merged = ours.merge(&older).unwrap();
    assert_eq!((merged.added, merged.kept), (20, 0));
    assert_eq!(fs::read(&older).unwrap(), before, "it is only read");
    assert_eq!(ours.run("old 7").unwrap().points.len(), 200);
}
