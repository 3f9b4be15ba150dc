//! `exp doctor`: what this machine has of what the program can use.

mod data;
mod disk;
mod finding;
mod gpu;
mod machine;
mod programs;

use std::path::PathBuf;

use clap::Args;
use exp_model::device::Findings;
use exp_train::Registry;

use crate::Outcome;
use crate::project::Project;
use finding::{Finding, Section, Status};

/// Show what this machine has: processor, memory, GPUs, CUDA, disks, data, weights, programs.
///
/// `missing` is what is not there and only some work needs; `broken` is what was asked for, by a
/// variable, a setting or `--store`, and cannot be used. Exit status 0: nothing is broken; 1: something
/// is. No key is ever printed.
#[derive(Args)]
pub struct Arguments {
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// The store whose disk is looked at [default: runs/exp.db].
    #[arg(long, value_name = "FILE")]
    store: Option<PathBuf>,
}

pub fn run(arguments: &Arguments, registry: &Registry) -> anyhow::Result<Outcome> {
    let project = Project::find(&std::env::current_dir()?);
    let mut sections = vec![
        machine::section(),
        gpu::section(&Findings::gather(), &exp_model::device::open_gpu),
    ];
    let store = arguments.store.clone();
    let store = store.or_else(|| project.as_ref().ok().map(Project::store));
    sections.extend(store.map(|store| disk::section(&store)));
    sections.push(match &project {
        Ok(project) => data::benchmarks(project, registry),
        Err(error) => Section::of(
            "benchmarks",
            vec![Finding::missing("project", error.to_string())],
        ),
    });
    sections.push(data::weights());
    sections.push(programs::section(project.as_ref().ok()));
    match arguments.json {
        true => println!(
            "{}",
            serde_json::to_string_pretty(&finding::json(&sections))?
        ),
        false => print!("{}", finding::text(&sections)),
    }
    let broken = |section: &Section| section.findings.iter().any(|f| f.status == Status::Broken);
    Ok(match sections.iter().any(broken) {
        false => Outcome::Done,
        true => Outcome::SomeFailed,
    })
}
