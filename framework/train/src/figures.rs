//! What a run measures at the end of an epoch.

use exp_core::experiment::{DamagedFrame, ShortClip};

use crate::clock::Clock;
use crate::error::TrainError;
use crate::evaluate::{Evaluation, evaluate};
use crate::learner::Learner;
use crate::run::{Run, Trained};
use crate::state::Progress;

/// What a model of one epoch says of the clips that it was not trained on.
pub(crate) struct Evaluations {
    pub test: Evaluation,
    pub held_out: Option<Evaluation>,
}

/// The figures of an epoch.
pub(crate) struct Figures {
    pub test: Trained,
    /// WAR on the held-out clips, in percent.
    pub held_out_war: Option<f64>,
}

fn trained(evaluation: &Evaluation) -> Result<Trained, TrainError> {
    let confusion = &evaluation.confusion;
    match (confusion.uar(), confusion.war()) {
        (Some(uar), Some(war)) => Ok(Trained { uar, war }),
        _ => Err(TrainError::NoTestClip),
    }
}

impl Run<'_> {
    /// `None` when stopped.
    pub(crate) fn evaluate(
        &self,
        learner: &dyn Learner,
    ) -> Result<Option<Evaluations>, TrainError> {
        let classes = self.card.classes.len();
        let on = |clips| evaluate(learner, clips, classes, &mut |_| !(self.stop)());
        let Some(test) = on(&self.test)? else {
            return Ok(None);
        };
        let held_out = match &self.held_out {
            None => None,
            Some(clips) => match on(clips)? {
                None => return Ok(None),
                evaluation => evaluation,
            },
        };
        Ok(Some(Evaluations { test, held_out }))
    }

    /// Emits an epoch's figures.
    pub(crate) fn figures(
        &self,
        epoch: usize,
        progress: &Progress,
        evaluations: &Evaluations,
        clock: &Clock<'_>,
    ) -> Result<Figures, TrainError> {
        let pass = progress.pass;
        let loss = pass.loss / pass.steps as f64;
        let held_out = evaluations.held_out.as_ref();
        let sides = [
            Some(("test", &evaluations.test)),
            held_out.map(|evaluation| ("held_out", evaluation)),
        ];
        let sides = || sides.iter().flatten();
        // The last step's damage shows here first.
        if let Some((side, evaluation)) = sides().find(|(_, one)| !one.loss.is_finite()) {
            self.emit(epoch, vec![("train/loss".to_owned(), loss)]);
            self.emit(epoch, vec![(format!("{side}/loss"), evaluation.loss)]);
            return Err(TrainError::Diverged {
                epoch,
                step: pass.steps,
                loss: evaluation.loss,
            });
        }
        let mut points = vec![("train/loss".to_owned(), loss)];
        let (mut waited, mut damaged) = (pass.waited, pass.damaged);
        for (side, evaluation) in sides() {
            let Trained { uar, war } = trained(evaluation)?;
            points.extend([
                (format!("{side}/loss"), evaluation.loss),
                (format!("{side}/uar"), uar),
                (format!("{side}/war"), war),
            ]);
            waited += evaluation.waited.as_secs_f64();
            damaged += evaluation.damaged;
        }
        for (label, class) in self.card.classes.iter().enumerate() {
            if let Some(recall) = evaluations.test.confusion.recall(label) {
                points.push((format!("test/recall/{class}"), recall));
            }
        }
        points.extend(self.left_out(damaged));
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
        let gpu = clock.gpu();
        points.extend(gpu.joules.map(|joules| ("gpu/joules".to_owned(), joules)));
        points.extend((gpu.memory).map(|bytes| ("gpu/memory_bytes".to_owned(), bytes as f64)));
        self.emit(epoch, points);
        Ok(Figures {
            test: trained(&evaluations.test)?,
            held_out_war: held_out.map(trained).transpose()?.map(|side| side.war),
        })
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
}
