//! Finding what no run needs.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::fs::{self, DirEntry};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use exp_core::metrics::Rule;
use exp_store::{RunModels, Status, is_store, stored_models};

use super::Keep;
use crate::opened::checkpoints;

/// A cache's file has a name for an instant only, so one with a name that is older than this was
/// left behind.
const CACHE_AGE: Duration = Duration::from_secs(60);

/// Something to remove.
pub struct Item {
    pub path: PathBuf,
    pub bytes: u64,
    pub why: Why,
}

/// Why nothing needs it.
pub enum Why {
    /// Training is over, and the store names no such model.
    LeftOver,
    /// The folder of a run that no store beside it knows.
    UnknownRun { run: String },
    /// A model that `--keep` does not keep.
    Model { run: String, rule: Rule },
    /// Frames of a process that died.
    Cache,
}

impl Why {
    pub fn text(&self) -> &'static str {
        match self {
            Self::LeftOver => "left over of a run that is done",
            Self::UnknownRun { .. } => "of a run that is in no store here",
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
            Self::Cache => "frames of a process that died",
        }
    }
}

/// What no run needs beside the store in the file `store`.
pub fn find(store: &Path, keep: Option<Keep>) -> anyhow::Result<Vec<Item>> {
    // The folders first: a run is planned before its folder is made, so that a folder of this list
    // that the stores do not know belongs to nobody.
    let folders = entries(&checkpoints(store))?;
    let own = stored_models(store)?;
    let others = others(store)?;
    let known: HashSet<&str> = own
        .iter()
        .chain(&others)
        .map(|run| run.run.as_str())
        .collect();
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
    for run in over(&own, &others) {
        let named = others.iter().filter(|other| other.run == run.run);
        let named = named.chain([run]).flat_map(|run| &run.files);
        let named = named.filter_map(|(_, path)| path.file_name()).collect();
        left_over(&checkpoints(store).join(&run.run), &named, &mut items)?;
    }
    if let Some(keep) = keep {
        // What another store names too is that one's as well.
        let shared: HashSet<&str> = others.iter().map(|run| run.run.as_str()).collect();
        let mut runs = over(&own, &others);
        runs.retain(|run| !shared.contains(run.run.as_str()));
        models(&runs, &checkpoints(store), keep, &mut items);
    }
    caches(&store.with_file_name("cache"), &mut items)?;
    Ok(items)
}

/// The runs of the other stores in the folder, whose models lie in the same place.
fn others(store: &Path) -> anyhow::Result<Vec<RunModels>> {
    let mut runs = Vec::new();
    for entry in entries(store.parent().unwrap_or(Path::new(".")))? {
        let path = entry.path();
        let is_copy = is_backup(&entry.file_name().to_string_lossy());
        if path != store && !is_copy && entry.file_type()?.is_file() && is_store(&path) {
            let models = stored_models(&path).with_context(|| {
                format!(
                    "the models of another store lie in the same place, so that nothing was removed; move {} away if \
                     nobody needs it",
                    path.display()
                )
            })?;
            runs.extend(models);
        }
    }
    Ok(runs)
}

/// The runs that are done, in every store that knows them: nobody writes their files any more.
fn over<'a>(own: &'a [RunModels], others: &[RunModels]) -> Vec<&'a RunModels> {
    let open = others.iter().filter(|run| run.status != Status::Done);
    let open: HashSet<&str> = open.map(|run| run.run.as_str()).collect();
    let is_over = |run: &&RunModels| run.status == Status::Done && !open.contains(run.run.as_str());
    own.iter().filter(is_over).collect()
}

/// What training left in a run's folder beside the models that stores have named.
fn left_over(folder: &Path, named: &HashSet<&OsStr>, items: &mut Vec<Item>) -> anyhow::Result<()> {
    for entry in entries(folder)? {
        let path = entry.path();
        let ending = path.extension().and_then(|ending| ending.to_str());
        let is_ours = matches!(ending, Some("safetensors" | "part"));
        if is_ours && entry.file_type()?.is_file() && !named.contains(entry.file_name().as_os_str())
        {
            let bytes = size(&path)?;
            items.push(Item {
                path,
                bytes,
                why: Why::LeftOver,
            });
        }
    }
    Ok(())
}

/// The models that are not kept. One that stands alone stays when one a run is kept.
fn models(runs: &[&RunModels], folder: &Path, keep: Keep, items: &mut Vec<Item>) {
    let mut newest: Vec<&&RunModels> = runs.iter().collect();
    newest.sort_by_key(|run| std::cmp::Reverse(run.finished));
    let ranks: HashMap<&str, usize> = newest
        .iter()
        .enumerate()
        .map(|(rank, run)| (run.run.as_str(), rank))
        .collect();
    for run in runs {
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

fn caches(folder: &Path, items: &mut Vec<Item>) -> anyhow::Result<()> {
    for entry in entries(folder)? {
        let file = entry.metadata()?;
        let age = file.modified()?.elapsed().unwrap_or_default();
        let named = entry
            .file_name()
            .to_str()
            .is_some_and(|name| name.starts_with(".tmp"));
        if named && file.is_file() && age > CACHE_AGE {
            items.push(Item {
                path: entry.path(),
                bytes: file.len(),
                why: Why::Cache,
            });
        }
    }
    Ok(())
}

/// Whether a file is the copy of a store from before a migration, `exp.before-4.db`: it knows of
/// nothing that the store does not.
fn is_backup(name: &str) -> bool {
    let version = name
        .rsplit_once(".before-")
        .map(|(_, rest)| rest.split('.').next());
    version
        .flatten()
        .is_some_and(|version| version.parse::<u32>().is_ok())
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
