//! The project's folders: found once, upwards from where the user is.

use std::path::{Path, PathBuf};

use anyhow::bail;
use exp_core::tree::{Diagnostic, Node, Source, nearest};

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
    fn protocol(&self, benchmark: &str) -> PathBuf {
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

    /// Reads the protocol file of a benchmark. For an unknown one the error names those there are.
    pub fn read_protocol(&self, benchmark: &str) -> anyhow::Result<Node> {
        let known = self.benchmarks();
        if !known.iter().any(|name| name == benchmark) {
            return Err(unknown_benchmark(benchmark, &known).into());
        }
        Ok(read_yaml(&self.protocol(benchmark))?.1)
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

    /// The file of published results.
    pub fn published(&self) -> PathBuf {
        self.root.join("reports/published.yaml")
    }

    /// Where the report of an experiment goes unless told otherwise.
    pub fn report(&self, experiment: &str) -> PathBuf {
        self.root
            .join("reports/html")
            .join(format!("{experiment}.html"))
    }
}

/// Reads a YAML file: its text, and its values with their places.
pub fn read_yaml(path: &Path) -> anyhow::Result<(String, Node)> {
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
    let here = std::env::current_dir()?;
    let shown = path.strip_prefix(&here).unwrap_or(path);
    let source = Source::new(shown.display().to_string(), text.clone());
    Ok((text, Node::parse(source)?))
}

fn unreadable(path: &Path, error: &std::io::Error) -> Diagnostic {
    let folder = path.parent().unwrap_or(Path::new(""));
    let beside: Vec<String> = std::fs::read_dir(Path::new(".").join(folder))
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let near = nearest(&name, beside.iter().map(String::as_str)).filter(|near| *near != name);
    Diagnostic {
        help: near.map(|near| format!("did you mean `{}`?", folder.join(near).display())),
        ..Diagnostic::new(format!("cannot read {}: {error}", path.display()))
    }
}

fn unknown_benchmark(name: &str, known: &[String]) -> Diagnostic {
    let error = Diagnostic::new(format!(
        "there is no benchmark `{name}`: experiments/benchmarks/{name}.yaml does not exist"
    ));
    match nearest(name, known.iter().map(String::as_str)) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error.help(format!("there are: {}", known.join(", "))),
    }
}
