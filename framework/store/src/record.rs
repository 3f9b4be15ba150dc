//! What goes into the store and comes out of it.

use std::fmt;
use std::path::PathBuf;

use exp_core::event::{Point, Prediction};
use exp_core::experiment::{Compare, Level};
use exp_core::metrics::Rule;
use exp_core::provenance::Provenance;
use jiff::Timestamp;

/// An experiment as its file says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExperimentRecord {
    /// Its name, which is its identity in the store.
    pub name: String,
    /// What it asks.
    pub question: String,
    /// The text of its file.
    pub yaml: String,
    /// The comparison that the question is about.
    pub compare: Option<Compare>,
    /// The benchmarks it was last run on.
    pub benchmarks: Vec<String>,
}

/// A run of a plan, as it is before anything is known of its outcome.
#[derive(Debug, Clone, PartialEq)]
pub struct NewRun {
    /// The content id.
    pub id: String,
    /// The benchmark's name.
    pub benchmark: String,
    /// Whether the benchmark's clips are drawn; such figures never stand beside published ones.
    pub synthetic: bool,
    /// The fold of the benchmark.
    pub fold: u32,
    /// The seed of everything random in it.
    pub seed: u64,
    /// The resolved settings.
    pub settings: serde_json::Value,
    /// Class names in label order.
    pub classes: Vec<String>,
    /// The place in this experiment's grid.
    pub levels: Vec<Level>,
}

/// How far a run has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// Planned, not begun.
    Queued,
    /// Being trained, or left behind by a process that died, until
    /// [`notice_interrupted`](crate::Store::notice_interrupted) looks.
    Running,
    /// All figures are there.
    Done,
    /// Ended with an error, which is kept.
    Failed,
    /// Stopped before its end, by a person, or because its process died.
    Interrupted,
}

impl Status {
    /// All there are.
    pub const ALL: [Self; 5] = [
        Self::Queued,
        Self::Running,
        Self::Done,
        Self::Failed,
        Self::Interrupted,
    ];

    /// The word in the store and for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A prompt as a run used it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptRecord {
    /// The class it stands for.
    pub class: String,
    /// The text before tokenisation.
    pub text: String,
    /// What the text encoder was given, special tokens included.
    pub token_ids: Vec<u32>,
}

/// The predictions that a selection rule stands on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// The rule.
    pub rule: Rule,
    /// The epoch it selected, counted from 1.
    pub epoch: usize,
    /// One for each test clip, in the order of the clips' names: two runs on the same clips are
    /// in the same order.
    pub predictions: Vec<Prediction>,
}

/// A model on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The rule that selected its epoch.
    pub rule: Rule,
    /// The epoch, counted from 1.
    pub epoch: usize,
    /// The file.
    pub path: PathBuf,
    /// When it was reported, to the millisecond.
    pub written: Timestamp,
}

/// A run with all of its figures.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRecord {
    /// The content id.
    pub id: String,
    /// The benchmark's name.
    pub benchmark: String,
    /// Whether the benchmark's clips are drawn.
    pub synthetic: bool,
    /// The fold of the benchmark.
    pub fold: u32,
    /// The seed of everything random in it.
    pub seed: u64,
    /// The place in this experiment's grid.
    pub levels: Vec<Level>,
    /// How far it has come.
    pub status: Status,
    /// Why it failed.
    pub failure: Option<String>,
    /// The resolved settings.
    pub settings: serde_json::Value,
    /// Class names in label order.
    pub classes: Vec<String>,
    /// Where its figures come from; `None` until it was started.
    pub provenance: Option<Provenance>,
    /// The prompts, in the order in which they were recorded.
    pub prompts: Vec<PromptRecord>,
    /// All figures: the points of a series stand together, epochs rising.
    pub points: Vec<Point>,
    /// At most one for each rule, ordered by the rule's name.
    pub selections: Vec<Selection>,
    /// At most one for each rule, ordered by the rule's name.
    pub checkpoints: Vec<Checkpoint>,
    /// When the attempt began that its figures start with, to the millisecond.
    pub started: Option<Timestamp>,
    /// When it was done, failed or stopped, to the millisecond.
    pub finished: Option<Timestamp>,
    /// Who worked on it, and what is said of it.
    pub history: History,
}

impl RunRecord {
    /// The run as a plan has it.
    pub(crate) fn into_plan(self) -> NewRun {
        NewRun {
            id: self.id,
            benchmark: self.benchmark,
            synthetic: self.synthetic,
            fold: self.fold,
            seed: self.seed,
            settings: self.settings,
            classes: self.classes,
            levels: self.levels,
        }
    }
}

/// Who worked on a run, and what is said of it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct History {
    /// The experiments that have it, by name, also those whose present plan does not.
    pub experiments: Vec<Membership>,
    /// How often it was taken up.
    pub attempts: usize,
    /// Seconds of work, over all attempts that its figures are of.
    pub seconds: f64,
    /// Epochs that are done.
    pub epoch: usize,
    /// The host that worked on it last.
    pub host: Option<String>,
    /// The process there, while it works on the run.
    pub process: Option<i64>,
    /// Its last sign of life, to the millisecond.
    pub heartbeat: Option<Timestamp>,
    /// The last lines of the log, if it failed.
    pub log_tail: Option<String>,
    /// Remarks, in the order in which they were made.
    pub notes: Vec<Note>,
}

/// An experiment that has a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// The experiment's name.
    pub experiment: String,
    /// The run's place in its grid.
    pub levels: Vec<Level>,
    /// Whether its present plan has the run.
    pub in_plan: bool,
}

/// A person's remark on a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The remark.
    pub text: String,
    /// When it was made, to the millisecond.
    pub written: Timestamp,
}

/// An experiment with all of its runs.
#[derive(Debug, Clone, PartialEq)]
pub struct ExperimentData {
    /// The experiment.
    pub experiment: ExperimentRecord,
    /// When it was recorded first, to the millisecond.
    pub created: Timestamp,
    /// When it was recorded last, to the millisecond.
    pub updated: Timestamp,
    /// The runs of its present plan, in the plan's order.
    pub runs: Vec<RunRecord>,
}
