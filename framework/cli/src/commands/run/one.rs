//! One run, from its claim to its end.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::anyhow;
use exp_core::clip::Clip;
use exp_core::event::{Event, EventSink};
use exp_core::experiment::ImageEncoder;
use exp_core::provenance::Provenance;
use exp_data::loader::Loader;
use exp_data::{FeatureFiles, FrameCache};
use exp_model::device::{ChosenDevice, Meter};
use exp_model::prompt::ClassPrompts;
use exp_store::{Claim, RunSink, StoreError, files};
use exp_train::{Ended, GpuUse, Run, TrainError, TrainingState, discard_state};

use super::beats::Beating;
use super::execute::Session;
use super::log::Log;
use super::prepare::PreparedRun;
use crate::inputs::loader_settings;
use crate::learner;
use crate::progress::RunProgress;
use crate::provenance::peak_memory;

/// How an attempt at a run ended.
pub enum End {
    /// The run is done, or left for later, or another process's.
    Over,
    /// It failed.
    Failed,
    /// The GPU computes nothing any more; the run goes on elsewhere.
    DeviceLost,
}

/// One run, claimed.
pub struct One<'a> {
    pub session: &'a Session<'a>,
    pub run: &'a PreparedRun,
    pub device: &'a ChosenDevice,
    pub meter: Option<&'a Meter>,
    pub program: &'a Provenance,
    pub claim: &'a Claim,
}

impl One<'_> {
    /// Does the run and records how it ended. An error is one of the store, or of the disk.
    pub fn carry_out(&self) -> anyhow::Result<End> {
        match self.attempt() {
            Err(error) if error.downcast_ref().is_some_and(is_of_another) => Ok(End::Over),
            end => end,
        }
    }

    fn attempt(&self) -> anyhow::Result<End> {
        let (run, store) = (self.run, self.session.job.store);
        let beating = self.session.beats.begin(self.claim);
        let log = Log::open(files::log(store.path(), &run.id));
        log.line(format_args!(
            "attempt {} at {} {}, process {}, exp {}{}",
            self.claim.attempt(),
            run.id,
            run.label(),
            std::process::id(),
            self.program.version,
            (self.program.revision.as_ref()).map_or(String::new(), |at| format!(" at {at}"))
        ));
        let folder = files::checkpoints_of(store.path(), &run.id);
        let state = match self.claim.goes_on() {
            true => self.state(&folder, &log),
            false => None,
        };
        if state.is_none() {
            // What an earlier attempt left would otherwise be gone on with if this one is killed
            // before it writes a state of its own.
            discard_state(&folder)?;
        }
        let provenance = Provenance {
            device: run.computed_in.to_owned(),
            manifest: run.fold.manifest.clone(),
            backbone: run.planned.settings.backbone.clone(),
            weights: run.backbone.weights().sha256().to_owned(),
            prompt_files: run.prompt_files.clone(),
            held_out: run.held_out.as_ref().map(|chosen| chosen.counts),
            ..self.program.clone()
        };
        let kept = state.as_ref().map_or(0, TrainingState::epochs_done);
        store.begin(self.claim, &provenance, &run.prompts(), kept)?;
        let sinks = Sinks {
            figures: store.writer().run_sink(self.claim),
            progress: self.session.progress.begin(
                run.label(),
                run.steps(),
                run.planned.settings.train.epochs.get(),
            ),
            log: &log,
        };
        if let Some(state) = &state {
            let (steps, epochs) = (run.steps(), run.planned.settings.train.epochs.get());
            sinks
                .progress
                .skip(kept * (steps / epochs) + state.steps_done());
            log.line(format_args!(
                "goes on after epoch {kept}, step {}",
                state.steps_done()
            ));
        }
        // A panic in one run (of a plugin, say) must not cost the others.
        let result = catch_unwind(AssertUnwindSafe(|| {
            self.train(state, folder.clone(), &sinks, &beating)
        }));
        let result = result.unwrap_or_else(|panic| Err(anyhow!(panic_message(&*panic))));
        let beat = store.heartbeat(self.claim);
        if beating.is_lost() || beat.is_err_and(|error| is_of_another(&error)) {
            log.line("another process has taken the run");
            sinks
                .progress
                .stop("taken by another process, which thought this one dead");
            return Ok(End::Over);
        }
        match result {
            Ok(Ended::Trained(trained)) => {
                store.finish(self.claim, peak_memory())?;
                let outcome = format!("UAR {:.1}  WAR {:.1}", trained.uar, trained.war);
                log.line(format_args!("done: {outcome}"));
                discard_state(&folder)?;
                sinks.progress.end(&outcome);
                Ok(End::Over)
            }
            Ok(Ended::Stopped { epoch, step }) => {
                store.interrupt(self.claim, None)?;
                let outcome = format!("stopped in epoch {epoch} after step {step}");
                log.line(&outcome);
                sinks.progress.stop(&outcome);
                Ok(End::Over)
            }
            Err(error) if is_of_the_disk(&error) => {
                let reason = format!("{error:#}");
                self.interrupt(&reason, &sinks);
                // The next run would need the same room.
                Err(error
                    .context("everything stopped; once this is mended, the same command goes on"))
            }
            Err(error) if self.device.is_lost() => {
                let device = &self.device.name;
                let reason = format!("{device} computes nothing any more: {error:#}");
                self.interrupt(&reason, &sinks);
                Ok(End::DeviceLost)
            }
            Err(error) => {
                let reason = format!("{error:#}");
                log.line(format_args!("failed: {reason}"));
                store.fail(self.claim, &reason, &log.tail())?;
                // `--retry failed` begins anew.
                discard_state(&folder)?;
                sinks.progress.end(&format!("failed: {reason}"));
                Ok(End::Failed)
            }
        }
    }

    /// Leaves the run to be gone on with, for a reason that is not its own.
    fn interrupt(&self, reason: &str, sinks: &Sinks<'_>) {
        sinks.log.line(format_args!("interrupted: {reason}"));
        // What keeps figures from being written may keep this from it too; the run is then one
        // whose process ended.
        let _ = self.session.job.store.interrupt(self.claim, Some(reason));
        sinks.progress.stop(&format!("interrupted: {reason}"));
    }

    /// Where the run was left. A damaged checkpoint costs what it held, and nothing else.
    fn state(&self, folder: &Path, log: &Log) -> Option<TrainingState> {
        let epochs = self.claim.epochs();
        let said = match TrainingState::read(folder, &self.run.id) {
            Ok(Some(state)) if state.epochs_done() > epochs => format!(
                "there is a state after epoch {}, but the store has figures of {epochs} epochs only",
                state.epochs_done()
            ),
            Ok(state) => return state,
            Err(error) => error.to_string(),
        };
        let said = format!("{said}; the run begins anew");
        log.line(&said);
        let label = self.run.label();
        self.session.progress.say(&format!("{label}: {said}"));
        None
    }

    fn train(
        &self,
        state: Option<TrainingState>,
        checkpoints: PathBuf,
        sink: &dyn EventSink,
        beating: &Beating<'_>,
    ) -> anyhow::Result<Ended> {
        let run = self.run;
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
        let sizes = loader_settings(settings, self.session.cores);
        let gib = settings.train.cache_gib.get();
        // Of clips, and so of use to all stores of the folder.
        let store = std::path::absolute(self.session.job.store.path())?;
        let cache = match gib > 0.0 {
            true => {
                let bytes = (gib * f64::from(1 << 30)) as u64;
                let cache = FrameCache::new(&store.with_file_name("cache"), bytes);
                Some(Arc::new(cache.map_err(TrainError::from)?))
            }
            false => None,
        };
        let loader = |clips: Arc<[Clip]>| {
            let loader = Loader::new(clips, sizes)?.with_cache(cache.clone());
            match &settings.image_encoder {
                ImageEncoder::Trained => Ok(loader),
                ImageEncoder::Frozen(frozen) => loader.with_features(FeatureFiles {
                    folder: store.with_file_name("features"),
                    encoder: format!(
                        "{} {:?} {}",
                        run.backbone.weights().sha256(),
                        settings.activation,
                        run.computed_in
                    ),
                    views: frozen.views.get(),
                }),
            }
        };
        let ended = Run {
            train: loader(run.trained_clips())?,
            test: loader(run.fold.test.clone())?,
            held_out: run.held_out_clips().map(loader).transpose()?,
            augment: &settings.augment,
            training: &settings.train,
            seed: run.planned.seed,
            checkpoints,
            card: run.card(),
            sink,
            gpu: &|| self.gpu(),
            stop: &|| self.session.job.stop.asked() || beating.is_lost(),
        }
        .train(learner.as_mut(), state)?;
        Ok(ended)
    }

    fn gpu(&self) -> GpuUse {
        GpuUse {
            joules: self.meter.and_then(Meter::joules),
            memory: (self.meter).and_then(|meter| meter.memory_of(std::process::id())),
        }
    }
}

/// The listeners of a run.
struct Sinks<'a> {
    figures: RunSink,
    progress: RunProgress<'a>,
    log: &'a Log,
}

impl EventSink for Sinks<'_> {
    fn emit(&self, event: Event) {
        self.progress.emit(event.clone());
        self.log.emit(event.clone());
        self.figures.emit(event);
    }

    fn sync(&self) -> Result<(), String> {
        self.figures.sync()
    }
}

/// Whether an error is that the run was taken over or removed meanwhile.
fn is_of_another(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::Taken { .. } | StoreError::UnknownRun { .. }
    )
}

/// Whether a run ended for want of a place to write to, and not through anything of its own.
fn is_of_the_disk(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<TrainError>()
        .is_some_and(TrainError::is_of_the_disk)
}

pub fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
    format!(
        "the program broke off: {}",
        text.unwrap_or_else(|| "no reason given".to_owned())
    )
}
