//! Finding what no run needs.

use std::collections::{HashMap, HashSet};
use std::fs::{self, DirEntry};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use exp_core::metrics::Rule;
use exp_store::{RunModels, Status, Store, files};

use super::Keep;

/// A file of the caches has a temporary name for an instant only, so one that is older than this was
/// left behind.
const TEMPORARY_AGE: Duration = Duration::from_secs(60);

/// No merge of stores takes as long.
const MERGING_AGE: Duration = Duration::from_hours(24);

/// Something to remove.
pub struct Item {
    pub path: PathBuf,
    pub bytes: u64,
    pub why: Why,
}

/// Why nothing needs it.
pub enum Why {
    /// Training is over, and the store names no such model.
    LeftOver { run: String },
    /// The folder of a run that the store does not know.
    UnknownRun { run: String },
    /// A model that `--keep` does not keep.
    Model { run: String, rule: Rule },
    /// Frames or features of a process that died.
    Temporary,
}

impl Why {
    pub fn text(&self) -> &'static str {
        match self {
            Self::LeftOver { .. } => "left over of a run that is over",
            Self::UnknownRun { .. } => "of a run that the store does not know",
            Self::Model {
                rule: Rule::Last, ..
            } => "model of the last epoch",
            Self::Model {
                rule: Rule::BestTest,
                ..
            } => "model that was best on the test set",
            Self::Model {
                rule: Rule::HeldOut,
                ..
            } => "model that was best on the held-out clips",
            Self::Temporary => "half a file of a process that died",
        }
    }
}

/// What no run of the store needs.
pub fn find(store: &Store, keep: Option<Keep>) -> anyhow::Result<Vec<Item>> {
    let folder = files::checkpoints(store.path());
    // The folders first: a run is planned before its folder is made, so that a folder of this list
    // that the store does not know belongs to nobody.
    let folders = entries(&folder)?;
    let models = store.models()?;
    let known: HashSet<&str> = models.iter().map(|run| run.run.as_str()).collect();
    let mut items = Vec::new();
    for folder in &folders {
        let Some(run) = folder.file_name().to_str().map(str::to_owned) else {
            continue;
        };
        if is_run_id(&run) && folder.file_type()?.is_dir() && !known.contains(run.as_str()) {
            let (path, bytes) = (folder.path(), size(&folder.path())?);
            items.push(Item {
                path,
                bytes,
                why: Why::UnknownRun { run },
            });
        }
    }
    // A run that failed begins anew, if it does.
    let is_over = |run: &&RunModels| matches!(run.status, Status::Done | Status::Failed);
    for run in models.iter().filter(is_over) {
        left_over(&folder.join(&run.run), run, &mut items)?;
    }
    if let Some(keep) = keep {
        self::models(&models, &folder, keep, &mut items);
    }
    let beside = |name| store.path().with_file_name(name);
    for folder in [beside("cache"), beside("features")] {
        temporary(&folder, ".tmp", TEMPORARY_AGE, &mut items)?;
    }
    let own = files::files(store.path());
    temporary(&own, files::MERGING, MERGING_AGE, &mut items)?;
    Ok(items)
}

/// What training left in a run's folder beside the models that the store names.
fn left_over(folder: &Path, run: &RunModels, items: &mut Vec<Item>) -> anyhow::Result<()> {
    let named: HashSet<&Path> = run.files.iter().map(|(_, path)| path.as_path()).collect();
    for entry in entries(folder)? {
        let path = entry.path();
        let ending = path.extension().and_then(|ending| ending.to_str());
        let is_ours = matches!(ending, Some("safetensors" | "part"));
        if is_ours && entry.file_type()?.is_file() && !named.contains(path.as_path()) {
            let bytes = size(&path)?;
            let run = run.run.clone();
            items.push(Item {
                path,
                bytes,
                why: Why::LeftOver { run },
            });
        }
    }
    Ok(())
}

/// The models that are not kept. One that stands alone stays when one a run is kept.
fn models(runs: &[RunModels], folder: &Path, keep: Keep, items: &mut Vec<Item>) {
    let done = |run: &&RunModels| run.status == Status::Done;
    let mut newest: Vec<&RunModels> = runs.iter().filter(done).collect();
    newest.sort_by_key(|run| std::cmp::Reverse(run.finished));
    let ranks: HashMap<&str, usize> = newest
        .iter()
        .enumerate()
        .map(|(rank, run)| (run.run.as_str(), rank))
        .collect();
    for run in newest {
        // Models beside a store that this one was merged with are that one's.
        let folder = folder.join(&run.run);
        let here = || {
            run.files
                .iter()
                .filter(|(_, path)| path.parent() == Some(&folder))
        };
        let has = |rule: Rule| here().any(|(own, path)| *own == rule && path.is_file());
        for (rule, path) in here() {
            let goes = match keep {
                Keep::Best => *rule != Rule::BestTest && has(Rule::BestTest),
                Keep::Last => *rule != Rule::Last && has(Rule::Last),
                Keep::Newest(kept) => ranks
                    .get(run.run.as_str())
                    .is_some_and(|rank| *rank >= kept),
            };
            if let Ok(file) = fs::metadata(path)
                && goes
            {
                items.push(Item {
                    path: path.clone(),
                    bytes: file.len(),
                    why: Why::Model {
                        run: run.run.clone(),
                        rule: *rule,
                    },
                });
            }
        }
    }
}

/// Files that were left behind whose names begin so, in the folder and those below it.
fn temporary(
    folder: &Path,
    begin: &str,
    least_age: Duration,
    items: &mut Vec<Item>,
) -> anyhow::Result<()> {
    for entry in entries(folder)? {
        let file = entry.metadata()?;
        if file.is_dir() {
            temporary(&entry.path(), begin, least_age, items)?;
            continue;
        }
        let age = file.modified()?.elapsed().unwrap_or_default();
        let named = entry
            .file_name()
            .to_str()
            .is_some_and(|name| name.starts_with(begin));
        if named && age > least_age {
            items.push(Item {
                path: entry.path(),
                bytes: file.len(),
                why: Why::Temporary,
            });
        }
    }
    Ok(())
}

/// Whether this is how a run is called; see `exp_core::experiment::run_id`.
fn is_run_id(name: &str) -> bool {
    name.len() == 24 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// What is in a folder, by name; nothing where there is none.
fn entries(folder: &Path) -> anyhow::Result<Vec<DirEntry>> {
    let read = || match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        entries => entries?.collect::<io::Result<Vec<_>>>(),
    };
    let mut found = read().with_context(|| format!("cannot look into {}", folder.display()))?;
    found.sort_by_key(DirEntry::file_name);
    Ok(found)
}

/// Bytes of a file, or of all files in a folder.
fn size(path: &Path) -> anyhow::Result<u64> {
    let file =
        fs::symlink_metadata(path).with_context(|| format!("cannot look at {}", path.display()))?;
    if !file.is_dir() {
        return Ok(file.len());
    }
    entries(path)?.iter().map(|entry| size(&entry.path())).sum()
}
