//! Signs of life of the runs at work, and what is to be told meanwhile.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use exp_store::{Claim, HEARTBEAT, Store, StoreError};

use super::stop::Stop;

/// How soon a request to stop is answered.
const LOOK: Duration = Duration::from_millis(200);

/// The runs at work, by id: the claim, and whether it is another's by now.
#[derive(Default)]
pub struct Beats(Mutex<HashMap<String, (Claim, Arc<AtomicBool>)>>);

/// A run at work; it no longer is when this is dropped.
pub struct Beating<'a> {
    beats: &'a Beats,
    run: String,
    lost: Arc<AtomicBool>,
}

impl Beats {
    /// From now on the run is alive.
    pub fn begin(&self, claim: &Claim) -> Beating<'_> {
        let lost = Arc::new(AtomicBool::new(false));
        let run = claim.run().to_owned();
        self.runs()
            .insert(run.clone(), (claim.clone(), lost.clone()));
        Beating {
            beats: self,
            run,
            lost,
        }
    }

    /// Says that the runs are alive until `ended` closes; calls `stopping` once when asked to stop.
    pub fn keep(&self, store: &Store, stop: &Stop, ended: &Receiver<()>, stopping: impl FnOnce()) {
        let mut stopping = Some(stopping);
        let mut last = Instant::now();
        while let Err(RecvTimeoutError::Timeout) = ended.recv_timeout(LOOK) {
            if stop.asked()
                && let Some(stopping) = stopping.take()
            {
                stopping();
            }
            if last.elapsed() >= HEARTBEAT {
                last = Instant::now();
                self.beat(store);
            }
        }
    }

    fn beat(&self, store: &Store) {
        let runs: Vec<_> = self.runs().values().cloned().collect();
        for (claim, lost) in runs {
            // Another error shows when the run's next figures are written.
            if let Err(StoreError::Taken { .. }) = store.heartbeat(&claim) {
                lost.store(true, Ordering::Relaxed);
            }
        }
    }

    fn runs(&self) -> std::sync::MutexGuard<'_, HashMap<String, (Claim, Arc<AtomicBool>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Beating<'_> {
    /// Whether another process has taken the run, since this one seemed dead.
    pub fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Relaxed)
    }
}

impl Drop for Beating<'_> {
    fn drop(&mut self) {
        self.beats.runs().remove(&self.run);
    }
}
