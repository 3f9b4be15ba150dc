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
}
