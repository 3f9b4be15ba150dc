//! Doing the runs.

use std::ops::Add;
use std::sync::mpsc;
use std::thread;

use anyhow::anyhow;
use exp_model::device::{ChosenDevice, DeviceKind};
use exp_store::{Status, Store, files};
use exp_train::discard_state;

use super::beats::Beats;
use super::one::{End, One, panic_message};
use super::prepare::{Prepared, PreparedRun};
use super::stop::Stop;
use crate::progress::ExperimentProgress;
use crate::provenance::provenance;

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
    /// How many GPUs stopped computing.
    pub lost: usize,
    /// Whether a signal stopped it before its end.
    pub stopped: bool,
}

impl Add for JobEnd {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            failed: self.failed + other.failed,
            lost: self.lost + other.lost,
            stopped: self.stopped || other.stopped,
        }
    }
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
            cores: (cores / side_by_side).max(1),
            progress: ExperimentProgress::new(
                &self.prepared.experiment.name,
                open.len(),
                open.iter().map(|run| run.steps()).sum(),
            ),
            beats: Beats::default(),
        };
        let (ended, end) = mpsc::channel();
        let ended = thread::scope(|scope| {
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
            let results: Vec<anyhow::Result<JobEnd>> = workers
                .into_iter()
                .map(|worker| {
                    worker
                        .join()
                        .map_err(|panic| anyhow!(panic_message(&*panic)))?
                })
                .collect();
            drop(ended);
            let results: anyhow::Result<Vec<JobEnd>> = results.into_iter().collect();
            results.map(|ends| ends.into_iter().fold(JobEnd::default(), JobEnd::add))
        });
        session.progress.finish();
        Ok(JobEnd {
            stopped: self.stop.signalled(),
            ..ended?
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
            let _ = discard_state(&files::checkpoints_of(self.store.path(), &run.id));
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
pub struct Session<'a> {
    pub job: &'a Job<'a>,
    /// Cores that one run may use.
    pub cores: usize,
    pub progress: ExperimentProgress,
    pub beats: Beats,
}

impl Session<'_> {
    /// Takes runs as long as there are any, and the device computes. An error is one of the store or
    /// of the disk, and then the other workers stop too.
    fn work(&self, open: &[&PreparedRun], device: &ChosenDevice) -> anyhow::Result<JobEnd> {
        let result = self.take_all(open, device);
        if result.is_err() {
            self.job.stop.end();
        }
        result
    }

    fn take_all(&self, open: &[&PreparedRun], device: &ChosenDevice) -> anyhow::Result<JobEnd> {
        let threads = rayon::ThreadPoolBuilder::new()
            .num_threads(self.cores)
            .build()?;
        let meter = device.meter();
        let program = provenance(self.job.prepared.project.root(), device);
        let ids: Vec<String> = open.iter().map(|run| run.id.clone()).collect();
        let mut ended = JobEnd::default();
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
            match threads.install(|| one.carry_out())? {
                End::Over => {}
                End::Failed => {
                    ended.failed += 1;
                    if self.job.fail_fast {
                        self.job.stop.end();
                    }
                }
                End::DeviceLost => {
                    ended.lost += 1;
                    break;
                }
            }
        }
        Ok(ended)
    }
}
