//! One pass over the training clips, which may be left and gone on with.

use std::time::Instant;

use exp_core::event::Event;
use serde::{Deserialize, Serialize};

use crate::clock::Clock;
use crate::error::TrainError;
use crate::learner::{Learner, Loss};
use crate::run::Run;
use crate::state::Progress;

/// What a pass has brought so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Pass {
    /// Steps that were taken.
    pub steps: usize,
    /// The sum of their losses.
    pub loss: f64,
    /// Clips that were trained on.
    pub clips: usize,
    /// Frames that were replaced by a neighbour.
    pub damaged: usize,
    /// Seconds, and those of them that were spent waiting for clips.
    pub seconds: f64,
    pub waited: f64,
    /// The energy in joules that a GPU used, where its driver tells.
    #[serde(default)]
    pub joules: f64,
}

impl Run<'_> {
    /// Takes the steps of an epoch that are left. Whether it came to the end, or was stopped;
    /// `progress` says how far it came either way.
    pub(crate) fn pass(
        &self,
        learner: &mut dyn Learner,
        progress: &mut Progress,
        clock: &Clock<'_>,
    ) -> Result<bool, TrainError> {
        let epoch = progress.epochs + 1;
        let factor = self.training.rate_factor(epoch);
        let before = progress.pass;
        let mut batches =
            self.train
                .training(self.augment, self.seed, epoch as u64, before.steps)?;
        let every = 60.0 * self.training.checkpoint_minutes.get();
        let mut saved = Instant::now();
        // Reading a loss waits for the device; by then it has the next step to work on.
        let mut unread: Option<Taken> = None;
        while let Some(batch) = batches.next() {
            let batch = batch?;
            let taken = Taken {
                loss: learner.step(&batch, factor),
                clips: batch.labels.len(),
                damaged: batch.damaged,
            };
            batches.reuse(batch);
            if let Some(before) = unread.replace(taken) {
                self.read(before, epoch, &mut progress.pass)?;
            }
            let stopped = (self.stop)();
            let due = saved.elapsed().as_secs_f64() >= every;
            if (stopped || due)
                && let Some(last) = unread.take()
            {
                self.read(last, epoch, &mut progress.pass)?;
            }
            progress.pass.seconds = clock.seconds();
            progress.pass.waited = before.waited + batches.waited().as_secs_f64();
            if stopped {
                return Ok(false);
            }
            if due {
                progress.pass.joules = clock.joules();
                self.commit(learner, progress)?;
                saved = Instant::now();
            }
        }
        if let Some(last) = unread {
            self.read(last, epoch, &mut progress.pass)?;
            progress.pass.seconds = clock.seconds();
        }
        Ok(true)
    }

    /// Reads the loss of a step that was taken, and tells of it.
    fn read(&self, taken: Taken, epoch: usize, pass: &mut Pass) -> Result<(), TrainError> {
        let Taken {
            loss,
            clips,
            damaged,
        } = taken;
        let loss = loss();
        pass.steps += 1;
        pass.loss += loss;
        pass.clips += clips;
        pass.damaged += damaged;
        let step = pass.steps;
        if !loss.is_finite() {
            return Err(TrainError::Diverged { epoch, step, loss });
        }
        self.sink.emit(Event::Step {
            epoch,
            step,
            loss,
            clips,
        });
        Ok(())
    }
}

/// A step that was taken, and whose loss nobody has read yet.
struct Taken {
    loss: Loss,
    clips: usize,
    damaged: usize,
}
