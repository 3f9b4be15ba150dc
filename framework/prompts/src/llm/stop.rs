//! The end of all asking, told to every thread.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Whether asking is over; a thread that pauses notices at once.
#[derive(Debug, Default)]
pub(super) struct Stop {
    over: Mutex<bool>,
    told: Condvar,
}

impl Stop {
    /// Ends it for all.
    pub fn end(&self) {
        *self.over.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.told.notify_all();
    }

    /// Whether it is over.
    pub fn is_over(&self) -> bool {
        self.pause(Duration::ZERO)
    }

    /// Waits so long, or until it is over. Whether it is.
    pub fn pause(&self, duration: Duration) -> bool {
        let over = self.over.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.told.wait_timeout_while(over, duration, |over| !*over);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}
