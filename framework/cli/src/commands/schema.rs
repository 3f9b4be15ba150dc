//! `exp schema`: JSON schemas for editors.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use exp_core::experiment::{experiment_schema, protocol_schema};
use exp_train::Registry;

use crate::Outcome;

/// Print the JSON schema of experiment files, or write both schemas to a folder.
#[derive(Args)]
pub struct Arguments {
    /// Write `experiment.json` and `protocol.json` to this folder.
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
    for (name, schema) in [("experiment.json", experiment), ("protocol.json", protocol)] {
        let path = folder.join(name);
        std::fs::write(&path, schema)
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(Outcome::Done)
}
