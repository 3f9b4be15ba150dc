//! What training tells the world. Training knows neither the store nor the terminal: it emits
//! events, and whoever listens implements [`EventSink`].

use std::path::PathBuf;

use crate::metrics::Rule;

/// One figure of one epoch, such as `test/uar` or `train/loss`. NaN and infinities are kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// The series' name: `train/loss`, `test/loss`, `test/uar`, `test/war`,
    /// `test/recall/<class>`, `held_out/loss`, `held_out/uar`, `held_out/war`,
    /// `data/damaged_frames`, …, and what [`Point::is_of_the_machine`].
    pub series: String,
    /// The epoch, counted from 1.
    pub epoch: usize,
    /// The value; percent for UAR, WAR and recalls.
    pub value: f64,
}

impl Point {
    /// Whether the figure is of the machine and what else it did, and may differ when a run is done
    /// again: `time/epoch_seconds`, `time/waited_seconds`, `time/waited_share` (of the epoch, in 0 to
    /// 1), `time/clips_per_second`, `gpu/joules` (used by the whole GPU during the epoch),
    /// `gpu/memory_bytes` (held by the process at the epoch's end).
    pub fn is_of_the_machine(&self) -> bool {
        ["time/", "gpu/"]
            .iter()
            .any(|prefix| self.series.starts_with(prefix))
    }
}

/// What a trained model says of one test clip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prediction {
    /// The clip's name (see [`Clip::name`](crate::clip::Clip::name)).
    pub clip: String,
    /// The clip's label.
    pub target: usize,
    /// The class with the largest logit, the first of equals.
    pub predicted: usize,
}

/// Something that happened in a run.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A frozen image encoder has seen another clip.
    Features {
        /// Clips that it has seen by now, each view for itself.
        done: usize,
        /// Those that it had not seen when the run began.
        total: usize,
    },
    /// A training step ended.
    Step {
        /// The epoch, counted from 1.
        epoch: usize,
        /// The step in the epoch, counted from 1.
        step: usize,
        /// Mean cross entropy of the batch.
        loss: f64,
        /// Clips in the batch.
        clips: usize,
    },
    /// An epoch was trained and evaluated.
    Epoch {
        /// The epoch, counted from 1.
        epoch: usize,
        /// All of its figures.
        points: Vec<Point>,
    },
    /// The predictions that a selection rule stands on; a later event of the same rule replaces
    /// an earlier one.
    Predictions {
        /// The rule.
        rule: Rule,
        /// The epoch they were made after, counted from 1.
        epoch: usize,
        /// One for each test clip.
        predictions: Vec<Prediction>,
    },
    /// The model was written to a file; a later event of the same rule replaces an earlier one.
    Checkpoint {
        /// The rule that the file's epoch was selected by.
        rule: Rule,
        /// The epoch, counted from 1.
        epoch: usize,
        /// The file.
        path: PathBuf,
    },
}

/// Who listens to a run.
pub trait EventSink: Send + Sync {
    /// Takes an event. It must not block for long: training waits for it.
    fn emit(&self, event: Event);

    /// Waits until everything taken is safe from a loss of power, which a listener that keeps
    /// nothing need not do. Training goes on from a checkpoint only after that.
    ///
    /// # Errors
    /// What could not be kept, for people: the run stops.
    fn sync(&self) -> Result<(), String> {
        Ok(())
    }
}
