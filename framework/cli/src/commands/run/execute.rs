//! Doing the runs.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::thread;

use anyhow::anyhow;
use exp_core::clip::Clip;
use exp_core::event::{Event, EventSink};
use exp_core::experiment::ImageEncoder;
use exp_core::provenance::Provenance;
use exp_data::loader::Loader;
use exp_data::{FeatureFiles, FrameCache};
use exp_model::device::{ChosenDevice, DeviceKind, Meter};
use exp_model::prompt::ClassPrompts;
use exp_store::{Claim, RunSink, Status, Store};
use exp_train::{Ended, GpuUse, Run, TrainError, TrainingState, discard_state};

use super::beats::{Beating, Beats};
use super::log::Log;
use super::prepare::{Prepared, PreparedRun};
use super::stop::Stop;
use crate::inputs::loader_settings;
use crate::learner;
use crate::opened;
use crate::progress::{ExperimentProgress, RunProgress};
use crate::provenance::{peak_memory, provenance};

/// Image encoders up to this width are too small to keep several cores busy.
const SMALL_WIDTH: usize = 256;

/// The runs to do, and on what.
pub struct Job<'a> {
    pub prepared: &'a Prepared,
    /// Those that this process may take.
    pub runs: Vec<&'a PreparedRun>,
    pub devices: &'a [ChosenDevice],
    pub store: &'a Store,
    pub stop: &'a Stop,
    /// Whether the first failure stops all.
    pub fail_fast: bool,
}

/// How a job ended.
#[derive(Debug, Clone, Copy, Default)]
pub struct JobEnd {
    /// How many runs failed in it.
    pub failed: usize,
    /// Whether it was stopped before its end.
    pub stopped: bool,
}

impl Job<'_> {
    /// Takes one run after the other until none is open. A run that fails is recorded with its
    /// reason, and the rest goes on.
    ///
    /// On a CPU, small models are trained side by side, one on each core, and a large one has all
    /// cores. Each GPU has a run of its own.
    pub fn all(&self) -> anyhow::Result<JobEnd> {
        let open = self.open()?;
        if open.is_empty() {
            return Ok(JobEnd::default());
        }
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let small = |run: &&&PreparedRun| run.backbone.sizes().vision_width <= SMALL_WIDTH;
        let side_by_side = match self.devices[0].kind {
            DeviceKind::Cpu if open.iter().all(|run| small(&run)) => cores,
            DeviceKind::Cpu => 1,
            DeviceKind::Cuda => self.devices.len(),
        };
        let side_by_side = side_by_side.min(open.len());
        let session = Session {
            job: self,
            checkpoints: opened::checkpoints(&std::path::absolute(self.store.path())?),
            cores: (cores / side_by_side).max(1),
            progress: ExperimentProgress::new(
                &self.prepared.experiment.name,
                open.len(),
                open.iter().map(|run| run.steps()).sum(),
            ),
            beats: Beats::default(),
        };
        let (ended, end) = mpsc::channel();
        let failed = thread::scope(|scope| {
            scope.spawn(|| {
                let end = end;
                session
                    .beats
                    .keep(self.store, self.stop, &end, || session.progress.stopping());
            });
            let workers: Vec<_> = (0..side_by_side)
                .map(|number| {
                    let (session, open) = (&session, &open);
                    let device = &self.devices[number % self.devices.len()];
                    scope.spawn(move || session.work(open, device))
                })
                .collect();
            let results: Vec<anyhow::Result<usize>> = workers
                .into_iter()
                .map(|worker| {
                    worker
                        .join()
                        .map_err(|panic| anyhow!(panic_message(&*panic)))?
                })
                .collect();
            drop(ended);
            results.into_iter().sum::<anyhow::Result<usize>>()
        });
        session.progress.finish();
        Ok(JobEnd {
            failed: failed?,
            stopped: self.stop.asked(),
        })
    }

    /// The runs that are not done yet and did not fail; tells of those that did.
    fn open(&self) -> anyhow::Result<Vec<&PreparedRun>> {
        let ids: Vec<String> = self.runs.iter().map(|run| run.id.clone()).collect();
        let statuses = self.store.statuses(&ids)?;
        let is = |run: &PreparedRun, status| statuses.get(&run.id) == Some(&status);
        let failed = self
            .runs
            .iter()
            .filter(|run| is(run, Status::Failed))
            .count();
        if failed > 0 {
            eprintln!(
                "{failed} of the runs failed before and are left as they are: `--retry failed` begins them anew."
            );
        }
        for run in self.runs.iter().filter(|run| is(run, Status::Done)) {
            // What a process left that was killed when all but this was done. It only takes room.
            let folder = opened::checkpoints(self.store.path()).join(&run.id);
            let _ = discard_state(&folder);
        }
        let elsewhere = self
            .runs
            .iter()
            .filter(|run| is(run, Status::Running))
            .count();
        if elsewhere > 0 {
            eprintln!("{elsewhere} of the runs are being done by another process.");
        }
        let open = |run: &&&PreparedRun| {
            is(run, Status::Queued) || is(run, Status::Interrupted) || is(run, Status::Running)
        };
        Ok(self.runs.iter().filter(open).copied().collect())
    }
}

/// What all runs of one call share.
struct Session<'a> {
    job: &'a Job<'a>,
    /// Weights lie beside the store that names them.
    checkpoints: PathBuf,
    /// Cores that one run may use.
    cores: usize,
    progress: ExperimentProgress,
    beats: Beats,
}

impl Session<'_> {
    /// Takes runs as long as there are any. Returns how many failed; an error is one of the store or
    /// of the disk, and then the other workers stop too.
    fn work(&self, open: &[&PreparedRun], device: &ChosenDevice) -> anyhow::Result<usize> {
        let result = self.take_all(open, device);
        if result.is_err() {
            self.job.stop.ask();
        }
        result
    }

    fn take_all(&self, open: &[&PreparedRun], device: &ChosenDevice) -> anyhow::Result<usize> {
        let threads = rayon::ThreadPoolBuilder::new()
            .num_threads(self.cores)
            .build()?;
        let meter = device.meter();
        let program = provenance(self.job.prepared.project.root(), device);
        let ids: Vec<String> = open.iter().map(|run| run.id.clone()).collect();
        let mut failed = 0;
        while !self.job.stop.asked() {
            let claim = self
                .job
                .store
                .claim(&ids, &[Status::Queued, Status::Interrupted])?;
            let Some(claim) = claim else { break };
            let Some(run) = open.iter().find(|run| run.id == claim.run()) else {
                break;
            };
            let one = One {
                session: self,
                run,
                device,
                meter: meter.as_ref(),
                program: &program,
                claim: &claim,
            };
            let done = threads.install(|| one.carry_out())?;
            failed += usize::from(!done);
            if !done && self.job.fail_fast {
                self.job.stop.ask();
            }
        }
        Ok(failed)
    }
}

/// One run, claimed.
struct One<'a> {
    session: &'a Session<'a>,
    run: &'a PreparedRun,
    device: &'a ChosenDevice,
    meter: Option<&'a Meter>,
    program: &'a Provenance,
    claim: &'a Claim,
}

impl One<'_> {
    /// Does the run and records how it ended. Returns whether it did not fail; an error is one of
    /// the store, or of the disk.
    fn carry_out(&self) -> anyhow::Result<bool> {
        let (run, store) = (self.run, self.session.job.store);
        let beating = self.session.beats.begin(self.claim);
        let log = Log::open(opened::log(store.path(), &run.id));
        log.line(format_args!(
            "attempt {} at {} {}, process {}",
            self.claim.attempt(),
            run.id,
            run.label(),
            std::process::id()
        ));
        let folder = self.session.checkpoints.join(&run.id);
        let state = match self.claim.goes_on() {
            true => self.state(&folder, &log),
            false => None,
        };
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
        if beating.is_lost() {
            log.line("another process has taken the run");
            sinks
                .progress
                .stop("taken by another process, which thought this one dead");
            return Ok(true);
        }
        match result {
            Ok(Ended::Trained(trained)) => {
                store.finish(self.claim, peak_memory())?;
                let outcome = format!("UAR {:.1}  WAR {:.1}", trained.uar, trained.war);
                log.line(format_args!("done: {outcome}"));
                discard_state(&folder)?;
                sinks.progress.end(&outcome);
                Ok(true)
            }
            Ok(Ended::Stopped { epoch, step }) => {
                store.interrupt(self.claim, None)?;
                let outcome = format!("stopped in epoch {epoch} after step {step}");
                log.line(&outcome);
                sinks.progress.stop(&outcome);
                Ok(true)
            }
            Err(error) if is_of_the_disk(&error) => {
                let reason = format!("{error:#}");
                log.line(format_args!("interrupted: {reason}"));
                store.interrupt(self.claim, Some(&reason))?;
                sinks.progress.stop(&format!("interrupted: {reason}"));
                // The next run would need the same room.
                Err(error
                    .context("everything stopped; once this is mended, the same command goes on"))
            }
            Err(error) => {
                let reason = format!("{error:#}");
                log.line(format_args!("failed: {reason}"));
                store.fail(self.claim, &reason, &log.tail())?;
                sinks.progress.end(&format!("failed: {reason}"));
                Ok(false)
            }
        }
    }

    /// Where the run was left. A damaged checkpoint costs what it held, and nothing else.
    fn state(&self, folder: &Path, log: &Log) -> Option<TrainingState> {
        TrainingState::read(folder, &self.run.id).unwrap_or_else(|error| {
            let said = format!("{error}; the run begins anew");
            log.line(&said);
            let label = self.run.label();
            self.session.progress.say(&format!("{label}: {said}"));
            None
        })
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
        let cache = match gib > 0.0 {
            true => {
                let folder = self.session.checkpoints.with_file_name("cache");
                let bytes = (gib * f64::from(1 << 30)) as u64;
                Some(Arc::new(FrameCache::new(&folder, bytes)?))
            }
            false => None,
        };
        let loader = |clips: Arc<[Clip]>| {
            let loader = Loader::new(clips, sizes)?.with_cache(cache.clone());
            match &settings.image_encoder {
                ImageEncoder::Trained => Ok(loader),
                ImageEncoder::Frozen(frozen) => loader.with_features(FeatureFiles {
                    folder: self.session.checkpoints.with_file_name("features"),
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

/// Whether a run ended for want of a place to write to, and not through anything of its own.
fn is_of_the_disk(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<TrainError>()
        .is_some_and(TrainError::is_of_the_disk)
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
