//! The project's folders: found once, upwards from where the user is.

use std::path::{Path, PathBuf};

use anyhow::bail;

/// The top of a project: the folder with `experiments/benchmarks`.
pub struct Project {
    root: PathBuf,
}

impl Project {
    /// Looks for the project that `start`, a file or folder, lies in.
    pub fn find(start: &Path) -> anyhow::Result<Self> {
        let start = std::path::absolute(start)?;
        match start
            .ancestors()
            .find(|folder| folder.join("experiments/benchmarks").is_dir())
        {
            Some(root) => Ok(Self {
                root: root.to_owned(),
            }),
            None => bail!(
                "{} lies in no project: none of the folders above it has `experiments/benchmarks`; \
                 run exp inside the project",
                start.display()
            ),
        }
    }

    /// Its top.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The protocol file of a benchmark.
    pub fn protocol(&self, benchmark: &str) -> PathBuf {
        self.root
            .join("experiments/benchmarks")
            .join(format!("{benchmark}.yaml"))
    }

    /// The names of all benchmarks that have a protocol file, in order.
    pub fn benchmarks(&self) -> Vec<String> {
        let files = std::fs::read_dir(self.root.join("experiments/benchmarks"));
        let mut names: Vec<String> = files
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|file| Some(file.file_name().to_str()?.strip_suffix(".yaml")?.to_owned()))
            .collect();
        names.sort();
        names
    }

    /// The folder of description sets.
    pub fn prompts(&self) -> PathBuf {
        self.root.join("prompts")
    }

    /// Everything that runs make: the store, checkpoints, drawn data.
    pub fn runs(&self) -> PathBuf {
        self.root.join("runs")
    }

    /// The store unless told otherwise.
    pub fn store(&self) -> PathBuf {
        self.runs().join("exp.db")
    }

    /// Where the report of an experiment goes unless told otherwise.
    pub fn report(&self, experiment: &str) -> PathBuf {
        self.root
            .join("reports/html")
            .join(format!("{experiment}.html"))
    }
}
