//! The one thread that writes figures: training queues them and goes on, the thread gathers what
//! is queued into one transaction.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::{self, JoinHandle};

use exp_core::event::{Event, EventSink};

use crate::StoreError;
use crate::figures::{Names, write_event};
use crate::store::Database;

/// Events that may wait. When as many do, training waits: the disk is slower than it for good, and
/// memory must not fill up.
const QUEUE: usize = 1024;

/// Events that go into one transaction at most.
const BATCH: usize = 256;

enum Message {
    Figures {
        run: Arc<str>,
        event: Event,
    },
    /// Answered when everything before it is on disk, or could not be written.
    Flush(Sender<Result<(), Arc<StoreError>>>),
    Stop,
}

/// A handle on the writing thread; clones are cheap and may go to any thread.
#[derive(Clone)]
pub struct Writer {
    queue: SyncSender<Message>,
}

impl Writer {
    /// What a run's events are sent to. The run must have been planned.
    pub fn run_sink(&self, run_id: &str) -> RunSink {
        RunSink {
            run: run_id.into(),
            queue: self.queue.clone(),
        }
    }

    /// Waits until everything that was sent before is on disk.
    ///
    /// # Errors
    /// When any figure since the store was opened could not be written, be it of another run: from
    /// then on nothing is written, so that no run is left with a hole in its figures.
    pub fn flush(&self) -> Result<(), StoreError> {
        let (answer, answered) = channel();
        self.queue
            .send(Message::Flush(answer))
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
    run: Arc<str>,
    queue: SyncSender<Message>,
}

impl EventSink for RunSink {
    fn emit(&self, event: Event) {
        if matches!(event, Event::Step { .. }) {
            return;
        }
        let run = Arc::clone(&self.run);
        // A closed store answers the next flush with an error.
        let _ = self.queue.send(Message::Figures { run, event });
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

fn serve(database: &Database, messages: &Receiver<Message>) {
    let mut names = Names::default();
    let mut failed: Option<Arc<StoreError>> = None;
    let mut open = true;
    while open {
        let Ok(first) = messages.recv() else {
            return;
        };
        let mut batch = Vec::new();
        let mut waiting = Vec::new();
        for message in std::iter::once(first).chain(messages.try_iter().take(BATCH - 1)) {
            match message {
                Message::Figures { run, event } => batch.push((run, event)),
                Message::Flush(answer) => waiting.push(answer),
                Message::Stop => open = false,
            }
        }
        if failed.is_none() && !batch.is_empty() {
            failed = write_batch(database, &mut names, &batch)
                .err()
                .map(Arc::new);
        }
        for answer in waiting {
            // Who no longer waits needs no answer.
            let _ = answer.send(failed.clone().map_or(Ok(()), Err));
        }
    }
}

fn write_batch(
    database: &Database,
    names: &mut Names,
    batch: &[(Arc<str>, Event)],
) -> Result<(), StoreError> {
    let path: &Path = &database.path;
    database.write("write figures", async |connection| {
        for (run, event) in batch {
            write_event(connection, names, path, run, event).await?;
        }
        Ok(())
    })
}
