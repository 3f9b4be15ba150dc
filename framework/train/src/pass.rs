//! One pass over the training clips, which may be left and gone on with.

use std::time::Instant;

use exp_core::event::Event;
use serde::{Deserialize, Serialize};

use crate::error::TrainError;
use crate::learner::Learner;
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
}

impl Run<'_> {
    /// Takes the steps of an epoch that are left. Whether it came to the end, or was stopped;
    /// `progress` says how far it came either way.
    pub(crate) fn pass(
        &self,
        learner: &mut dyn Learner,
        progress: &mut Progress,
    ) -> Result<bool, TrainError> {
        let epoch = progress.epochs + 1;
        let factor = self.training.rate_factor(epoch);
        let before = progress.pass;
        let start = Instant::now();
        let mut batches =
            self.train
                .training(self.augment, self.seed, epoch as u64, before.steps)?;
        let every = 60.0 * self.training.checkpoint_minutes.get();
        let mut saved = Instant::now();
        while let Some(batch) = batches.next() {
            let batch = batch?;
            let loss = learner.step(&batch, factor);
            let pass = &mut progress.pass;
            pass.steps += 1;
            pass.loss += loss;
            pass.clips += batch.labels.len();
            pass.damaged += batch.damaged;
            pass.seconds = before.seconds + start.elapsed().as_secs_f64();
            pass.waited = before.waited + batches.waited().as_secs_f64();
            let step = pass.steps;
            if !loss.is_finite() {
                return Err(TrainError::Diverged { epoch, step, loss });
            }
            self.sink.emit(Event::Step {
                epoch,
                step,
                loss,
                clips: batch.labels.len(),
            });
            batches.reuse(batch);
            if (self.stop)() {
                return Ok(false);
            }
            if saved.elapsed().as_secs_f64() >= every {
                self.commit(learner, progress)?;
                saved = Instant::now();
            }
        }
        Ok(true)
    }
}
