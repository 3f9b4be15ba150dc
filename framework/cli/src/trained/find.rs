//! Where a checkpoint lies that a person names.

use std::path::{Path, PathBuf};

use anyhow::bail;
use exp_core::metrics::Rule;

/// The file that `name` stands for: a file, or the first digits of the id of a run that is kept
/// beside `store`, whose last epoch's checkpoint is meant.
pub fn find(name: &Path, store: &Path) -> anyhow::Result<PathBuf> {
    if name.is_file() {
        return Ok(name.to_owned());
    }
    let folder = store.with_file_name("checkpoints");
    let digits = name
        .to_str()
        .filter(|name| name.len() >= 4 && name.chars().all(|letter| letter.is_ascii_hexdigit()));
    let Some(digits) = digits else {
        bail!(
            "there is no file {}; expected a checkpoint's file, or four or more of the first digits \
             of a run's id",
            name.display()
        );
    };
    let mut runs: Vec<String> = std::fs::read_dir(&folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|run| run.starts_with(digits))
        .collect();
    runs.sort();
    match &runs[..] {
        [] => bail!(
            "there is neither a file {digits} nor a run whose id begins so in {}",
            folder.display()
        ),
        [run] => {
            let file = format!("{}.safetensors", Rule::Last.name());
            let path = folder.join(run).join(file);
            match path.is_file() {
                true => Ok(path),
                false => bail!(
                    "run {run} was not trained to its end: {} is missing",
                    path.display()
                ),
            }
        }
        several => bail!(
            "the ids of {} runs begin with {digits}: {}; write more digits",
            several.len(),
            several.join(", ")
        ),
    }
}
