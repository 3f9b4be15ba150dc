//! `exp eval`: measures a trained model on a benchmark's test clips.

mod logits;

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use exp_core::experiment::{CUDA_F32, FROZEN_NOTE, Identity, ImageEncoder, TF32_NOTE, run_id};
use exp_core::metrics::Confusion;
use exp_core::provenance::Provenance;
use exp_data::loader::Loader;
use exp_model::parameters::Fit;
use exp_report::text::visible;
use exp_store::{EvaluationRecord, Store};
use exp_train::{Evaluation, Registry, evaluate};

use crate::Outcome;
use crate::device::DeviceArgument;
use crate::inputs::{Fold, Inputs, loader_settings, sets};
use crate::progress::steps_bar;
use crate::project::Project;
use crate::provenance::provenance;
use crate::trained::{Trained, find};

/// Evaluate a trained model: a checkpoint of `exp run`, or one of DFER-CLIP's authors.
#[derive(Args)]
pub struct Arguments {
    /// The model: a file, or the first digits of a run's id.
    #[arg(long, value_name = "RUN|FILE")]
    checkpoint: PathBuf,
    /// The benchmark whose test clips are predicted.
    #[arg(long, value_name = "BENCHMARK")]
    on: String,
    /// The benchmark's fold [default: the checkpoint's own, or the first].
    #[arg(long, value_name = "K")]
    fold: Option<u32>,
    /// Override a setting, as in `--set context.learnable.position=middle`.
    #[arg(long, value_name = "PATH=VALUE")]
    set: Vec<String>,
    /// Write each clip's name, label, prediction and logits to a CSV file.
    #[arg(long, value_name = "FILE.csv")]
    logits: Option<PathBuf>,
    #[command(flatten)]
    device: DeviceArgument,
    /// The store to write to [default: runs/exp.db].
    #[arg(long, value_name = "FILE")]
    store: Option<PathBuf>,
}

pub fn run(arguments: &Arguments, registry: &Registry) -> anyhow::Result<Outcome> {
    let device = arguments.device.one()?;
    let project = Project::find(&std::env::current_dir()?)?;
    let protocol = project.read_protocol(&arguments.on)?;
    let sets = sets(&arguments.set)?;
    let mut inputs = Inputs::new(&project);
    let path = arguments.store.clone().unwrap_or_else(|| project.store());
    let file = find(&arguments.checkpoint, &path)?;
    let trained = Trained::open(&file, Some(&protocol), &sets, registry, &mut inputs)?;
    trained.classes()?;
    let computed_in = trained.computed_in(&device)?;
    let (learner, fit) = trained.learner(&device)?;
    let number = fold_number(arguments, &trained)?;
    let fold = inputs.fold(&arguments.on, &trained.settings, number)?;
    describe(arguments, &trained, &fit);
    // What cannot be written is found before the work.
    let store = Store::open(&path)?;
    let table = match &arguments.logits {
        Some(path) => Some(
            csv::Writer::from_path(path)
                .with_context(|| format!("cannot write {}", path.display()))?,
        ),
        None => None,
    };

    let program = provenance(project.root(), &device);
    let settings = &trained.settings;
    let sizes = loader_settings(settings, program.cores);
    let test = Loader::new(fold.test.clone(), sizes)?;
    if test.dropped() > 0 {
        println!(
            "{} clips are too short and left out (`clip.short: drop`)",
            test.dropped()
        );
    }
    let bar = steps_bar(test.clips().len(), "test clips");
    let evaluation = evaluate(learner.as_ref(), &test, fold.classes.len(), &mut |clips| {
        bar.advance(clips as u64, "");
        true
    })?;
    bar.finish();
    let Some(evaluation) = evaluation else {
        unreachable!("nothing stops it");
    };
    anyhow::ensure!(
        evaluation.loss.is_finite(),
        "the model's answers are no numbers (mean loss {}): its file may be damaged, or its training \
         diverged; nothing was recorded",
        evaluation.loss
    );

    println!(
        "{}, fold {number}: {} test clips",
        arguments.on,
        test.clips().len()
    );
    print(&evaluation.confusion, &fold.classes);
    if evaluation.damaged > 0 {
        println!(
            "{} damaged frames were replaced by a neighbour.",
            evaluation.damaged
        );
    }
    if settings.benchmark.plugin.is_synthetic() {
        println!("The clips are drawn: these figures say nothing about real faces.");
    }
    if settings.image_encoder != ImageEncoder::Trained {
        println!("Note: {FROZEN_NOTE}.");
    }
    if computed_in == CUDA_F32 {
        println!("Note: {TF32_NOTE}.");
    }
    store.record_evaluation(&record(
        arguments,
        &trained,
        &fold,
        number,
        program,
        computed_in,
        &evaluation,
    ))?;
    store.close()?;
    if let Some(table) = table {
        logits::write(table, &evaluation, &fold.classes).context("cannot write the logits")?;
    }
    Ok(Outcome::Done)
}

/// The fold that was kept out of the model's training, where the file says which.
fn fold_number(arguments: &Arguments, trained: &Trained) -> anyhow::Result<u32> {
    let own = trained
        .card
        .as_ref()
        .filter(|card| card.run.benchmark == arguments.on)
        .map(|card| card.run.fold);
    let folds = &trained.settings.folds;
    let number = arguments.fold.or(own).unwrap_or(folds[0]);
    anyhow::ensure!(
        folds.contains(&number),
        "benchmark `{}` has no fold {number}; its folds are {}",
        arguments.on,
        folds
            .iter()
            .map(u32::to_string)
            .collect::<Vec<_>>()
            .join(", ")
    );
    if let Some(own) = own
        && own != number
    {
        eprintln!(
            "warning: the model was trained on fold {own}: test clips of fold {number} may have \
             been among its training clips"
        );
    }
    Ok(number)
}

fn describe(arguments: &Arguments, trained: &Trained, fit: &Fit) {
    let origin = match &trained.card {
        Some(card) => format!(
            "run {}, {} epoch {} of fold {}, seed {}",
            visible(&card.run.run.chars().take(8).collect::<String>()),
            card.rule.name(),
            card.epoch,
            card.run.fold,
            card.run.seed
        ),
        None => format!(
            "{}; its classes have no names: the benchmark's order is taken",
            trained.weights().layout()
        ),
    };
    println!("{}: {origin}", arguments.checkpoint.display());
    println!(
        "{} of its tensors are trained parameters of this model; backbone SHA-256 {}",
        fit.used.len(),
        trained.backbone.weights().sha256()
    );
}

/// UAR, WAR and the recall of each class.
fn print(confusion: &Confusion, classes: &[String]) {
    let width = classes.iter().map(|class| class.chars().count()).max();
    let width = width.unwrap_or(0).max("class".len());
    println!("\n{:width$}  recall  clips", "class");
    for (label, class) in classes.iter().enumerate() {
        let recall = match confusion.recall(label) {
            Some(recall) => format!("{recall:.2}"),
            None => "none".to_owned(),
        };
        println!(
            "{class:width$}  {recall:>6}  {:>5}",
            confusion.support(label)
        );
    }
    let percent = |value: Option<f64>| value.map_or("none".to_owned(), |v| format!("{v:.2}"));
    println!(
        "\nUAR {}  WAR {}, in percent",
        percent(confusion.uar()),
        percent(confusion.war())
    );
    let absent = confusion.absent();
    if !absent.is_empty() {
        let names: Vec<&str> = absent
            .iter()
            .map(|&label| classes[label].as_str())
            .collect();
        println!(
            "No test clip of: {}. UAR is the mean over the other classes.",
            names.join(", ")
        );
    }
}

fn record(
    arguments: &Arguments,
    trained: &Trained,
    fold: &Fold,
    number: u32,
    program: Provenance,
    computed_in: &str,
    evaluation: &Evaluation,
) -> EvaluationRecord {
    let settings = trained.settings.to_json();
    let texts: Vec<String> = trained
        .texts
        .iter()
        .flatten()
        .map(|text| text.text.clone())
        .collect();
    let (file, backbone) = (
        trained.weights().sha256(),
        trained.backbone.weights().sha256(),
    );
    let id = run_id(&Identity {
        benchmark: &arguments.on,
        settings: &settings,
        manifest: &fold.manifest,
        weights: &format!("evaluation of {file} on {backbone}"),
        texts: &texts,
        seed: 0,
        fold: number,
        device: computed_in,
    });
    EvaluationRecord {
        id,
        checkpoint: arguments.checkpoint.display().to_string(),
        sha256: file.to_owned(),
        run: trained.card.as_ref().map(|card| card.run.run.clone()),
        benchmark: arguments.on.clone(),
        synthetic: trained.settings.benchmark.plugin.is_synthetic(),
        fold: number,
        provenance: Provenance {
            device: computed_in.to_owned(),
            manifest: fold.manifest.clone(),
            backbone: trained.settings.backbone.clone(),
            weights: backbone.to_owned(),
            ..program
        },
        settings,
        classes: fold.classes.clone(),
        predictions: evaluation.predictions.clone(),
    }
}
