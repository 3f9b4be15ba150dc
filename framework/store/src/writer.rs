//! The one thread that writes figures: training queues them and goes on, the thread gathers what
//! is queued into one transaction.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::{self, JoinHandle};

use exp_core::event::{Event, EventSink};

use crate::claim::held;
use crate::error::Fault;
use crate::figures::{Names, write_event};
use crate::store::Database;
use crate::{Claim, StoreError, text};

/// Events that may wait. When as many do, training waits: the disk is slower than it for good, and
/// memory must not fill up.
const QUEUE: usize = 1024;

/// Events that go into one transaction at most.
const BATCH: usize = 256;

enum Message {
    Figures {
        claim: Arc<Claim>,
        event: Event,
    },
    /// Answered when everything before it is on disk, or could not be written: that of one attempt
    /// at a run, or anything.
    Flush {
        of: Option<Attempt>,
        answer: Sender<Result<(), Arc<StoreError>>>,
    },
    Stop,
}

/// A run's key and the number of the attempt.
type Attempt = (i64, i64);

fn attempt(claim: &Claim) -> Attempt {
    (claim.key, claim.attempt())
}

/// A handle on the writing thread; clones are cheap and may go to any thread.
#[derive(Clone)]
pub struct Writer {
    queue: SyncSender<Message>,
}

impl Writer {
    /// What the events of a claimed run are sent to.
    pub fn run_sink(&self, claim: &Claim) -> RunSink {
        RunSink {
            claim: Arc::new(claim.clone()),
            writer: self.clone(),
        }
    }

    /// Waits until everything that was sent before is on disk.
    ///
    /// # Errors
    /// When any figure since the store was opened could not be written.
    pub fn flush(&self) -> Result<(), StoreError> {
        self.flush_of(None)
    }

    fn flush_of(&self, of: Option<Attempt>) -> Result<(), StoreError> {
        let (answer, answered) = channel();
        self.queue
            .send(Message::Flush { of, answer })
            .map_err(|_| StoreError::Closed)?;
        answered
            .recv()
            .map_err(|_| StoreError::Closed)?
            .map_err(StoreError::Lost)
    }
}

/// Queues the events of one run for the store. Single steps are not stored.
#[derive(Clone)]
pub struct RunSink {
    claim: Arc<Claim>,
    writer: Writer,
}

impl RunSink {
    /// Waits until all events of this run that were emitted before are on disk, so that what is
    /// done next may rely on them after a power cut.
    ///
    /// # Errors
    /// When any of them could not be written: from then on none of the run is, so that there is no
    /// hole in its figures. When it was the disk's fault, none of any run is.
    pub fn flush(&self) -> Result<(), StoreError> {
        self.writer.flush_of(Some(attempt(&self.claim)))
    }
}

impl EventSink for RunSink {
    fn emit(&self, event: Event) {
        if matches!(event, Event::Features { .. } | Event::Step { .. }) {
            return;
        }
        let claim = Arc::clone(&self.claim);
        // A closed store answers the next flush with an error.
        let _ = self.writer.queue.send(Message::Figures { claim, event });
    }

    fn sync(&self) -> Result<(), String> {
        self.flush().map_err(|error| text::with_causes(&error))
    }
}

/// The thread, and the means to end it.
pub(crate) struct WriterThread {
    writer: Writer,
    thread: Option<JoinHandle<()>>,
}

impl WriterThread {
    pub(crate) fn start(database: Arc<Database>) -> Result<Self, StoreError> {
        let (queue, messages) = sync_channel(QUEUE);
        let thread = thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || serve(&database, &messages))
            .map_err(|source| StoreError::Runtime { source })?;
        Ok(Self {
            writer: Writer { queue },
            thread: Some(thread),
        })
    }

    pub(crate) fn handle(&self) -> Writer {
        self.writer.clone()
    }

    /// Writes what is queued and ends the thread. A second call does nothing.
    pub(crate) fn stop(&mut self) -> Result<(), StoreError> {
        let Some(thread) = self.thread.take() else {
            return Ok(());
        };
        let flushed = self.writer.flush();
        // Either fails only when the thread is gone, which the flush has told.
        let _ = self.writer.queue.send(Message::Stop);
        let _ = thread.join();
        flushed
    }
}

/// What could not be written since the store was opened.
#[derive(Default)]
struct Failures {
    /// The store itself failed: nothing more is written.
    all: Option<Arc<StoreError>>,
    /// Attempts whose figures were refused: nothing more of them is written.
    attempts: HashMap<Attempt, Arc<StoreError>>,
}

impl Failures {
    /// What went wrong with one attempt's figures, or with any.
    fn of(&self, attempt: Option<Attempt>) -> Option<Arc<StoreError>> {
        let one = match attempt {
            Some(attempt) => self.attempts.get(&attempt),
            None => self.attempts.values().next(),
        };
        self.all.as_ref().or(one).cloned()
    }
}

fn serve(database: &Database, messages: &Receiver<Message>) {
    let mut names = Names::default();
    let mut failures = Failures::default();
    let mut open = true;
    while open {
        let Ok(first) = messages.recv() else {
            return;
        };
        let mut batch = Vec::new();
        let mut waiting = Vec::new();
        for message in std::iter::once(first).chain(messages.try_iter().take(BATCH - 1)) {
            match message {
                Message::Figures { claim, event } => batch.push((claim, event)),
                Message::Flush { of, answer } => waiting.push((of, answer)),
                Message::Stop => open = false,
            }
        }
        if failures.all.is_none() && !batch.is_empty() {
            match write_batch(database, &mut names, &failures.attempts, &batch) {
                Ok(refused) => failures.attempts.extend(refused),
                Err(error) => failures.all = Some(Arc::new(error)),
            }
        }
        for (of, answer) in waiting {
            // Who no longer waits needs no answer.
            let _ = answer.send(failures.of(of).map_or(Ok(()), Err));
        }
    }
}

/// Writes a batch in one transaction, without what belongs to attempts that were `refused` before.
/// Gives the attempts that are refused from now on.
fn write_batch(
    database: &Database,
    names: &mut Names,
    refused: &HashMap<Attempt, Arc<StoreError>>,
    batch: &[(Arc<Claim>, Event)],
) -> Result<HashMap<Attempt, Arc<StoreError>>, StoreError> {
    database.write("write figures", async |connection| {
        let mut newly = HashMap::new();
        // Within a transaction no other process can take a run.
        let mut held_ones = HashSet::new();
        for (claim, event) in batch {
            let attempt = attempt(claim);
            if refused.contains_key(&attempt) || newly.contains_key(&attempt) {
                continue;
            }
            let writing = async {
                if held_ones.insert(attempt) {
                    held(connection, &database.path, claim, "write figures of").await?;
                }
                write_event(connection, &database.path, names, claim, event).await
            };
            match writing.await {
                Ok(()) => {}
                // Found before anything of the event was written.
                Err(Fault::Store(error)) => drop(newly.insert(attempt, Arc::new(error))),
                Err(fault) => return Err(fault),
            }
        }
        Ok(newly)
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use exp_core::event::Point;
    use exp_core::provenance::Provenance;

    use super::*;
    use crate::{ExperimentRecord, NewRun, Status, Store};

    /// SQLite answers as on a full disk when a file has as many pages as it may.
    fn limit(store: &Store, pages: &'static str) {
        let limited = store.database.write("limit", async |connection| {
            sqlx::raw_sql(pages).execute(connection).await?;
            Ok(())
        });
        limited.unwrap();
    }

    fn epoch(epoch: usize) -> Event {
        let point = |i: usize| Point {
            series: format!("series/{i}"),
            epoch,
            value: 0.1,
        };
        Event::Epoch {
            epoch,
            points: (0..100).map(point).collect(),
        }
    }

    #[test]
    fn a_full_disk_is_told_and_costs_only_what_came_after() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.sqlite");
        let store = Store::open(&path).unwrap();
        let experiment = ExperimentRecord {
            name: "e".to_owned(),
            question: String::new(),
            yaml: String::new(),
            compare: None,
            benchmarks: Vec::new(),
        };
        store.record_experiment(&experiment).unwrap();
        let run = NewRun {
            id: "a".to_owned(),
            benchmark: "synthetic".to_owned(),
            synthetic: true,
            fold: 0,
            seed: 1,
            settings: serde_json::json!({}),
            classes: Vec::new(),
            levels: Vec::new(),
        };
        store.plan_runs("e", &[run]).unwrap();
        let claim = store
            .claim(&["a".to_owned()], &[Status::Queued])
            .unwrap()
            .unwrap();
        store.begin(&claim, &Provenance::default(), &[], 0).unwrap();
        let sink = store.writer().run_sink(&claim);
        sink.emit(epoch(1));
        sink.flush().unwrap();
        limit(&store, "PRAGMA max_page_count = 1"); // which means: as many as there are
        let mut kept = 1;
        let error = loop {
            sink.emit(epoch(kept + 1));
            match sink.flush() {
                Ok(()) => kept += 1,
                Err(StoreError::Lost(error)) => break error,
                Err(error) => panic!("{error}"),
            }
            assert!(kept < 1000);
        };
        assert!(matches!(*error, StoreError::Full { .. }), "{error}");
        assert!(error.to_string().contains("make room"), "{error}");
        assert!(store.finish(&claim, None).is_err());
        let told = sink.sync().unwrap_err();
        assert!(told.contains("make room"), "the reason is told too: {told}");
        // Once there is room, others can write again.
        limit(&store, "PRAGMA max_page_count = 1000000");
        store.heartbeat(&claim).unwrap();
        drop(store);
        let store = Store::open(&path).unwrap();
        assert_eq!(store.run("a").unwrap().points.len(), 100 * kept);
        assert!(crate::check(&path).unwrap().problems.is_empty());
    }
}
