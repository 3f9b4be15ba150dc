//! What a model says of every test clip.

use std::time::Duration;

use exp_core::event::Prediction;
use exp_core::metrics::Confusion;
use exp_data::loader::Loader;

use crate::error::TrainError;
use crate::learner::Learner;

/// A model's answers on a benchmark's test clips.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// Mean cross entropy.
    pub loss: f64,
    /// One for each clip, in the loader's order.
    pub predictions: Vec<Prediction>,
    /// Logits in the same order, `[clips * classes]`.
    pub logits: Vec<f32>,
    /// How often each class was taken for each.
    pub confusion: Confusion,
    /// How long the model waited for clips.
    pub waited: Duration,
    /// Frames that could not be read and were replaced by their neighbours.
    pub damaged: usize,
}

/// Evaluates a model on all clips of a loader. `tell` gets the number of clips of each batch, and
/// says whether to go on: if not, and clips are left, there is no evaluation.
///
/// No clip at all, or one that cannot be read, is an error.
pub fn evaluate(
    learner: &dyn Learner,
    test: &Loader,
    classes: usize,
    tell: &mut dyn FnMut(usize) -> bool,
) -> Result<Option<Evaluation>, TrainError> {
    let clips = test.clips();
    if clips.is_empty() {
        return Err(TrainError::NoTestClip);
    }
    let mut batches = test.evaluation();
    let (mut loss, mut damaged) = (0.0, 0);
    let mut predictions = Vec::with_capacity(clips.len());
    let mut all = Vec::with_capacity(clips.len() * classes);
    let mut goes_on = true;
    while let Some(batch) = batches.next() {
        if !goes_on {
            return Ok(None);
        }
        let batch = batch?;
        damaged += batch.damaged;
        let logits = learner.logits(&batch);
        if logits.len() != batch.labels.len() * classes {
            return Err(TrainError::Logits {
                logits: logits.len(),
                clips: batch.labels.len(),
                classes,
            });
        }
        let rows = logits.chunks_exact(classes);
        for ((row, &target), &clip) in rows.zip(&batch.labels).zip(&batch.clips) {
            loss += negative_log_probability(row, target);
            predictions.push(Prediction {
                clip: clips[clip].name.clone(),
                target,
                predicted: largest(row),
            });
        }
        all.extend(logits);
        goes_on = tell(batch.labels.len());
        batches.reuse(batch);
    }
    let pairs = predictions.iter().map(|p| (p.target, p.predicted));
    Ok(Some(Evaluation {
        loss: loss / predictions.len() as f64,
        confusion: Confusion::from_pairs(classes, pairs),
        predictions,
        logits: all,
        waited: batches.waited(),
        damaged,
    }))
}

/// The index of the largest value, the first of equals.
fn largest(row: &[f32]) -> usize {
    let mut best = 0;
    for (index, value) in row.iter().enumerate() {
        if *value > row[best] {
            best = index;
        }
    }
    best
}

fn negative_log_probability(row: &[f32], target: usize) -> f64 {
    let top = f64::from(row[largest(row)]);
    let sum: f64 = row.iter().map(|&v| (f64::from(v) - top).exp()).sum();
    top + sum.ln() - f64::from(row[target])
}
