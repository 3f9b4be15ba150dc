//! `exp prompts import`: a set from somebody's Python file.

use std::path::PathBuf;

use clap::Args;
use exp_prompts::check::check_file;
use exp_prompts::description_set::new_file;
use exp_prompts::import;
use exp_report::text::{count, visible};

use super::class_names;
use crate::Outcome;
use crate::project::Project;

/// Make a description set from a list of strings in a Python file, which is read and never run.
///
/// For the texts of the DFER-CLIP paper: get `models/Text.py` from the authors' repository,
/// https://github.com/zengqunzhao/DFER-CLIP, then
/// `exp prompts import Text.py --list class_descriptor_7 --set-name paper-7`.
#[derive(Args)]
pub struct Arguments {
    /// The Python file.
    file: PathBuf,
    /// What to call the set; its file is `prompts/NAME.yaml`.
    #[arg(long, value_name = "NAME")]
    set_name: String,
    /// The list in the file, if it has several.
    #[arg(long, value_name = "NAME")]
    list: Option<String>,
    /// The classes of the list's strings, in order [default for 7 and 11 strings: those of DFEW and
    /// MAFW in the order of the DFER-CLIP code].
    #[arg(long, value_delimiter = ',', value_name = "CLASS,…")]
    classes: Option<Vec<String>>,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let folder = Project::find(&std::env::current_dir()?)?.prompts();
    let path = new_file(&folder, &arguments.set_name)?;
    let set = import(
        &arguments.file,
        arguments.list.as_deref(),
        arguments.classes.as_deref().map(class_names),
        &arguments.set_name,
    )?;
    set.write_new(&path)?;
    let faults = check_file(&path, 0)?;
    for fault in &faults {
        eprintln!("{}\n", visible(&fault.to_string()));
    }
    println!(
        "{}: {}{}, {}",
        path.display(),
        count(set.texts.len(), "text"),
        match set.names_classes {
            true => " that may name classes",
            false => "",
        },
        visible(&set.provenance.to_string())
    );
    for (class, text) in &set.texts {
        println!("  {}: {}", visible(class), visible(text).replace('\n', " "));
    }
    if !faults.is_empty() {
        println!(
            "{}; mend the texts, or use them as they are",
            count(faults.len(), "fault")
        );
    }
    Ok(Outcome::Done)
}
