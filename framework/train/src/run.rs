//! One run: epochs of training, each followed by an evaluation.
//!
//! A run can be stopped after any step, or killed at any moment, and gone on with: the figures are
//! those of a run that was not disturbed, on the CPU to the last bit. At the end of an epoch things
//! are made to last in this order: the best epoch's model under a name of its own, the figures, the
//! state that says so; then what no state needs any more is removed. So whatever was there when the
//! state was written is there when the run goes on from it.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use exp_core::checkpoint::{CheckpointCard, RunCard};
use exp_core::event::{Event, EventSink, Point, Prediction};
use exp_core::experiment::{Augmentation, DamagedFrame, ShortClip, Training};
use exp_core::metrics::Rule;
use exp_data::loader::Loader;
use serde::{Deserialize, Serialize};

use crate::error::TrainError;
use crate::evaluate::{Evaluation, evaluate};
use crate::learner::Learner;
use crate::pass::Pass;
use crate::state::{self, Best, Progress, TrainingState};

/// What a run needs.
pub struct Run<'a> {
    /// The clips to train on.
    pub train: Loader,
    /// The clips to test on.
    pub test: Loader,
    /// What training changes at random.
    pub augment: &'a Augmentation,
    /// Epochs and schedule.
    pub training: &'a Training,
    /// The seed of clip order, frame sampling and augmentation.
    pub seed: u64,
    /// The run's folder of checkpoints: `last.safetensors`, `best_test-<epoch>.safetensors`, and
    /// what a run that is not done goes on from.
    pub checkpoints: PathBuf,
    /// What checkpoints say of the run.
    pub card: RunCard,
    /// Who is told.
    pub sink: &'a dyn EventSink,
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

/// Seconds of an epoch: those of earlier attempts at it, and those since.
struct Clock {
    before: f64,
    start: Instant,
}

impl Clock {
    fn from(before: f64) -> Self {
        Self {
            before,
            start: Instant::now(),
        }
    }

    fn seconds(&self) -> f64 {
        self.before + self.start.elapsed().as_secs_f64()
    }
}

/// Where the model of an epoch that a rule selected lies. That of the best epoch has the epoch in
/// its name, so that a better one does not replace it before the run's state says so.
pub(crate) fn model_file(folder: &Path, rule: Rule, epoch: usize) -> PathBuf {
    folder.join(match rule {
        Rule::Last => format!("{}.safetensors", rule.name()),
        Rule::BestTest => format!("{}-{epoch}.safetensors", rule.name()),
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
            if let Some(best) = &progress.best {
                self.tell(Rule::BestTest, best.epoch, best.predictions());
            }
        }
        while progress.epochs < self.training.epochs.get() {
            let epoch = progress.epochs + 1;
            let clock = Clock::from(progress.pass.seconds);
            let evaluation = match self.pass(learner, &mut progress) {
                Ok(true) => self.evaluate(learner)?,
                Ok(false) => None,
                Err(error) => {
                    self.tell_of_divergence(&error);
                    return Err(error);
                }
            };
            let Some(evaluation) = evaluation else {
                self.commit(learner, &progress)?;
                return Ok(Ended::Stopped {
                    epoch,
                    step: progress.pass.steps,
                });
            };
            let trained = self.figures(epoch, &progress, &evaluation, &clock)?;
            // Strictly better: of equal epochs the first one counts.
            if progress
                .best
                .as_ref()
                .is_none_or(|best| trained.war > best.war)
            {
                self.save(learner, Rule::BestTest, epoch)?;
                self.tell(Rule::BestTest, epoch, evaluation.predictions.clone());
                progress.best = Some(Best::new(epoch, trained.war, &evaluation.predictions));
            }
            if epoch == self.training.epochs.get() {
                self.save(learner, Rule::Last, epoch)?;
                self.tell(Rule::Last, epoch, evaluation.predictions);
            }
            progress.epochs = epoch;
            progress.pass = Pass::default();
            progress.last = trained;
            self.commit(learner, &progress)?;
            self.prune(&progress);
        }
        // An attempt may have ended between the last state and this.
        self.prune(&progress);
        Ok(Ended::Trained(progress.last))
    }

    /// `None` when stopped.
    fn evaluate(&self, learner: &dyn Learner) -> Result<Option<Evaluation>, TrainError> {
        let classes = self.card.classes.len();
        evaluate(learner, &self.test, classes, &mut |_| !(self.stop)())
    }

    /// Emits an epoch's figures.
    fn figures(
        &self,
        epoch: usize,
        progress: &Progress,
        evaluation: &Evaluation,
        clock: &Clock,
    ) -> Result<Trained, TrainError> {
        let pass = progress.pass;
        let loss = pass.loss / pass.steps as f64;
        // The last step's damage shows here first.
        if !evaluation.loss.is_finite() {
            let error = TrainError::Diverged {
                epoch,
                step: pass.steps,
                loss: evaluation.loss,
            };
            self.emit(epoch, vec![("train/loss".to_owned(), loss)]);
            self.emit(epoch, vec![("test/loss".to_owned(), evaluation.loss)]);
            return Err(error);
        }
        let confusion = &evaluation.confusion;
        let (Some(uar), Some(war)) = (confusion.uar(), confusion.war()) else {
            return Err(TrainError::NoTestClip);
        };
        let mut points = vec![
            ("train/loss".to_owned(), loss),
            ("test/loss".to_owned(), evaluation.loss),
            ("test/uar".to_owned(), uar),
            ("test/war".to_owned(), war),
        ];
        for (label, class) in self.card.classes.iter().enumerate() {
            if let Some(recall) = confusion.recall(label) {
                points.push((format!("test/recall/{class}"), recall));
            }
        }
        points.extend(self.left_out(pass.damaged + evaluation.damaged));
        let waited = pass.waited + evaluation.waited.as_secs_f64();
        let seconds = clock.seconds();
        points.extend([
            ("rate/factor".to_owned(), self.training.rate_factor(epoch)),
            ("time/epoch_seconds".to_owned(), seconds),
            ("time/waited_seconds".to_owned(), waited),
            ("time/waited_share".to_owned(), waited / seconds),
            (
                "time/clips_per_second".to_owned(),
                pass.clips as f64 / pass.seconds,
            ),
        ]);
        self.emit(epoch, points);
        Ok(Trained { uar, war })
    }

    /// The loss that was no number is a figure too, and the last one.
    fn tell_of_divergence(&self, error: &TrainError) {
        if let TrainError::Diverged { epoch, loss, .. } = error {
            self.emit(*epoch, vec![("train/loss".to_owned(), *loss)]);
        }
    }

    fn emit(&self, epoch: usize, points: Vec<(String, f64)>) {
        let point = |(series, value)| Point {
            series,
            epoch,
            value,
        };
        let points = points.into_iter().map(point).collect();
        self.sink.emit(Event::Epoch { epoch, points });
    }

    /// What the rules for short clips and damaged frames cost an epoch, where they may cost anything.
    fn left_out(&self, damaged: usize) -> Vec<(String, f64)> {
        let rules = self.train.settings();
        let dropped = self.train.dropped() + self.test.dropped();
        let figures = [
            (
                rules.short == ShortClip::Drop,
                "data/dropped_clips",
                dropped,
            ),
            (
                rules.damaged == DamagedFrame::RepeatNeighbour,
                "data/damaged_frames",
                damaged,
            ),
        ];
        figures
            .into_iter()
            .filter(|(counted, ..)| *counted)
            .map(|(_, series, count)| (series.to_owned(), count as f64))
            .collect()
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
        let best = progress.best.as_ref();
        let best = best.map(|best| self.file(Rule::BestTest, best.epoch));
        let remove = |entry: io::Result<std::fs::DirEntry>| {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let is_best = name.starts_with(Rule::BestTest.name()) && Some(&path) == best.as_ref();
            let stale = name.starts_with(Rule::BestTest.name()) || name.ends_with(".part");
            match stale && !is_best {
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
