//! `exp store merge`: the stores of other machines.

use std::path::PathBuf;

use clap::Args;
use exp_report::text::visible;
use exp_store::{Conflict, Merged, Store};

use super::{StoreArgument, counted};
use crate::Outcome;

/// Take over the runs, notes and evaluations of other stores, which are only read.
#[derive(Args)]
pub struct Arguments {
    /// The stores of other machines.
    #[arg(required = true, value_name = "OTHER.db")]
    others: Vec<PathBuf>,
    #[command(flatten)]
    store: StoreArgument,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let store = Store::open(arguments.store.path()?)?;
    let mut outcome = Outcome::Done;
    for (at, other) in arguments.others.iter().enumerate() {
        let merged = match store.merge(other) {
            Ok(merged) => merged,
            // What was merged before stays.
            Err(error) if at > 0 => return Ok(Outcome::BrokenOff(error.into())),
            Err(error) => return Err(error.into()),
        };
        println!(
            "{}: {}",
            visible(&other.display().to_string()),
            told(&merged)
        );
        for conflict in &merged.conflicts {
            print(conflict);
            outcome = Outcome::SomeFailed;
        }
    }
    store.close()?;
    Ok(outcome)
}

fn told(merged: &Merged) -> String {
    format!(
        "{} added, {} replaced by those done or further there, {} kept; {}, {}, {} added",
        counted(merged.added, "run"),
        merged.replaced,
        merged.kept,
        counted(merged.notes, "note"),
        counted(merged.evaluations, "evaluation"),
        counted(merged.llm_calls, "request"),
    )
}

/// Says what differs; nothing of it was changed here.
fn print(conflict: &Conflict) {
    let what = if conflict.evaluation {
        "evaluation"
    } else {
        "run"
    };
    let id = visible(&conflict.id);
    println!("- conflict: {what} {id} has other results there; it stays as it is here");
    for selection in &conflict.selections {
        let figures = |figures: Option<(f64, f64)>| match figures {
            Some((uar, war)) => format!("UAR {uar:.2} WAR {war:.2}"),
            None => "nothing".to_owned(),
        };
        println!(
            "  {}: {} differ; here {}, there {}",
            selection.rule.name(),
            counted(selection.clips, "prediction"),
            figures(selection.ours),
            figures(selection.theirs),
        );
    }
    for point in &conflict.first_points {
        let value =
            |value: Option<f64>| value.map_or("nothing".to_owned(), |value| value.to_string());
        println!(
            "  {} of epoch {}: here {}, there {}",
            visible(&point.series),
            point.epoch,
            value(point.ours),
            value(point.theirs),
        );
    }
    match conflict.points - conflict.first_points.len() {
        0 => {}
        more => println!("  and {}", counted(more, "more figure")),
    }
}
