//! Stopping on request: Ctrl-C, or the signal that a scheduler sends before it takes the machine.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use crate::STOPPED;

/// Whether runs are to stop. Clones share one answer.
#[derive(Clone, Default)]
pub struct Stop {
    signalled: Arc<AtomicBool>,
    ended: Arc<AtomicBool>,
}

impl Stop {
    /// Stops on Ctrl-C and on SIGTERM; the second one ends the program at once.
    pub fn on_signals() -> anyhow::Result<Self> {
        let stop = Self::default();
        for signal in [SIGINT, SIGTERM] {
            // In this order: the first signal finds the flag unset and only sets it.
            flag::register_conditional_shutdown(signal, i32::from(STOPPED), stop.signalled.clone())
                .and_then(|_| flag::register(signal, stop.signalled.clone()))
                .context("cannot listen for Ctrl-C")?;
        }
        Ok(stop)
    }

    /// Ends the work for a reason of its own. The next signal is the first one still.
    pub fn end(&self) {
        self.ended.store(true, Ordering::Relaxed);
    }

    /// Whether a signal asked to stop.
    pub fn signalled(&self) -> bool {
        self.signalled.load(Ordering::Relaxed)
    }

    /// Whether runs are to stop, for whatever reason.
    pub fn asked(&self) -> bool {
        self.signalled() || self.ended.load(Ordering::Relaxed)
    }
}
