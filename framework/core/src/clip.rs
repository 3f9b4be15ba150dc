//! Clips of a benchmark and how a benchmark is split for training and testing.

use std::path::PathBuf;

use serde::Serialize;

/// One video clip: a folder of face frames with a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clip {
    /// The clip's folder relative to the folder of all clips, with `/` between its parts. It names
    /// the clip in the store and in reports, and stays the same when the data move.
    pub name: String,
    /// The frame files in the order of time.
    pub frames: Vec<PathBuf>,
    /// Index into [`Split::classes`].
    pub label: usize,
    /// Who is seen, where the benchmark says so.
    pub subject: Option<String>,
}

/// The person in a clip of the benchmark that this project draws, from the clip's name, which ends in
/// the person's number: `s012` of `test/anger_0003_s012`. Names of other benchmarks mean nothing here,
/// so a caller has to know that the clip is drawn.
pub fn drawn_person(name: &str) -> Option<&str> {
    let (_, person) = name.rsplit_once('_')?;
    let number = person.strip_prefix('s')?;
    let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    digits.then_some(person)
}

/// What a clip is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Training may see it.
    Train,
    /// It is only predicted.
    Test,
}

impl Side {
    /// `train` or `test`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Test => "test",
        }
    }
}

/// A clip that the benchmark lists and that cannot be used as it lies on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unusable {
    /// What it is for.
    pub side: Side,
    /// Its name, as in [`Clip::name`].
    pub name: String,
    /// Index into [`Split::classes`].
    pub label: usize,
    /// What is wrong with it, with the folder.
    pub reason: String,
}

/// A clip with another number of frames on disk than the benchmark's list says. The disk counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recount {
    /// What it is for.
    pub side: Side,
    /// Its name, as in [`Clip::name`].
    pub name: String,
    /// Frames by the list.
    pub listed: usize,
    /// Frames on disk.
    pub found: usize,
}

/// One fold of a benchmark.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Split {
    /// Class names in label order.
    pub classes: Vec<String>,
    /// Clips that training may see.
    pub train: Vec<Clip>,
    /// Clips that are only predicted.
    pub test: Vec<Clip>,
    /// Clips that are in neither, since they cannot be used. No run starts while there is one.
    pub unusable: Vec<Unusable>,
    /// Clips whose number of frames is not the listed one.
    pub recounted: Vec<Recount>,
}

/// Examples in a message; a whole list would hide what matters.
const EXAMPLES: usize = 3;

impl Split {
    /// The clips of a side that can be used.
    pub fn side(&self, side: Side) -> &[Clip] {
        match side {
            Side::Train => &self.train,
            Side::Test => &self.test,
        }
    }

    /// One line about the clips that cannot be used, with their number and the first few.
    pub fn unusable_note(&self) -> Option<String> {
        let first = self.unusable.iter().take(EXAMPLES);
        let examples: Vec<String> = first
            .map(|clip| format!("{}: {}", clip.name, clip.reason))
            .collect();
        let count = self.unusable.len();
        (count > 0).then(|| {
            format!(
                "{count} of {} clips cannot be used ({}{})",
                count + self.train.len() + self.test.len(),
                examples.join("; "),
                match count - examples.len() {
                    0 => String::new(),
                    more => format!("; and {more} more"),
                }
            )
        })
    }

    /// One line about the clips whose number of frames is not the listed one.
    pub fn recount_note(&self) -> Option<String> {
        let first = self.recounted.first()?;
        let clips = match self.recounted.len() {
            1 => "1 clip has".to_owned(),
            count => format!("{count} clips have"),
        };
        Some(format!(
            "{clips} another number of frames on disk than the list says, and the disk counts \
             (first: {}, listed {}, found {})",
            first.name, first.listed, first.found
        ))
    }
}
