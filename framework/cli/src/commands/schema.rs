//! `exp schema`: JSON schemas for editors, and of the reports.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use exp_core::experiment::{experiment_schema, protocol_schema};
use exp_report::export::schema as report_schema;
use exp_train::Registry;

use crate::Outcome;

/// Print the JSON schema of experiment files, or write all schemas to a folder.
#[derive(Args)]
pub struct Arguments {
    /// Write `experiment.json`, `protocol.json` and `report.json` (of `exp report --format json`) to
    /// this folder.
    #[arg(short, long, value_name = "FOLDER")]
    output: Option<PathBuf>,
}

pub fn run(arguments: &Arguments, registry: &Registry) -> anyhow::Result<Outcome> {
    let experiment = format!("{:#}\n", experiment_schema(registry));
    let Some(folder) = &arguments.output else {
        print!("{experiment}");
        return Ok(Outcome::Done);
    };
    let protocol = format!("{:#}\n", protocol_schema(registry));
    let report = format!("{:#}\n", report_schema());
    for (name, schema) in [
        ("experiment.json", experiment),
        ("protocol.json", protocol),
        ("report.json", report),
    ] {
        let path = folder.join(name);
        std::fs::write(&path, schema)
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(Outcome::Done)
}
