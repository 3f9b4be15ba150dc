//! `exp logs`: what a run's log says.

use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use exp_report::text::visible;
use exp_store::{Status, Store, files};

use super::store::StoreArgument;
use crate::Outcome;
use crate::opened::open;
use crate::out;
use crate::shown::short;

/// How often a log that is followed is looked at.
const LOOK: Duration = Duration::from_millis(250);

/// Looks at the log between two looks at whether the run's process is still there.
const LOOKS: u32 = 8;

/// Print the log of a run.
#[derive(Args)]
pub struct Arguments {
    /// The first digits of the run's id.
    run: String,
    /// Go on printing until the run is no longer running.
    #[arg(short, long)]
    follow: bool,
    #[command(flatten)]
    store: StoreArgument,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let store = open(&arguments.store)?;
    let id = store.run_id(&arguments.run)?;
    let file = files::log(store.path(), &id);
    let mut reader = Reader::default();
    let mut looks = 0;
    loop {
        // Asked before the file is read: what a run says before it ends is printed.
        let status = status(&store, &id)?;
        let heard = reader.print(&file)?;
        if !heard || !arguments.follow || status != Status::Running {
            break;
        }
        thread::sleep(LOOK);
        looks += 1;
        if looks % LOOKS == 0 {
            store.notice_interrupted()?;
        }
    }
    if !reader.found {
        match status(&store, &id)? {
            Status::Queued => bail!("run {} has no log yet: it is queued", short(&id)),
            status => bail!(
                "run {} is {status}, but its log {} is not there",
                short(&id),
                file.display()
            ),
        }
    }
    Ok(Outcome::Done)
}

fn status(store: &Store, id: &String) -> anyhow::Result<Status> {
    let statuses = store.statuses(std::slice::from_ref(id))?;
    statuses
        .get(id)
        .copied()
        .with_context(|| format!("run {id} was removed from the store"))
}

/// Prints a file's lines as they come.
#[derive(Default)]
struct Reader {
    found: bool,
    /// Bytes that were read.
    read: u64,
    /// A line whose end is not written yet.
    rest: Vec<u8>,
}

impl Reader {
    /// Returns whether anyone still reads what is printed.
    fn print(&mut self, path: &Path) -> anyhow::Result<bool> {
        let unreadable = || format!("cannot read {}", path.display());
        let mut file = match File::open(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(true),
            file => file.with_context(unreadable)?,
        };
        self.found = true;
        file.seek(SeekFrom::Start(self.read))
            .with_context(unreadable)?;
        let read = file.read_to_end(&mut self.rest).with_context(unreadable)?;
        self.read += read as u64;
        let whole = self
            .rest
            .iter()
            .rposition(|&byte| byte == b'\n')
            .map_or(0, |end| end + 1);
        let lines: Vec<u8> = self.rest.drain(..whole).collect();
        let text = String::from_utf8_lossy(&lines);
        Ok(out::bytes(visible(&text).as_bytes()))
    }
}
