//! The commands that look into a store, on a store that is made here.
#![allow(clippy::unwrap_used, missing_docs)]

mod diff;
mod gc;
mod logs;
mod made;
mod runs;
mod show;
