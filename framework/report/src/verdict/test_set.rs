//! What the test set's clips leave open, given these trained models.

use std::collections::HashMap;

use exp_core::clip::drawn_person;
use exp_core::event::Prediction;
use exp_core::metrics::Metric;
use serde::Serialize;

use super::contrast::Contrast;
use crate::statistics::Interval;
use crate::statistics::bootstrap::{RESAMPLES, Scored, Unit, paired_bootstrap};
use crate::statistics::mcnemar::{McNemar, mcnemar};

/// The uncertainty that comes from the test clips alone. It says nothing about another training, so
/// it stands beside the interval over seeds, never instead.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TestSet {
    /// The paired bootstrap's interval of the difference, in points.
    pub interval: Interval,
    /// What was drawn: persons where every clip's is known, else clips.
    pub unit: Unit,
    /// How many of them there are, over all folds.
    pub units: usize,
    /// How many test sets were drawn.
    pub resamples: usize,
    /// How many pairs of trained models each test set was given to, in each fold.
    pub pairs: usize,
    /// Classes that no other draw of these clips can move.
    pub unmoved: Vec<Unmoved>,
}

/// A class whose clips all have the same difference: always right or always wrong on either side,
/// most of the time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Unmoved {
    /// The class.
    pub class: String,
    /// Its recall with the level, in percent.
    pub level: f64,
    /// Its recall with the baseline, in percent.
    pub baseline: f64,
}

/// A clip's score over all pairs of models.
#[derive(Default, Clone, Copy)]
struct Right {
    class: usize,
    first: i32,
    second: i32,
}

/// `None` where two runs differ in their classes or test clips, or nothing was measured.
pub(super) fn test_set(contrast: &Contrast, metric: Metric) -> Option<TestSet> {
    let mut folds: Vec<Vec<Scored>> = Vec::new();
    let mut pairs = 0;
    let mut by_class: Vec<Vec<Right>> = Vec::new();
    let mut steady: Vec<bool> = Vec::new();
    let mut classes: &[String] = &[];
    let mut known = true;
    let mut persons = 0;
    for &fold in &contrast.folds {
        let (clips, own) = contrast.any(fold)?;
        (classes, pairs) = (own, contrast.pairs(fold).len());
        by_class.resize(classes.len(), Vec::new());
        steady.resize(classes.len(), true);
        let rights = rights(contrast, fold, clips, classes)?;
        let mut numbers: HashMap<&str, usize> = HashMap::new();
        let synthetic = contrast.synthetic();
        let scored = clips.iter().zip(&rights).map(|(clip, right)| {
            let person = drawn_person(&clip.clip).filter(|_| synthetic);
            known &= person.is_some();
            let next = numbers.len();
            Scored {
                class: right.class,
                person: *numbers.entry(person.unwrap_or_default()).or_insert(next),
                difference: right.first - right.second,
            }
        });
        folds.push(scored.collect());
        persons += numbers.len();
        for class in 0..classes.len() {
            let own: Vec<Right> = rights
                .iter()
                .filter(|right| right.class == class)
                .copied()
                .collect();
            let difference = |right: &Right| right.first - right.second;
            steady[class] &= own
                .iter()
                .all(|right| difference(right) == difference(&own[0]));
            by_class[class].extend(own);
        }
    }
    let unit = if known { Unit::Person } else { Unit::Clip };
    let interval = paired_bootstrap(&folds, u32::try_from(pairs).ok()?, metric, unit)?;
    let recall = |rights: &[Right], of: fn(&Right) -> i32| {
        let right: i32 = rights.iter().map(of).sum();
        100.0 * f64::from(right) / (rights.len() * pairs) as f64
    };
    let unmoved = (0..classes.len()).filter(|&class| steady[class] && !by_class[class].is_empty());
    Some(TestSet {
        interval,
        unit,
        units: match unit {
            Unit::Person => persons,
            Unit::Clip => folds.iter().map(Vec::len).sum(),
        },
        resamples: RESAMPLES,
        pairs,
        unmoved: unmoved
            .map(|class| Unmoved {
                class: classes[class].clone(),
                level: recall(&by_class[class], |right| right.first),
                baseline: recall(&by_class[class], |right| right.second),
            })
            .collect(),
    })
}

/// How often each clip of a fold is right on either side. `None` where two runs differ in their
/// classes or test clips.
fn rights(
    contrast: &Contrast,
    fold: u32,
    clips: &[Prediction],
    classes: &[String],
) -> Option<Vec<Right>> {
    let class = |clip: &Prediction| Right {
        class: clip.target,
        ..Right::default()
    };
    let mut rights: Vec<Right> = clips.iter().map(class).collect();
    for (first, second) in contrast.pairs(fold) {
        for (measured, is_first) in [(first, true), (second, false)] {
            let predictions = measured.predictions;
            if predictions.len() != clips.len() || measured.run.classes != classes {
                return None;
            }
            for ((right, clip), own) in rights.iter_mut().zip(clips).zip(predictions) {
                if (&own.clip, own.target) != (&clip.clip, clip.target) {
                    return None;
                }
                let hit = i32::from(own.predicted == own.target);
                match is_first {
                    true => right.first += hit,
                    false => right.second += hit,
                }
            }
        }
    }
    let whole = rights.iter().all(|right| right.class < classes.len());
    whole.then_some(rights)
}

/// McNemar's test, where there is one trained model a side.
pub(super) fn models(contrast: &Contrast) -> Option<McNemar> {
    let [fold] = contrast.folds[..] else {
        return None;
    };
    let (clips, classes) = contrast.any(fold)?;
    if contrast.pairs(fold).len() != 1 {
        return None;
    }
    let rights = rights(contrast, fold, clips, classes)?;
    let only = |first: i32| {
        rights
            .iter()
            .filter(|right| right.first - right.second == first)
            .count()
    };
    Some(mcnemar(only(1) as u64, only(-1) as u64))
}
