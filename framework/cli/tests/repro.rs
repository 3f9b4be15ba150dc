//! `exp repro`: a run that was trained is trained again, and every figure is compared.
#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use exp_core::event::{Event, EventSink, Point};
use exp_store::{Status, Store};

const PROTOCOL: &str = "\
benchmark: {synthetic: {train: 70, test: 70}}
backbone: small
clip: {frames: 2, size: 48}
train: {epochs: 1, batch: 16}
";

const EXPERIMENT: &str = "\
name: tiny
question: Does it come out the same?
benchmarks: [synthetic]
base:
  prompt: {descriptions: {set: observed-7}}
  context: none
  temporal: mean
seeds: [1]
";

fn exp(folder: &Path, arguments: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_exp");
    Command::new(program)
        .current_dir(folder)
        .args(arguments)
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn a_run_comes_out_the_same_or_it_is_said_what_differs() {
    let project = tempfile::tempdir().unwrap();
    let top = project.path();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../prompts/observed-7.yaml");
    let prompts = fs::read_to_string(shipped).unwrap();
    let write = |path: &str, text: &str| {
        let path = top.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("experiments/benchmarks/synthetic.yaml", PROTOCOL);
    write("experiments/tiny.yaml", EXPERIMENT);
    write("prompts/observed-7.yaml", &prompts);
    let arguments = [
        "--device",
        "cpu",
        "--set",
        "train.epochs=2",
        "--set",
        "augment={flip: 0.5}",
    ];
    let trained = exp(
        top,
        &[&["run", "experiments/tiny.yaml"], &arguments[..]].concat(),
    );
    assert!(trained.status.success(), "{}", text(&trained.stderr));
    let path = top.join("runs/exp.db");
    let id = Store::open(&path)
        .unwrap()
        .runs(&Default::default())
        .unwrap()
        .remove(0)
        .id;

    // The commands that make it again.
    let recipe = exp(top, &["repro", &id]);
    let recipe = text(&recipe.stdout);
    let last = format!(
        "target/release/exp run tiny.yaml --on synthetic --set train.epochs=2 --set 'augment={{flip: 0.5}}' \
         --device cpu --store runs/repro-{}.db",
        &id[..8]
    );
    assert!(recipe.contains(&last), "{recipe}");

    // Its settings are in the store: the experiment's file may change.
    write("experiments/tiny.yaml", "name: another\n");
    let again = exp(top, &["repro", &id, "--run"]);
    let (out, error) = (text(&again.stdout), text(&again.stderr));
    assert!(again.status.success(), "{out}{error}");
    assert!(
        out.contains("figures and predictions are the same, bit for bit"),
        "{out}"
    );
    assert!(top.join(format!("runs/repro/{id}.db")).is_file());

    // Other texts make another run.
    write(
        "prompts/observed-7.yaml",
        &prompts.replace("narrow eyes", "small eyes"),
    );
    let other = exp(top, &["repro", &id, "--run"]);
    let error = text(&other.stderr);
    assert_eq!(other.status.code(), Some(2), "{error}");
    assert!(
        error.contains("cannot be made again")
            && error.contains("the prompts' texts differ (of happiness)"),
        "{error}"
    );
    write("prompts/observed-7.yaml", &prompts);

    // Figures that differ are told.
    let store = Store::open(&path).unwrap();
    let record = store.run(&id).unwrap();
    let claim = store
        .claim(std::slice::from_ref(&id), &[Status::Done])
        .unwrap()
        .unwrap();
    store
        .begin(
            &claim,
            record.provenance.as_ref().unwrap(),
            &record.prompts,
            2,
        )
        .unwrap();
    let sink = store.writer().run_sink(&claim);
    let point = Point {
        series: "train/loss".to_owned(),
        epoch: 2,
        value: f64::NAN,
    };
    sink.emit(Event::Epoch {
        epoch: 2,
        points: vec![point],
    });
    store.finish(&claim, None).unwrap();
    store.close().unwrap();
    let differs = exp(top, &["repro", &id, "--run"]);
    let (out, error) = (text(&differs.stdout), text(&differs.stderr));
    assert_eq!(differs.status.code(), Some(1), "{out}{error}");
    assert!(out.contains("train/loss, epoch 2   NaN"), "{out}");
    assert!(out.contains("\n1 of "), "{out}");
}
