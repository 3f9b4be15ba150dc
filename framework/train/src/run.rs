//! One run: epochs of training, each followed by an evaluation.
//!
//! A run can be stopped after any step, or killed at any moment, and gone on with: the figures are
//! those of a run that was not disturbed, on the CPU to the last bit. At the end of an epoch things
//! are made to last in this order: the best epoch's model under a name of its own, the figures, the
//! state that says so; then what no state needs any more is removed. So whatever was there when the
//! state was written is there when the run goes on from it.

use std::io;
use std::path::{Path, PathBuf};

use exp_core::checkpoint::{CheckpointCard, RunCard};
use exp_core::event::{Event, EventSink, Point, Prediction};
use exp_core::experiment::{Augmentation, Training};
use exp_core::metrics::Rule;
use exp_data::loader::Loader;
use serde::{Deserialize, Serialize};

use crate::clock::{Clock, GpuUse};
use crate::error::TrainError;
use crate::learner::Learner;
use crate::pass::Pass;
use crate::state::{self, Best, Progress, TrainingState};

/// What a run needs.
pub struct Run<'a> {
    /// The clips to train on.
    pub train: Loader,
    /// The clips to test on.
    pub test: Loader,
    /// Clips kept out of training to choose an epoch by, under [`Rule::HeldOut`]; none without.
    pub held_out: Option<Loader>,
    /// What training changes at random.
    pub augment: &'a Augmentation,
    /// Epochs and schedule.
    pub training: &'a Training,
    /// The seed of clip order, frame sampling and augmentation.
    pub seed: u64,
    /// The run's folder of checkpoints: `last.safetensors`, `best_test-<epoch>.safetensors`,
    /// `held_out-<epoch>.safetensors`, and what a run that is not done goes on from.
    pub checkpoints: PathBuf,
    /// What checkpoints say of the run.
    pub card: RunCard,
    /// Who is told.
    pub sink: &'a dyn EventSink,
    /// What the GPU uses that the run is trained on.
    pub gpu: &'a dyn Fn() -> GpuUse,
    /// Whether to stop, asked after each step.
    pub stop: &'a dyn Fn() -> bool,
}

/// What came of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Trained {
    /// UAR of the last epoch, in percent.
    pub uar: f64,
    /// WAR of the last epoch, in percent.
    pub war: f64,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Ended {
    /// All epochs are trained. What it would go on from is still there: see
    /// [`discard_state`](crate::discard_state).
    Trained(Trained),
    /// It was stopped, and its state written.
    Stopped {
        /// The epoch, counted from 1.
        epoch: usize,
        /// Steps taken in it.
        step: usize,
    },
}

/// Where the model of an epoch that a rule selected lies. That of a best epoch has the epoch in
/// its name, so that a better one does not replace it before the run's state says so.
pub(crate) fn model_file(folder: &Path, rule: Rule, epoch: usize) -> PathBuf {
    folder.join(match rule {
        Rule::Last => format!("{}.safetensors", rule.name()),
        Rule::BestTest | Rule::HeldOut => format!("{}-{epoch}.safetensors", rule.name()),
    })
}

impl Run<'_> {
    /// Trains a fresh learner through all epochs, or goes on from where the run was left.
    ///
    /// # Errors
    /// A clip that cannot be read, a file or a figure that cannot be written, a loss that is no
    /// number. What was written before stays.
    pub fn train(
        &self,
        learner: &mut dyn Learner,
        state: Option<TrainingState>,
    ) -> Result<Ended, TrainError> {
        if learner.trained().is_empty() {
            return Err(TrainError::NothingToTrain);
        }
        let mut progress = Progress {
            run: self.card.run.clone(),
            ..Progress::default()
        };
        if let Some(state) = state {
            state.restore(learner)?;
            progress = state.progress;
            for (rule, best) in progress.bests() {
                self.tell(rule, best.epoch, best.predictions());
            }
        }
        if !self.make_features(learner)? {
            self.commit(learner, &progress)?;
            return Ok(Ended::Stopped {
                epoch: progress.epochs + 1,
                step: progress.pass.steps,
            });
        }
        while progress.epochs < self.training.epochs.get() {
            let epoch = progress.epochs + 1;
            let clock = Clock::from(&progress.pass, self.gpu);
            let evaluations = match self.pass(learner, &mut progress, &clock) {
                Ok(true) => self.evaluate(learner)?,
                Ok(false) => None,
                Err(error) => {
                    self.tell_of_divergence(&error);
                    return Err(error);
                }
            };
            let Some(evaluations) = evaluations else {
                progress.pass.joules = clock.joules();
                self.commit(learner, &progress)?;
                return Ok(Ended::Stopped {
                    epoch,
                    step: progress.pass.steps,
                });
            };
            let figures = self.figures(epoch, &progress, &evaluations, &clock)?;
            let predictions = evaluations.test.predictions;
            for (rule, war) in [
                (Rule::BestTest, Some(figures.test.war)),
                (Rule::HeldOut, figures.held_out_war),
            ] {
                let (Some(war), Some(best)) = (war, progress.best_mut(rule)) else {
                    continue;
                };
                // Strictly better: of equal epochs the first one counts.
                if best.as_ref().is_none_or(|best| war > best.war) {
                    *best = Some(Best::new(epoch, war, &predictions));
                    self.save(learner, rule, epoch)?;
                    self.tell(rule, epoch, predictions.clone());
                }
            }
            if epoch == self.training.epochs.get() {
                self.save(learner, Rule::Last, epoch)?;
                self.tell(Rule::Last, epoch, predictions);
            }
            progress.epochs = epoch;
            progress.pass = Pass::default();
            progress.last = figures.test;
            self.commit(learner, &progress)?;
            self.prune(&progress);
        }
        // An attempt may have ended between the last state and this.
        self.prune(&progress);
        Ok(Ended::Trained(progress.last))
    }

    /// The loss that was no number is a figure too, and the last one.
    fn tell_of_divergence(&self, error: &TrainError) {
        if let TrainError::Diverged { epoch, loss, .. } = error {
            self.emit(*epoch, vec![("train/loss".to_owned(), *loss)]);
        }
    }

    pub(crate) fn emit(&self, epoch: usize, points: Vec<(String, f64)>) {
        let point = |(series, value)| Point {
            series,
            epoch,
            value,
        };
        let points = points.into_iter().map(point).collect();
        self.sink.emit(Event::Epoch { epoch, points });
    }

    /// Writes the model of an epoch that a rule selects.
    fn save(&self, learner: &dyn Learner, rule: Rule, epoch: usize) -> Result<(), TrainError> {
        let card = CheckpointCard {
            run: self.card.clone(),
            rule,
            epoch,
        };
        Ok(learner.save(&self.file(rule, epoch), &card.to_metadata()?)?)
    }

    /// Tells which epoch a rule selects: what it predicted, and where its model is.
    fn tell(&self, rule: Rule, epoch: usize, predictions: Vec<Prediction>) {
        self.sink.emit(Event::Predictions {
            rule,
            epoch,
            predictions,
        });
        self.sink.emit(Event::Checkpoint {
            rule,
            epoch,
            path: self.file(rule, epoch),
        });
    }

    fn file(&self, rule: Rule, epoch: usize) -> PathBuf {
        model_file(&self.checkpoints, rule, epoch)
    }

    /// Makes this what the run goes on from, after all that was told.
    pub(crate) fn commit(
        &self,
        learner: &dyn Learner,
        progress: &Progress,
    ) -> Result<(), TrainError> {
        self.sink.sync().map_err(TrainError::Sink)?;
        Ok(state::commit(&self.checkpoints, progress, learner)?)
    }

    /// Removes models of epochs that are no longer the best, and what killed attempts left half
    /// written. What cannot be removed only takes room.
    fn prune(&self, progress: &Progress) {
        let bests = progress.bests();
        let kept: Vec<PathBuf> = bests
            .map(|(rule, best)| self.file(rule, best.epoch))
            .collect();
        let remove = |entry: io::Result<std::fs::DirEntry>| {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let of_an_epoch = [Rule::BestTest, Rule::HeldOut];
            let stale = of_an_epoch.iter().any(|rule| name.starts_with(rule.name()))
                || name.ends_with(".part");
            match stale && !kept.contains(&path) {
                true => std::fs::remove_file(&path),
                false => Ok(()),
            }
        };
        let files = std::fs::read_dir(&self.checkpoints);
        for entry in files.into_iter().flatten() {
            let _ = remove(entry);
        }
    }
}
