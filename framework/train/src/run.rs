//! One run: epochs of training, each followed by an evaluation.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use exp_core::checkpoint::{CheckpointCard, RunCard};
use exp_core::event::{Event, EventSink, Point};
use exp_core::experiment::{Augmentation, DamagedFrame, ShortClip, Training};
use exp_core::metrics::Rule;
use exp_data::loader::Loader;

use crate::error::TrainError;
use crate::evaluate::{Evaluation, evaluate};
use crate::learner::Learner;

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
    /// Where checkpoints go: `last.safetensors` and `best_test.safetensors`.
    pub checkpoints: PathBuf,
    /// What checkpoints say of the run.
    pub card: RunCard,
    /// Who is told.
    pub sink: &'a dyn EventSink,
}

/// What came of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trained {
    /// UAR of the last epoch, in percent.
    pub uar: f64,
    /// WAR of the last epoch, in percent.
    pub war: f64,
}

/// A pass over the training clips.
struct Pass {
    loss: f64,
    clips: usize,
    waited: Duration,
    damaged: usize,
}

impl Run<'_> {
    /// Trains the learner through all epochs.
    pub fn train(&self, learner: &mut dyn Learner) -> Result<Trained, TrainError> {
        if learner.trained().is_empty() {
            return Err(TrainError::NothingToTrain);
        }
        let epochs = self.training.epochs.get();
        let mut best = f64::NEG_INFINITY;
        let mut last = Trained { uar: 0.0, war: 0.0 };
        for epoch in 1..=epochs {
            let start = Instant::now();
            let trained = self.epoch(learner, epoch)?;
            let train_seconds = start.elapsed().as_secs_f64();
            let evaluation = evaluate(learner, &self.test, self.card.classes.len(), &mut |_| {})?;
            // The last step's damage shows here first.
            if !evaluation.loss.is_finite() {
                return Err(TrainError::Diverged {
                    epoch,
                    step: trained.clips / self.training.batch.get(),
                    loss: evaluation.loss,
                });
            }
            let (Some(uar), Some(war)) = (evaluation.confusion.uar(), evaluation.confusion.war())
            else {
                return Err(TrainError::NoTestClip);
            };
            last = Trained { uar, war };
            let mut points = vec![
                ("train/loss".to_owned(), trained.loss),
                ("test/loss".to_owned(), evaluation.loss),
                ("test/uar".to_owned(), uar),
                ("test/war".to_owned(), war),
            ];
            for (label, class) in self.card.classes.iter().enumerate() {
                if let Some(recall) = evaluation.confusion.recall(label) {
                    points.push((format!("test/recall/{class}"), recall));
                }
            }
            points.extend(self.left_out(trained.damaged + evaluation.damaged));
            let waited = (trained.waited + evaluation.waited).as_secs_f64();
            let seconds = start.elapsed().as_secs_f64();
            points.extend([
                ("rate/factor".to_owned(), self.training.rate_factor(epoch)),
                ("time/epoch_seconds".to_owned(), seconds),
                ("time/waited_seconds".to_owned(), waited),
                ("time/waited_share".to_owned(), waited / seconds),
                (
                    "time/clips_per_second".to_owned(),
                    trained.clips as f64 / train_seconds,
                ),
            ]);
            let points = points
                .into_iter()
                .map(|(series, value)| Point {
                    series,
                    epoch,
                    value,
                })
                .collect();
            self.sink.emit(Event::Epoch { epoch, points });
            // Strictly better: of equal epochs the first one counts.
            if war > best {
                best = war;
                self.keep(learner, Rule::BestTest, epoch, &evaluation)?;
            }
            if epoch == epochs {
                self.keep(learner, Rule::Last, epoch, &evaluation)?;
            }
        }
        Ok(last)
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

    /// One pass over the training clips; the loss is the mean over its steps.
    fn epoch(&self, learner: &mut dyn Learner, epoch: usize) -> Result<Pass, TrainError> {
        let factor = self.training.rate_factor(epoch);
        let mut batches = self.train.training(self.augment, self.seed, epoch as u64)?;
        let (mut sum, mut steps, mut clips, mut damaged) = (0.0, 0, 0, 0);
        while let Some(batch) = batches.next() {
            let batch = batch?;
            steps += 1;
            let loss = learner.step(&batch, factor);
            if !loss.is_finite() {
                return Err(TrainError::Diverged {
                    epoch,
                    step: steps,
                    loss,
                });
            }
            sum += loss;
            clips += batch.labels.len();
            damaged += batch.damaged;
            self.sink.emit(Event::Step {
                epoch,
                step: steps,
                loss,
                clips: batch.labels.len(),
            });
            batches.reuse(batch);
        }
        Ok(Pass {
            loss: sum / steps as f64,
            clips,
            waited: batches.waited(),
            damaged,
        })
    }

    /// Keeps an epoch's predictions and weights under a selection rule.
    fn keep(
        &self,
        learner: &dyn Learner,
        rule: Rule,
        epoch: usize,
        evaluation: &Evaluation,
    ) -> Result<(), TrainError> {
        self.sink.emit(Event::Predictions {
            rule,
            epoch,
            predictions: evaluation.predictions.clone(),
        });
        let path = self
            .checkpoints
            .join(format!("{}.safetensors", rule.name()));
        let card = CheckpointCard {
            run: self.card.clone(),
            rule,
            epoch,
        };
        learner.save(&path, &card.to_metadata()?)?;
        self.sink.emit(Event::Checkpoint { rule, epoch, path });
        Ok(())
    }
}
