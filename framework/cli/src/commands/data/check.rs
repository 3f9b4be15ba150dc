//! `exp data check`: is a benchmark complete, and can its clips be trained on faithfully?

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anyhow::Context;
use clap::Args;
use exp_core::clip::Split;
use exp_core::experiment::ClipSource;
use exp_core::plugin::Place;
use exp_core::tree::Node;
use exp_data::check::{Report, Subject, check};
use exp_train::Registry;

use super::summary::summary;
use crate::Outcome;
use crate::inputs::complaint;
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
    let sets = arguments
        .set
        .iter()
        .map(|set| Node::parse_set(set))
        .collect::<Result<Vec<_>, _>>()?;
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
    let bar = Bar::new("checking clips");
    let report = check(&subject, &|done, total| bar.reach(done, total));
    bar.finish();
    let details = match &arguments.details {
        Some(file) => file.clone(),
        None => project.runs().join(format!("check/{name}.json")),
    };
    write(&report, &details)?;
    println!("{}", summary(&report));
    if let Some(note) = official.and_then(|official| official.overlap_note()) {
        println!("Note: {note}.");
    }
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

fn write(report: &Report, file: &Path) -> anyhow::Result<()> {
    let text = serde_json::to_string_pretty(report)?;
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
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
