//! The traits of plugins that need no tensor. A temporal model needs one, so its trait lives
//! with training.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::clip::Split;
use crate::official::Official;

/// Whatever a plugin finds wrong, with a message for people. It is shown where the settings chose
/// the plugin, unless it is a [`Diagnostic`](crate::tree::Diagnostic) with a place of its own.
pub type PluginError = Box<dyn std::error::Error + Send + Sync>;

/// Where the text of each class comes from.
pub trait PromptSource: Send + Sync {
    /// The texts of each class, in label order: one, or several whose features are averaged.
    /// `library` is the folder of description sets.
    fn texts(&self, classes: &[String], library: &Path) -> Result<Vec<Vec<String>>, PluginError>;

    /// The files that the texts come from, for the record.
    fn files(&self, _library: &Path) -> Vec<PathBuf> {
        Vec::new()
    }

    /// Whether there are no texts, but embedded ones in the checkpoint that is used.
    fn is_embedded(&self) -> bool {
        false
    }
}

/// Where the learnable context vectors stand around a class text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Position {
    /// The class text stands at the end, after the contexts (the paper's choice).
    #[default]
    End,
    /// The class text stands in the middle: the first half of the contexts has `tokens / 2`.
    Middle,
    /// The class text stands in front of the contexts.
    Front,
}

/// How many context vectors are learned and where they go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContextLayout {
    /// Context vectors a prompt.
    pub tokens: usize,
    /// One set of vectors a class, or one that all classes share.
    pub per_class: bool,
    /// Where the class text stands.
    pub position: Position,
}

/// What stands around the class texts.
pub trait ContextSource: Send + Sync {
    /// The layout of the learnable context; `None` where nothing is learned and the text
    /// features are constants.
    fn layout(&self) -> Option<ContextLayout>;
}

/// What a benchmark gets to open its clips with.
pub struct Place<'a> {
    /// Relative paths in a benchmark's settings start here: the top of the project.
    pub project: &'a Path,
    /// A folder for data that the benchmark makes itself; it outlives the process.
    pub data: &'a Path,
    /// Told of long work as (done, total).
    pub progress: &'a (dyn Fn(usize, usize) + Sync),
}

/// Labelled clips on disk, split for training and testing.
pub trait Benchmark: Send + Sync {
    /// Class names in label order, those of every fold. Prompts are checked with them before any
    /// clip is opened.
    fn classes(&self) -> Vec<String>;

    /// Opens one fold. Whatever is inconsistent is an error that names it; single clips that are
    /// missing are left to [`Split::unusable`], which also stops a run.
    fn open(&self, fold: u32, place: &Place<'_>) -> Result<Split, PluginError>;

    /// Whether the clips are drawn by a program. Figures on them never stand in one table with
    /// published results on real data.
    fn is_synthetic(&self) -> bool {
        false
    }

    /// The folder that its clips lie in, where settings or an environment variable name one; an error
    /// says how to name it. `None` where there is no such folder. Whether it exists is not looked at.
    fn root(&self, _project: &Path) -> Option<Result<PathBuf, PluginError>> {
        None
    }

    /// What the benchmark holds by its authors' count, where it is a published one.
    fn official(&self) -> Option<&'static Official> {
        None
    }
}
