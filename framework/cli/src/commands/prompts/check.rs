//! `exp prompts check`: whether sets can be used.

use clap::Args;
use exp_prompts::check::check_file;
use exp_prompts::description_set::{DescriptionSetError, find, names};
use exp_report::text::{count, visible};

use crate::Outcome;
use crate::project::Project;

/// Check description sets: lengths, plain text, no class named, no text twice.
///
/// Ends with status 1 if a set is at fault.
#[derive(Args)]
pub struct Arguments {
    /// The sets' names [default: all].
    #[arg(value_name = "SET")]
    sets: Vec<String>,
    /// How many context tokens must fit beside each text.
    #[arg(long, default_value_t = 8)]
    contexts: usize,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let folder = Project::find(&std::env::current_dir()?)?.prompts();
    let sets = match arguments.sets.as_slice() {
        [] => names(&folder)?,
        sets => sets.to_vec(),
    };
    // A name that is none is found before anything is printed.
    let paths: Result<Vec<_>, _> = sets.iter().map(|set| find(&folder, set)).collect();
    let mut outcome = Outcome::Done;
    for (set, path) in sets.iter().zip(paths?) {
        let faults = match check_file(&path, arguments.contexts) {
            Ok(faults) => faults,
            Err(DescriptionSetError::Invalid(diagnostic)) => vec![*diagnostic],
            Err(error) => return Err(error.into()),
        };
        for fault in &faults {
            eprintln!("{}\n", visible(&fault.to_string()));
        }
        match faults.len() {
            0 => println!("{}: good", visible(set)),
            faults => {
                println!("{}: {}", visible(set), count(faults, "fault"));
                outcome = Outcome::SomeFailed;
            }
        }
    }
    Ok(outcome)
}
