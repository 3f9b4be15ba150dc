//! Doing the runs, one after the other.

use std::panic::{AssertUnwindSafe, catch_unwind};

use anyhow::anyhow;
use exp_core::event::{Event, EventSink};
use exp_core::provenance::Provenance;
use exp_data::loader::{Loader, LoaderSettings};
use exp_model::device::ChosenDevice;
use exp_model::prompt::ClassPrompts;
use exp_store::Store;
use exp_train::{LearnerParts, Rates, Run, TrainError, Trained};

use super::prepare::{Prepared, PreparedRun};
use crate::progress::ExperimentProgress;
use crate::provenance::provenance;

/// Does the runs with these indices. A run that fails is recorded with its reason, and the rest
/// goes on. Returns how many failed.
pub fn all(
    prepared: &Prepared,
    open: &[usize],
    store: &Store,
    device: &ChosenDevice,
) -> anyhow::Result<usize> {
    if open.is_empty() {
        return Ok(0);
    }
    let program = provenance(prepared.project.root(), device.kind);
    let steps = open.iter().map(|&index| prepared.runs[index].steps()).sum();
    let progress = ExperimentProgress::new(&prepared.experiment.name, open.len(), steps);
    let mut failed = 0;
    for &index in open {
        let run = &prepared.runs[index];
        let provenance = Provenance {
            manifest: run.fold.manifest.clone(),
            backbone: run.planned.settings.backbone.clone(),
            weights: run.backbone.weights().sha256().to_owned(),
            ..program.clone()
        };
        store.start(&run.id, &provenance, &run.prompts())?;
        progress.begin(&run.label(), run.steps());
        let sinks = Sinks {
            store: store.writer().run_sink(&run.id),
            progress: &progress,
        };
        // A panic in one run (of a plugin, say) must not cost the others.
        let result = catch_unwind(AssertUnwindSafe(|| train(prepared, run, &sinks, device)));
        let result = result.unwrap_or_else(|panic| Err(anyhow!("{}", panic_message(&*panic))));
        match result {
            Ok(trained) => {
                store.finish(&run.id)?;
                progress.end(&format!("UAR {:.1}, WAR {:.1}", trained.uar, trained.war));
            }
            Err(error) => {
                failed += 1;
                store.fail(&run.id, &format!("{error:#}"))?;
                progress.end(&format!("failed: {error:#}"));
            }
        }
    }
    progress.finish();
    Ok(failed)
}

/// Trains one run.
fn train(
    prepared: &Prepared,
    run: &PreparedRun,
    sink: &dyn EventSink,
    device: &ChosenDevice,
) -> anyhow::Result<Trained> {
    let settings = &run.planned.settings;
    let device = device.device.clone().autodiff();
    let clip = run.backbone.load(&device).map_err(TrainError::from)?;
    let layout = settings.context.plugin.layout();
    let rows = run.backbone.weights().rows();
    let prompts = ClassPrompts::new(&run.texts, layout, rows, &clip.text);
    device.seed(run.planned.seed);
    let mut learner = settings.temporal.plugin.learner(LearnerParts {
        clip,
        prompts,
        frames: settings.clip.frames.get(),
        features: run.backbone.sizes().embed,
        rates: Rates::from(&settings.train),
        device,
    });
    let sizes = LoaderSettings {
        frames: settings.clip.frames.get(),
        size: settings.clip.size.get(),
        batch: settings.train.batch.get(),
        workers: settings.train.workers.get(),
        normalize: settings.clip.normalize,
    };
    let trained = Run {
        classes: &run.fold.classes,
        train: Loader::new(run.fold.train.clone(), sizes)?,
        test: Loader::new(run.fold.test.clone(), sizes)?,
        augment: &settings.augment,
        training: &settings.train,
        seed: run.planned.seed,
        checkpoints: prepared.project.runs().join("checkpoints").join(&run.id),
        sink,
    }
    .train(learner.as_mut())?;
    Ok(trained)
}

/// Both listeners of a run.
struct Sinks<'a, S> {
    store: S,
    progress: &'a ExperimentProgress,
}

impl<S: EventSink> EventSink for Sinks<'_, S> {
    fn emit(&self, event: Event) {
        self.progress.emit(event.clone());
        self.store.emit(event);
    }
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
    format!(
        "the program broke off: {}",
        text.unwrap_or_else(|| "no reason given".to_owned())
    )
}
