//! Doing the runs.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::anyhow;
use exp_core::clip::Clip;
use exp_core::event::{Event, EventSink};
use exp_core::provenance::Provenance;
use exp_data::FrameCache;
use exp_data::loader::Loader;
use exp_model::device::ChosenDevice;
use exp_model::prompt::ClassPrompts;
use exp_store::{Claim, RunSink, Status, Store};
use exp_train::{Run, TrainError, Trained};

use super::prepare::{Prepared, PreparedRun};
use crate::inputs::loader_settings;
use crate::learner;
use crate::progress::{ExperimentProgress, RunProgress};
use crate::provenance::provenance;

/// Image encoders up to this width are too small to keep several cores busy.
const SMALL_WIDTH: usize = 256;

/// What all runs of one call share.
struct Session<'a> {
    store: &'a Store,
    device: &'a ChosenDevice,
    /// Weights lie beside the store that names them.
    checkpoints: PathBuf,
    program: Provenance,
    /// Cores that one run may use.
    cores: usize,
    progress: ExperimentProgress,
}

/// Does the runs with these indices. A run that fails is recorded with its reason, and the rest
/// goes on. Returns how many failed.
///
/// On a CPU, small models are trained side by side, one on each core; a large one has all cores.
pub fn all(
    prepared: &Prepared,
    open: &[usize],
    store: &Store,
    device: &ChosenDevice,
) -> anyhow::Result<usize> {
    if open.is_empty() {
        return Ok(0);
    }
    let steps = open.iter().map(|&index| prepared.runs[index].steps()).sum();
    let program = provenance(prepared.project.root(), device);
    let small = |&index: &usize| prepared.runs[index].backbone.sizes().vision_width <= SMALL_WIDTH;
    let side_by_side = match device.kind.starts_with("cpu") && open.iter().all(small) {
        true => program.cores.min(open.len()),
        false => 1,
    };
    let cores = (program.cores / side_by_side).max(1);
    let session = Session {
        store,
        device,
        checkpoints: std::path::absolute(store.path())?.with_file_name("checkpoints"),
        program,
        cores,
        progress: ExperimentProgress::new(&prepared.experiment.name, open.len(), steps),
    };
    let next = AtomicUsize::new(0);
    let work = || -> anyhow::Result<usize> {
        let threads = rayon::ThreadPoolBuilder::new().num_threads(cores).build()?;
        let mut failed = 0;
        while let Some(&index) = open.get(next.fetch_add(1, Ordering::Relaxed)) {
            let done = threads.install(|| session.one(&prepared.runs[index]))?;
            failed += usize::from(!done);
        }
        Ok(failed)
    };
    let failed = thread::scope(|scope| {
        let workers: Vec<_> = (0..side_by_side).map(|_| scope.spawn(work)).collect();
        workers
            .into_iter()
            .map(|worker| {
                worker
                    .join()
                    .map_err(|panic| anyhow!(panic_message(&*panic)))?
            })
            .sum::<anyhow::Result<usize>>()
    });
    session.progress.finish();
    failed
}

impl Session<'_> {
    /// Does one run and records how it ended. Returns whether it succeeded; an error is one of
    /// the store.
    fn one(&self, run: &PreparedRun) -> anyhow::Result<bool> {
        let provenance = Provenance {
            manifest: run.fold.manifest.clone(),
            backbone: run.planned.settings.backbone.clone(),
            weights: run.backbone.weights().sha256().to_owned(),
            prompt_files: run.prompt_files.clone(),
            ..self.program.clone()
        };
        let begun = [Status::Queued, Status::Failed, Status::Interrupted];
        let Some(claim) = self.store.claim(std::slice::from_ref(&run.id), &begun)? else {
            return Ok(true); // another process has it, or has done it
        };
        self.store.begin(&claim, &provenance, &run.prompts(), 0)?;
        let sinks = Sinks {
            store: self.store,
            claim: &claim,
            figures: self.store.writer().run_sink(&claim),
            progress: self.progress.begin(
                run.label(),
                run.steps(),
                run.planned.settings.train.epochs.get(),
            ),
        };
        // A panic in one run (of a plugin, say) must not cost the others.
        let result = catch_unwind(AssertUnwindSafe(|| self.train(run, &sinks)));
        let result = result.unwrap_or_else(|panic| Err(anyhow!(panic_message(&*panic))));
        match &result {
            Ok(trained) => {
                self.store.finish(&claim, None)?;
                let outcome = format!("UAR {:.1}  WAR {:.1}", trained.uar, trained.war);
                sinks.progress.end(&outcome);
            }
            Err(error) => {
                self.store.fail(&claim, &format!("{error:#}"), "")?;
                sinks.progress.end(&format!("failed: {error:#}"));
            }
        }
        Ok(result.is_ok())
    }

    /// Trains one run.
    fn train(&self, run: &PreparedRun, sink: &dyn EventSink) -> anyhow::Result<Trained> {
        let settings = &run.planned.settings;
        let mut learner = learner::fresh::<TrainError>(
            settings,
            &run.backbone,
            self.device,
            run.planned.seed,
            |encoder| {
                let layout = settings.context.plugin.layout();
                let rows = run.backbone.weights().rows();
                Ok(ClassPrompts::new(&run.texts, layout, rows, encoder))
            },
        )?;
        let sizes = loader_settings(settings, self.cores);
        let gib = settings.train.cache_gib.get();
        let cache = match gib > 0.0 {
            true => {
                let folder = self.checkpoints.with_file_name("cache");
                let bytes = (gib * f64::from(1 << 30)) as u64;
                Some(Arc::new(FrameCache::new(&folder, bytes)?))
            }
            false => None,
        };
        let loader = |clips: &Arc<[Clip]>| {
            Loader::new(clips.clone(), sizes).map(|loader| loader.with_cache(cache.clone()))
        };
        let trained = Run {
            train: loader(&run.fold.train)?,
            test: loader(&run.fold.test)?,
            augment: &settings.augment,
            training: &settings.train,
            seed: run.planned.seed,
            checkpoints: self.checkpoints.join(&run.id),
            card: run.card(),
            sink,
        }
        .train(learner.as_mut())?;
        Ok(trained)
    }
}

/// The listeners of a run.
struct Sinks<'a> {
    store: &'a Store,
    claim: &'a Claim,
    figures: RunSink,
    progress: RunProgress<'a>,
}

impl EventSink for Sinks<'_> {
    fn emit(&self, event: Event) {
        if matches!(event, Event::Epoch { .. }) {
            // A store that cannot be written to shows when the run's end is recorded.
            let _ = self.store.heartbeat(self.claim);
        }
        self.progress.emit(event.clone());
        self.figures.emit(event);
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
