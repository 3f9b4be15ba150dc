//! `exp gc`: removes what no run needs.

mod find;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::str::FromStr;

use clap::Args;
use exp_report::text::visible;
use exp_store::{Status, Store};

use super::store::StoreArgument;
use crate::Outcome;
use crate::opened::open;
use crate::shown::{bytes, table};
use find::{Item, Why, find};

/// Remove files that no run needs, and say how many bytes that frees.
///
/// Removed is what is left over of runs that are done or failed (training states, earlier models,
/// files that were half written), the folders of runs that the store does not know any more, and
/// half-written caches of processes that died. Nothing of a run that is queued, running or
/// interrupted is touched; figures and predictions always stay. With `--keep`, models go as well.
#[derive(Args)]
pub struct Arguments {
    /// List the files, and remove nothing.
    #[arg(long)]
    dry_run: bool,
    /// Of each run that is done keep only one model: that of the epoch that was best on the test
    /// set (`best`) or that of the last epoch (`last`), as far as it has it; or keep all models of
    /// the N runs that were done last, and none of the others. Without this, all models are kept.
    #[arg(long, value_name = "best|last|N")]
    keep: Option<Keep>,
    #[command(flatten)]
    store: StoreArgument,
}

/// Which models are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    Best,
    Last,
    Newest(usize),
}

impl FromStr for Keep {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "best" => Ok(Self::Best),
            "last" => Ok(Self::Last),
            number => match number.parse() {
                Ok(number) => Ok(Self::Newest(number)),
                Err(_) => Err("expected `best`, `last` or a number of runs".to_owned()),
            },
        }
    }
}

pub fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let store = open(&arguments.store)?;
    let items = find(&store, arguments.keep)?;
    if arguments.dry_run {
        print!("{}", visible(&list(&items, &store)));
        return Ok(Outcome::Done);
    }
    let (mut removed, mut all) = (Vec::new(), true);
    for item in items {
        match remove(&item, &store)? {
            Ok(true) => removed.push(item),
            Ok(false) => {}
            Err(error) => {
                all = false;
                let path = item.path.display();
                eprintln!("{}", visible(&format!("cannot remove {path}: {error}")));
            }
        }
    }
    print!("{}", visible(&summary(&removed)));
    Ok(if all {
        Outcome::Done
    } else {
        Outcome::SomeFailed
    })
}

/// Removes a file or folder; says whether it did. The outer error is one of the store.
fn remove(item: &Item, store: &Store) -> anyhow::Result<io::Result<bool>> {
    let still = match &item.why {
        Why::UnknownRun { run } => store.statuses(std::slice::from_ref(run))?.is_empty(),
        // First the store: a file that is not removed then is left over, and goes the next time.
        Why::Model { run, rule } => store.forget_checkpoints(run, &[*rule])?,
        Why::LeftOver { run } => store
            .statuses(std::slice::from_ref(run))?
            .values()
            .all(|status| matches!(status, Status::Done | Status::Failed)),
        Why::Temporary => true,
    };
    if !still {
        return Ok(Ok(false));
    }
    let removed = match item.path.is_dir() {
        true => fs::remove_dir_all(&item.path),
        false => fs::remove_file(&item.path),
    };
    Ok(match removed {
        // Another process was quicker.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        removed => removed.map(|()| true),
    })
}

/// Every file with its size, and what they are together.
fn list(items: &[Item], store: &Store) -> String {
    let folder = store.path().parent();
    let rows = items.iter().map(|item| {
        let path = folder.and_then(|folder| item.path.strip_prefix(folder).ok());
        let path = path.unwrap_or(&item.path).display().to_string();
        vec![path, item.why.text().to_owned(), bytes(item.bytes)]
    });
    match items {
        [] => "Nothing to remove.\n".to_owned(),
        _ => format!(
            "{}\n\n{} would be freed.\n",
            table(["file or folder", "what it is", "size"], &[2], rows),
            bytes(items.iter().map(|item| item.bytes).sum())
        ),
    }
}

fn summary(removed: &[Item]) -> String {
    let mut kinds: BTreeMap<&str, (usize, u64)> = BTreeMap::new();
    for item in removed {
        let (files, size) = kinds.entry(item.why.text()).or_default();
        *files += 1;
        *size += item.bytes;
    }
    let mut shown = String::new();
    for (what, (files, size)) in kinds {
        shown.push_str(&format!("{what}: {files} removed, {}\n", bytes(size)));
    }
    let freed = removed.iter().map(|item| item.bytes).sum();
    match removed {
        [] => "Nothing to remove.\n".to_owned(),
        _ => format!("{shown}{} freed.\n", bytes(freed)),
    }
}
