//! What is done with a trained model: evaluated, used on a clip and on a video, looked into.

use std::fs;
use std::process::Command;

use exp_core::event::Prediction;
use exp_core::metrics::Rule;
use exp_store::{RunRecord, Status, Store};

use super::{TRAINED, data, exp, text};

/// A run with a transformer that was trained to its end.
fn done() -> RunRecord {
    let data = data(TRAINED.project.path(), "runs/exp.db");
    let transformer = |run: &RunRecord| run.settings["temporal"]["transformer"].is_object();
    let mut runs = data.runs.into_iter();
    runs.find(|run| run.status == Status::Done && transformer(run))
        .unwrap()
}

fn last(run: &RunRecord) -> &[Prediction] {
    let mut selections = run.selections.iter();
    let last = selections.find(|selection| selection.rule == Rule::Last);
    &last.unwrap().predictions
}

#[test]
fn a_checkpoint_evaluated_alone_gives_the_runs_predictions() {
    let (run, folder) = (done(), TRAINED.project.path());
    let store = "runs/evaluations.db";
    let file = format!("runs/exp.files/checkpoints/{}/last.safetensors", run.id);
    let evaluate = |more: &[&str]| {
        let mut arguments = vec!["eval", "--checkpoint", &file, "--on", "synthetic"];
        arguments.extend(["--device", "cpu", "--store", store]);
        arguments.extend(more);
        exp(folder, &arguments)
    };
    for _ in 0..2 {
        let output = evaluate(&[]);
        assert!(output.status.success(), "{}", text(&output.stderr));
    }
    let store = Store::open(folder.join(store)).unwrap();
    let evaluations = store.evaluations().unwrap();
    store.close().unwrap();
    assert_eq!(evaluations.len(), 1, "the same evaluation is recorded once");
    assert_eq!(evaluations[0].run.as_deref(), Some(run.id.as_str()));
    assert_eq!(evaluations[0].predictions, last(&run));

    for (wrong, reason) in [
        (&["--fold", "2"][..], "has no fold 2; its folds are 1"),
        (&["--set", "context=none"], "has no place in the model"),
        (&["--set", "clip.frames=3"], "pos_embedding"),
        (&["--logits", "nowhere/x.csv"], "cannot write nowhere/x.csv"),
    ] {
        let output = evaluate(wrong);
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains(reason), "{error}");
    }
}

#[test]
fn a_clip_is_predicted_as_it_was_tested() {
    let (run, folder) = (done(), TRAINED.project.path());
    let tested = &last(&run)[0];
    let faces = format!("runs/data/synthetic-1-70-70/{}", tested.clip);
    let output = exp(
        folder,
        &[
            "predict",
            &faces,
            "--faces",
            "--json",
            "--checkpoint",
            &run.id[..8],
            "--device",
            "cpu",
        ],
    );
    assert!(output.status.success(), "{}", text(&output.stderr));
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["prediction"], run.classes[tested.predicted]);
    let shares = answer["probabilities"].as_object().unwrap();
    let sum: f64 = shares.values().map(|share| share.as_f64().unwrap()).sum();
    assert!((sum - 1.0).abs() < 1e-9 && shares.len() == 7);

    let output = exp(folder, &["predict", &faces, "--checkpoint", "0000"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("neither a file 0000 nor such a run"));
}

/// Needs the program ffmpeg. A drawn clip is filmed, in two frames and in one that is too few.
#[test]
fn a_video_is_predicted() {
    let (run, folder) = (done(), TRAINED.project.path());
    let drawn = format!("runs/data/synthetic-1-70-70/{}", last(&run)[0].clip);
    let videos = tempfile::tempdir().unwrap();
    let predict = |frames: &str| -> serde_json::Value {
        let video = videos.path().join(format!("{frames} frames.mp4"));
        let filmed = Command::new("ffmpeg")
            .current_dir(folder)
            .args(["-v", "error", "-i", &format!("{drawn}/%05d.jpg")])
            .args(["-frames:v", frames, "-c:v", "mpeg4", "-q:v", "2"])
            .arg(&video)
            .status()
            .expect("this test needs the program ffmpeg");
        assert!(filmed.success());
        let video = video.display().to_string();
        let mut arguments = vec!["predict", &video, "--json", "--device", "cpu"];
        arguments.extend(["--checkpoint", &run.id[..8]]);
        let output = exp(folder, &arguments);
        assert!(output.status.success(), "{}", text(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let answer = predict("3");
    assert_eq!(answer["frames"], 3);
    let shares = answer["probabilities"].as_object().unwrap();
    let sum: f64 = shares.values().map(|share| share.as_f64().unwrap()).sum();
    assert!((sum - 1.0).abs() < 1e-9 && shares.len() == 7);
    let short = "the clip has 1 of the 2 frames that the model takes";
    assert!(
        !answer["notes"].to_string().contains("model takes"),
        "{answer}"
    );
    let answer = predict("1");
    assert!(answer["notes"].to_string().contains(short), "{answer}");
}

#[test]
fn a_damaged_frame_is_told_with_the_prediction() {
    let (run, folder) = (done(), TRAINED.project.path());
    let drawn = folder.join(format!(
        "runs/data/synthetic-1-70-70/{}",
        last(&run)[0].clip
    ));
    let faces = tempfile::tempdir().unwrap();
    fs::copy(drawn.join("00001.jpg"), faces.path().join("1.jpg")).unwrap();
    fs::write(faces.path().join("2.jpg"), "").unwrap();
    let shown = faces.path().display().to_string();
    let mut arguments = vec!["predict", &shown, "--faces", "--device", "cpu"];
    arguments.extend(["--checkpoint", &run.id[..8]]);
    let output = exp(folder, &arguments);
    let errors = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{errors}");
    assert!(
        errors.contains("`clip.damaged: repeat_neighbour`"),
        "{errors}"
    );
    arguments.extend(["--set", "clip.damaged=repeat_neighbour"]);
    let output = exp(folder, &arguments);
    let errors = text(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let note = "note: 1 damaged frame was replaced by a neighbour";
    assert!(errors.contains(note), "{errors}");
}

#[test]
fn a_checkpoint_says_what_it_is() {
    let run = done();
    let file = format!("runs/exp.files/checkpoints/{}/last.safetensors", run.id);
    let output = exp(TRAINED.project.path(), &["weights", "inspect", &file]);
    let out = text(&output.stdout);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(
        out.contains("holds       what `exp` trained of a DFER-CLIP"),
        "{out}"
    );
    assert!(
        out.contains(&format!("run {}: benchmark synthetic, fold 1", run.id)),
        "{out}"
    );
}
