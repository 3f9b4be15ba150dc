//! Experiments and their plans.

use std::collections::HashMap;

use exp_core::experiment::Compare;
use exp_core::metrics::{Metric, Rule};
use exp_store::{ExperimentData, Status};

use crate::{begin, experiment, level, message, new_run, new_store, planned};

fn ids(data: &ExperimentData) -> Vec<&str> {
    data.runs.iter().map(|run| run.id.as_str()).collect()
}

#[test]
fn an_experiment_and_its_plan_are_read_back() {
    let (_folder, store) = new_store();
    let mut record = experiment("context");
    record.question = "Hilft „Kontext“? 🙂\n".to_owned();
    record.compare = Some(Compare {
        factor: "context".to_owned(),
        baseline: "none".to_owned(),
        metric: Metric::Uar,
        rule: Rule::BestTest,
    });
    record.benchmarks = vec!["dfew".to_owned(), "mafw".to_owned()];
    let mut run = new_run("b");
    run.seed = u64::MAX;
    run.fold = u32::MAX;
    run.synthetic = false;
    run.settings =
        serde_json::json!({"z": 0.1, "a": [1e-300, null], "": {"🙂": 18446744073709551615_u64}});
    run.levels = vec![level("context", "none"), level("temporal.depth", "2")];

    store.record_experiment(&record).unwrap();
    store
        .plan_runs("context", &[run.clone(), new_run("a")])
        .unwrap();

    let data = store.experiment("context").unwrap();
    assert_eq!(data.experiment, record);
    assert_eq!(data.created, data.updated);
    assert_eq!(ids(&data), ["b", "a"]);
    let read = &data.runs[0];
    assert_eq!(
        (
            &read.id,
            &read.benchmark,
            read.synthetic,
            read.fold,
            read.seed
        ),
        (&run.id, &run.benchmark, false, u32::MAX, u64::MAX)
    );
    assert_eq!(
        (&read.settings, &read.classes, &read.levels),
        (&run.settings, &run.classes, &run.levels)
    );
    assert_eq!(
        read.settings.to_string(),
        run.settings.to_string(),
        "the order of keys is kept"
    );
    assert_eq!((read.status, &read.failure), (Status::Queued, &None));
    assert_eq!(
        (&read.provenance, read.started, read.finished),
        (&None, None, None)
    );
}

#[test]
fn recording_again_replaces_all_but_the_first_time() {
    let (_folder, store) = new_store();
    store.record_experiment(&experiment("e")).unwrap();
    let before = store.experiment("e").unwrap();
    std::thread::sleep(std::time::Duration::from_millis(3));
    let mut changed = experiment("e");
    changed.question = "And now?".to_owned();
    store.record_experiment(&changed).unwrap();
    let after = store.experiment("e").unwrap();
    assert_eq!(after.experiment, changed);
    assert_eq!(after.created, before.created);
    assert!(after.updated > before.updated);
    assert_eq!(store.experiments().unwrap(), ["e"]);
}

#[test]
fn a_run_may_belong_to_two_experiments_with_levels_of_its_own() {
    let (_folder, store) = planned(&["shared", "first"]);
    let mut other = new_run("shared");
    other.levels = vec![level("prompt", "class_names")];
    store.record_experiment(&experiment("f")).unwrap();
    begin(&store, "shared");
    store
        .plan_runs("f", &[new_run("second"), other.clone()])
        .unwrap();

    let (e, f) = (
        store.experiment("e").unwrap(),
        store.experiment("f").unwrap(),
    );
    assert_eq!(
        (ids(&e), ids(&f)),
        (vec!["shared", "first"], vec!["second", "shared"])
    );
    assert_eq!(e.runs[0].levels, new_run("shared").levels);
    assert_eq!(f.runs[1].levels, other.levels);
    assert_eq!(
        f.runs[1].status,
        Status::Running,
        "planning again does not queue again"
    );
}

#[test]
fn an_edited_plan_leaves_old_runs_out_and_takes_them_back() {
    let (_folder, store) = planned(&["a", "b", "c"]);
    let mut d = new_run("d");
    d.seed = 2;
    let edited = [new_run("c"), d];
    let asked = store.compare_plan("e", &edited).unwrap();
    let change = store.plan_runs("e", &edited).unwrap();
    assert_eq!(change, asked, "asking beforehand tells the same");
    assert_eq!(
        (change.kept, change.new, change.gone),
        (
            1,
            vec!["d".to_owned()],
            vec!["a".to_owned(), "b".to_owned()]
        )
    );
    assert_eq!(
        store.compare_plan("not recorded", &edited).unwrap().new,
        ["c", "d"]
    );
    assert_eq!(ids(&store.experiment("e").unwrap()), ["c", "d"]);
    let known = store.statuses(&["a".to_owned()]).unwrap();
    assert_eq!(known["a"], Status::Queued, "the run itself stays");
    store.plan_runs("e", &[new_run("b"), new_run("a")]).unwrap();
    assert_eq!(ids(&store.experiment("e").unwrap()), ["b", "a"]);
}

#[test]
fn statuses_leave_out_what_is_unknown() {
    let (_folder, store) = planned(&["a", "b"]);
    let failed = begin(&store, "b");
    store.fail(&failed, "no clips", "").unwrap();
    let ids = ["a", "b", "nobody", "'; DROP TABLE run; --"].map(str::to_owned);
    let expected = HashMap::from([
        ("a".to_owned(), Status::Queued),
        ("b".to_owned(), Status::Failed),
    ]);
    assert_eq!(store.statuses(&ids).unwrap(), expected);
    assert!(store.statuses(&[]).unwrap().is_empty());
}

#[test]
fn mistakes_name_what_is_wrong() {
    let (folder, store) = new_store();
    let unknown = store.experiment("context").unwrap_err();
    insta::assert_snapshot!(message(&unknown, &folder), @r#"the store `FOLDER/store.sqlite` has no experiment `context`; it has none yet: `exp run FILE` adds one"#);
    for name in ["ablation_prompts", "ablation_context", "dfer_clip"] {
        store.record_experiment(&experiment(name)).unwrap();
    }
    let unknown = store.experiment("ablation_contex").unwrap_err();
    insta::assert_snapshot!(message(&unknown, &folder), @r#"the store `FOLDER/store.sqlite` has no experiment `ablation_contex`; it has `ablation_context`, `ablation_prompts`, `dfer_clip`"#);
    let unplanned = store.plan_runs("dfer-clip", &[]).unwrap_err();
    insta::assert_snapshot!(message(&unplanned, &folder), @r#"the store `FOLDER/store.sqlite` has no experiment `dfer-clip`; it has `dfer_clip`, `ablation_context`, `ablation_prompts`"#);
    let twice = store
        .plan_runs("dfer_clip", &[new_run("a"), new_run("a")])
        .unwrap_err();
    insta::assert_snapshot!(message(&twice, &folder), @r#"the plan of experiment `dfer_clip` has run `a` twice; two of its settings are the same"#);
}
