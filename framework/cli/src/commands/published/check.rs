//! `exp published check`: what is wrong in the file of published results.

use clap::Args;
use exp_report::published::{Published, faults};
use exp_report::text::{count, visible};

use crate::Outcome;
use crate::project::{Project, read_yaml};

/// Check reports/published.yaml: sources, ranges, benchmarks, entries that stand twice.
///
/// Sources that contradict each other are shown, and are no fault. Ends with status 1 if there is one.
#[derive(Args)]
pub struct Arguments {}

pub fn run(_: &Arguments) -> anyhow::Result<Outcome> {
    let project = Project::find(&std::env::current_dir()?)?;
    let (_, node) = read_yaml(&project.published())?;
    let faults = faults(&node, &project.benchmarks());
    for fault in &faults {
        eprintln!("{}\n", visible(&fault.to_string()));
    }
    let Ok(published) = Published::from_node(&node) else {
        println!("{}", count(faults.len(), "fault"));
        return Ok(Outcome::SomeFailed);
    };
    let conflicts = published.conflicts();
    for conflict in &conflicts {
        println!("{}", visible(&conflict.message));
    }
    println!(
        "{}, {}, {}",
        count(published.results.len(), "result"),
        count(faults.len(), "fault"),
        count(conflicts.len(), "contradiction")
    );
    Ok(match faults.is_empty() {
        true => Outcome::Done,
        false => Outcome::SomeFailed,
    })
}
