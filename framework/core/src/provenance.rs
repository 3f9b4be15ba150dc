//! Where a run's figures come from: enough to make them again.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A file that class texts came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromptFile {
    /// The file's name.
    pub name: String,
    /// Its SHA-256, in hexadecimal digits.
    pub sha256: String,
}

/// The clips of a training set that were kept out of training, to choose an epoch by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldOut {
    /// How many clips.
    pub clips: usize,
    /// Of how many.
    pub of_clips: usize,
    /// Where whole persons were kept out: how many of how many. `None`: chosen clip by clip, since
    /// the benchmark does not know who is seen.
    pub persons: Option<(usize, usize)>,
}

impl fmt::Display for HeldOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} training clips", self.clips, self.of_clips)?;
        match self.persons {
            Some((persons, all)) => write!(f, ", all of {persons} of {all} persons"),
            None => write!(f, ", of each class by chance"),
        }
    }
}

/// The program, the machine and the inputs of a run.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Provenance {
    /// Git revision of the project; `None` outside a repository.
    pub revision: Option<String>,
    /// Changes that were not committed, as `git diff HEAD` prints them.
    pub diff: Option<String>,
    /// The command line.
    pub command: Vec<String>,
    /// Version of this program.
    pub version: String,
    /// Version of Burn.
    pub burn: String,
    /// Kind of device and precision, as in `cpu-f32`.
    pub device: String,
    /// The device's name.
    pub device_name: String,
    /// The machine's host name.
    pub host: String,
    /// Operating system and version.
    pub system: String,
    /// Processor cores the program may use.
    pub cores: usize,
    /// Hash of the clips (see `manifest_hash` of the data crate).
    pub manifest: String,
    /// The backbone as settings name it.
    pub backbone: String,
    /// SHA-256 of the backbone's file.
    pub weights: String,
    /// The files that the class texts came from.
    #[serde(default)]
    pub prompt_files: Vec<PromptFile>,
    /// What was kept out of training, where something was.
    #[serde(default)]
    pub held_out: Option<HeldOut>,
    /// SHA-256 of the `Cargo.lock` that the program was built with, in hexadecimal digits.
    #[serde(default)]
    pub lock_file: Option<String>,
    /// Version of the compiler that built the program.
    #[serde(default)]
    pub rustc: Option<String>,
    /// A GPU's driver and the newest CUDA it runs, as in `570.86.15 (CUDA 12.8)`.
    #[serde(default)]
    pub driver: Option<String>,
    /// The most memory in bytes that the process had, known when a run is done.
    #[serde(default)]
    pub peak_memory: Option<u64>,
    /// Files of the project that git neither knows nor ignores, at most [`UNTRACKED`] of them. They
    /// are not in `diff`.
    #[serde(default)]
    pub untracked: Vec<String>,
    /// Who went on with the run, where that was not the same program on the same machine.
    #[serde(default)]
    pub gone_on: Vec<GoneOn>,
}

/// How many untracked files are named.
pub const UNTRACKED: usize = 100;

/// A program that went on with a run that another one had begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GoneOn {
    /// After how many epochs.
    pub epochs: usize,
    /// The program and the machine.
    pub by: Provenance,
}

impl Provenance {
    /// That of a run which had come so far and is gone on with: who began it stays named.
    pub fn gone_on_by(mut self, by: Self, epochs: usize) -> Self {
        // What was trained after that epoch before is not used.
        self.gone_on.retain(|one| one.epochs < epochs);
        let last = self.gone_on.last().map_or(&self, |one| &one.by);
        if last.program() != by.program() {
            self.gone_on.push(GoneOn { epochs, by });
        }
        self
    }

    /// What may not change between two attempts if they are to be one program's on one machine.
    fn program(&self) -> Self {
        Self {
            command: Vec::new(),
            peak_memory: None,
            gone_on: Vec::new(),
            ..self.clone()
        }
    }
}

#[cfg(test)]
#[allow(missing_docs)]
mod tests {
    use super::*;

    fn at(revision: &str) -> Provenance {
        Provenance {
            revision: Some(revision.to_owned()),
            ..Provenance::default()
        }
    }

    #[test]
    fn who_went_on_is_named_beside_who_began() {
        let again = Provenance {
            command: vec!["exp".to_owned()],
            ..at("a")
        };
        let run = at("a").gone_on_by(again, 2);
        assert_eq!(run, at("a"), "the same program, told otherwise");
        let run = run.gone_on_by(at("b"), 3);
        let run = run.gone_on_by(at("b"), 5);
        let by = |epochs, revision| GoneOn {
            epochs,
            by: at(revision),
        };
        assert_eq!(run.gone_on, [by(3, "b")]);
        let run = run.gone_on_by(at("a"), 7);
        assert_eq!(run.gone_on, [by(3, "b"), by(7, "a")]);
        assert_eq!(run.revision.as_deref(), Some("a"));
        // Damage cost the run its later epochs.
        let run = run.gone_on_by(at("c"), 1);
        assert_eq!(run.gone_on, [by(1, "c")]);
    }
}
