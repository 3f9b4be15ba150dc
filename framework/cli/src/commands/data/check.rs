//! `exp data check`: is a benchmark complete, and can its clips be trained on faithfully?

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anyhow::Context;
use clap::Args;
use exp_core::clip::Split;
use exp_core::experiment::ClipSource;
use exp_core::official::Official;
use exp_core::plugin::Place;
use exp_core::tree::Node;
use exp_data::check::{Report, Subject, check};
use exp_train::Registry;

use super::summary::summary;
use crate::Outcome;
use crate::inputs::{complaint, sets};
use crate::progress::{StepsBar, steps_bar};
use crate::project::Project;

/// Check the clips of a benchmark: counts, missing and damaged clips, clips in training and test.
///
/// Exit status 0: training would be faithful; 1: it would not; 2: the benchmark cannot be opened.
#[derive(Args)]
pub struct Arguments {
    /// The benchmark: the name of its protocol file in `experiments/benchmarks`.
    benchmark: String,
    /// Override a setting, as in `--set folds=[1]`.
    #[arg(long, value_name = "PATH=VALUE")]
    set: Vec<String>,
    /// Decode every frame; otherwise only the header of each clip's first frame is read.
    #[arg(long)]
    deep: bool,
    /// Where to write every finding, as JSON [default: runs/check/BENCHMARK.json].
    #[arg(long, value_name = "FILE")]
    details: Option<PathBuf>,
}

pub fn run(arguments: &Arguments, registry: &Registry) -> anyhow::Result<Outcome> {
    let project = Project::find(&std::env::current_dir()?)?;
    let name = &arguments.benchmark;
    let protocol = project.read_protocol(name)?;
    let sets = sets(&arguments.set)?;
    let source = ClipSource::decode(&protocol, &sets, registry)?;
    let folds = open(&source, &project)?;
    let official = source.benchmark.plugin.official();
    let subject = Subject {
        benchmark: name,
        folds: &folds,
        official,
        frames: source.clip.frames.get(),
        deep: arguments.deep,
    };
    let details = match &arguments.details {
        Some(file) => file.clone(),
        None => project.runs().join(format!("check/{name}.json")),
    };
    // Before the check, which can take an hour.
    try_to_write(&details)?;
    let bar = Bar::new("checking clips");
    let report = check(&subject, &|done, total| bar.reach(done, total));
    bar.finish();
    println!("{}", summary(&report));
    for note in overlap_notes(official, registry)? {
        println!("Note: {note}.");
    }
    write(&report, &details)?;
    println!("Details: {}", details.display());
    Ok(match report.is_faithful() {
        true => Outcome::Done,
        false => Outcome::SomeFailed,
    })
}

/// Opens all folds.
fn open(source: &ClipSource, project: &Project) -> anyhow::Result<Vec<(u32, Split)>> {
    let data = project.runs().join("data");
    let one = |&fold: &u32| {
        let bar = Bar::new("reading folders");
        let place = Place {
            project: project.root(),
            data: &data,
            progress: &|done, total| bar.reach(done, total),
        };
        let split = source.benchmark.plugin.open(fold, &place);
        bar.finish();
        Ok((fold, split.map_err(|error| complaint(error, &source.mark))?))
    };
    source.folds.iter().map(one).collect()
}

/// What is known of clips that a published benchmark shares with another of the registry, whichever
/// of the two holds the other's.
fn overlap_notes(official: Option<&Official>, registry: &Registry) -> anyhow::Result<Vec<String>> {
    let Some(official) = official else {
        return Ok(Vec::new());
    };
    let mut notes: Vec<String> = official.overlap_note().into_iter().collect();
    for name in registry.benchmarks.names() {
        let node = Node::parse_set(&format!("benchmark={name}"))?;
        // One that needs settings is nobody's published benchmark.
        let chosen = node
            .get("benchmark")
            .and_then(|node| registry.benchmarks.choose(node).ok());
        let other = chosen.and_then(|chosen| chosen.plugin.official());
        if let Some(other) =
            other.filter(|other| other.holds.is_some_and(|h| h.of == official.name))
        {
            notes.extend(other.overlap_note());
        }
    }
    Ok(notes)
}

/// Whether the findings can be written; what the file holds from an earlier check stays.
fn try_to_write(file: &Path) -> anyhow::Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    let options = File::options()
        .write(true)
        .create(true)
        .truncate(false)
        .open(file);
    options.with_context(|| format!("cannot write {}", file.display()))?;
    Ok(())
}

fn write(report: &Report, file: &Path) -> anyhow::Result<()> {
    let text = serde_json::to_string_pretty(report)?;
    std::fs::write(file, text + "\n").with_context(|| format!("cannot write {}", file.display()))
}

/// A bar whose length is known at its first step.
struct Bar {
    label: &'static str,
    bar: OnceLock<StepsBar>,
}

impl Bar {
    fn new(label: &'static str) -> Self {
        Self {
            label,
            bar: OnceLock::new(),
        }
    }

    fn reach(&self, done: usize, total: usize) {
        let bar = self.bar.get_or_init(|| steps_bar(total, self.label));
        bar.reach(done as u64);
    }

    fn finish(&self) {
        if let Some(bar) = self.bar.get() {
            bar.finish();
        }
    }
}
