//! The field's two figures, computed from predictions: UAR and WAR, and the confusion matrix
//! behind them.

/// How many clips of each class were predicted as each class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confusion {
    classes: usize,
    counts: Vec<u64>,
}

impl Confusion {
    /// Counts pairs of (target, predicted) labels, each below `classes`.
    ///
    /// Pairs outside that range are not counted: labels are checked where clips are read.
    pub fn from_pairs(classes: usize, pairs: impl IntoIterator<Item = (usize, usize)>) -> Self {
        let mut counts = vec![0; classes * classes];
        for (target, predicted) in pairs {
            if target < classes && predicted < classes {
                counts[target * classes + predicted] += 1;
            }
        }
        Self { classes, counts }
    }

    /// The number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Clips of class `target` that were predicted as `predicted`.
    pub fn count(&self, target: usize, predicted: usize) -> u64 {
        self.counts[target * self.classes + predicted]
    }

    /// Clips of class `target`.
    pub fn support(&self, target: usize) -> u64 {
        (0..self.classes).map(|p| self.count(target, p)).sum()
    }

    /// Adds another matrix over the same classes, cell by cell.
    pub fn add(&mut self, other: &Self) {
        debug_assert_eq!(self.classes, other.classes);
        for (mine, theirs) in self.counts.iter_mut().zip(&other.counts) {
            *mine += theirs;
        }
    }

    /// Recall of one class in percent; `None` where the class has no clip.
    pub fn recall(&self, target: usize) -> Option<f64> {
        let support = self.support(target);
        (support > 0).then(|| 100.0 * self.count(target, target) as f64 / support as f64)
    }

    /// Unweighted average recall in percent: the mean of the recalls of the classes that have a
    /// clip. `None` where there is no clip at all.
    pub fn uar(&self) -> Option<f64> {
        let recalls: Vec<f64> = (0..self.classes).filter_map(|c| self.recall(c)).collect();
        (!recalls.is_empty()).then(|| recalls.iter().sum::<f64>() / recalls.len() as f64)
    }

    /// Weighted average recall in percent, which is the accuracy over all clips. `None` where
    /// there is no clip at all.
    pub fn war(&self) -> Option<f64> {
        let total: u64 = self.counts.iter().sum();
        let right: u64 = (0..self.classes).map(|c| self.count(c, c)).sum();
        (total > 0).then(|| 100.0 * right as f64 / total as f64)
    }

    /// Classes without a clip, which [`uar`](Self::uar) leaves out.
    pub fn absent(&self) -> Vec<usize> {
        (0..self.classes)
            .filter(|&c| self.support(c) == 0)
            .collect()
    }
}

/// A figure that settings are compared by.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Unweighted average recall.
    Uar,
    /// Weighted average recall (accuracy).
    War,
}

impl Metric {
    /// The figure, in percent, of a confusion matrix.
    pub fn of(self, confusion: &Confusion) -> Option<f64> {
        match self {
            Self::Uar => confusion.uar(),
            Self::War => confusion.war(),
        }
    }
}

/// The rule that selects the epoch whose predictions count.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// The last epoch, whatever its figures.
    Last,
    /// The epoch with the best WAR on the test set, the first of equals. This selects on the test
    /// set, as papers of this field do; its figures are too good by construction.
    BestTest,
    /// The epoch with the best WAR on clips of the training set that were kept out of training, the
    /// first of equals (setting `train.held_out`). Nothing is selected on the test set.
    HeldOut,
}

impl Rule {
    /// The name in settings, in the store and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Last => "last",
            Self::BestTest => "best_test",
            Self::HeldOut => "held_out",
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn uar_leaves_out_a_class_without_a_clip_and_names_it() {
        let confusion = Confusion::from_pairs(3, [(0, 0), (0, 1), (1, 1)]);
        assert_eq!(confusion.recall(0), Some(50.0));
        assert_eq!(confusion.recall(2), None);
        assert_eq!(confusion.uar(), Some(75.0));
        assert!((confusion.war().unwrap() - 200.0 / 3.0).abs() < 1e-12);
        assert_eq!(confusion.absent(), [2]);
    }

    #[test]
    fn no_clip_has_no_figure() {
        let confusion = Confusion::from_pairs(2, []);
        assert_eq!((confusion.uar(), confusion.war()), (None, None));
    }

    /// Twelve predictions as the reference's evaluation counts them, worked out by hand there.
    #[test]
    fn uar_is_the_mean_of_recalls_and_war_the_share_of_right_clips() {
        let targets = [0, 0, 0, 0, 1, 1, 2, 2, 2, 2, 2, 2];
        let predicted = [0, 0, 0, 1, 1, 0, 2, 2, 2, 0, 1, 2];
        let confusion = Confusion::from_pairs(3, targets.into_iter().zip(predicted));
        let uar = (75.0 + 50.0 + 100.0 * 4.0 / 6.0) / 3.0;
        assert!((confusion.uar().unwrap() - uar).abs() < 1e-12);
        assert!((confusion.war().unwrap() - 100.0 * 8.0 / 12.0).abs() < 1e-12);
    }
}
