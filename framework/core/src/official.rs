//! What a published benchmark holds by its authors' count, to tell a damaged or altered copy.

use crate::clip::{Side, Split};

/// A published benchmark's own figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Official {
    /// The benchmark's name, for people.
    pub name: &'static str,
    /// Where the figures come from.
    pub source: &'static str,
    /// Training and test clips of each fold, fold 1 first.
    pub folds: &'static [[usize; 2]],
    /// Test clips of each class in fold 1, in label order.
    pub first_test: &'static [usize],
    /// Clips with fewer than 16 frames in the official folder of frames, over all folds, where that
    /// is known.
    pub shorter_than_16: Option<usize>,
    /// Another benchmark whose clips it holds too.
    pub holds: Option<Overlap>,
}

/// Clips that two benchmarks share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overlap {
    /// The other benchmark, by [`Official::name`].
    pub of: &'static str,
    /// How many clips.
    pub clips: usize,
    /// Who says so.
    pub source: &'static str,
}

impl Official {
    /// How many clips a side of a fold has; `None` for a fold that does not exist.
    pub fn clips(&self, fold: u32, side: Side) -> Option<usize> {
        let index = (fold as usize).checked_sub(1)?;
        let [train, test] = self.folds.get(index)?;
        Some(match side {
            Side::Train => *train,
            Side::Test => *test,
        })
    }

    /// How many clips of a class a side of a fold has, where that is known.
    pub fn clips_of_class(&self, fold: u32, side: Side, label: usize) -> Option<usize> {
        match (fold, side) {
            (1, Side::Test) => self.first_test.get(label).copied(),
            _ => None,
        }
    }

    /// One line when the number of clips in a fold is not the official one.
    pub fn count_note(&self, fold: u32, split: &Split) -> Option<String> {
        let official = [Side::Train, Side::Test].map(|side| self.clips(fold, side));
        let [Some(train), Some(test)] = official else {
            return None;
        };
        let found = [split.train.len(), split.test.len()];
        (found != [train, test]).then(|| {
            format!(
                "{} training and {} test clips, but {} has {train} and {test}: figures on these \
                 clips are not comparable with published ones",
                found[0], found[1], self.name
            )
        })
    }

    /// One line about the clips that it shares with another benchmark.
    pub fn overlap_note(&self) -> Option<String> {
        let shared = self.holds?;
        Some(format!(
            "{} holds {} clips of {} ({}): a model trained on one of them must not be tested on the \
             other",
            self.name, shared.clips, shared.of, shared.source
        ))
    }
}
