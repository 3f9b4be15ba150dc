//! Which process works on a run, and whether it still does.
//!
//! On one machine the kernel knows: it numbers processes, and says when each began, in ticks since
//! it booted. So neither a number that was given out again nor a clock that was set deceives.
//! Elsewhere (another machine, a container with numbers of its own, a system without `/proc`) the
//! age of the last heartbeat has to do.

use std::fs;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use sysinfo::System;

/// How old a heartbeat may be. They come every ten seconds, see
/// [`HEARTBEAT`](crate::HEARTBEAT).
pub(crate) const STALE: SignedDuration = SignedDuration::from_secs(60);

/// A process as it is noted beside the run that it works on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) host: String,
    pub(crate) number: i64,
    /// The kernel's random name for its present boot.
    pub(crate) boot: Option<String>,
    /// The name space that the number is of.
    pub(crate) namespace: Option<String>,
    /// Ticks from the boot to its start.
    pub(crate) start: Option<i64>,
}

impl Process {
    /// This one.
    pub(crate) fn own() -> Self {
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id");
        let namespace = fs::read_link("/proc/self/ns/pid");
        let number = i64::from(std::process::id());
        Self {
            host: System::host_name().unwrap_or_default(),
            number,
            boot: boot.ok().map(|text| text.trim().to_owned()),
            namespace: namespace.ok().map(|path| path.display().to_string()),
            start: start_of(number),
        }
    }

    /// Whether it is gone, as far as `own`, which asks, can know. `heartbeat` is its last.
    ///
    /// A heartbeat from the future counts as fresh: rather wait for a clock than do a run twice.
    pub(crate) fn is_gone(&self, own: &Self, heartbeat: Option<Timestamp>, now: Timestamp) -> bool {
        if self.boot.is_some() && self.boot == own.boot && self.namespace == own.namespace {
            return self.start.is_none() || start_of(self.number) != self.start;
        }
        let both_known = self.boot.is_some() && own.boot.is_some();
        if both_known && self.host == own.host && self.boot != own.boot {
            return true; // no process survives a boot
        }
        heartbeat.is_none_or(|heartbeat| now.duration_since(heartbeat) > STALE)
    }
}

/// When a process of this machine began, in ticks since the boot; `None` if there is none, or
/// only what is left of it until its parent looks.
fn start_of(number: i64) -> Option<i64> {
    let text = fs::read_to_string(Path::new("/proc").join(number.to_string()).join("stat")).ok()?;
    start_in(&text)
}

/// See proc_pid_stat(5): the command in parentheses may hold anything, then come the state (the
/// third field) and, as the twenty-second, the start.
fn start_in(stat: &str) -> Option<i64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_ascii_whitespace();
    let state = fields.next()?;
    let ended = matches!(state, "Z" | "X" | "x");
    fields.nth(18)?.parse().ok().filter(|_| !ended)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const STAT: &str =
        "4242 (a) S 1 (b) R 1 4242 4242 0 -1 4194304 90 0 0 0 0 0 0 0 20 0 1 0 777 4 5";

    #[test]
    fn the_start_is_found_behind_any_name() {
        assert_eq!(start_in(STAT), Some(777));
        assert_eq!(
            start_in(&STAT.replace(") R", ") Z")),
            None,
            "only its exit status is left"
        );
        assert_eq!(start_in("4242 (a) S 1"), None);
        assert_eq!(start_in(""), None);
    }

    fn ago(seconds: i64) -> (Option<Timestamp>, Timestamp) {
        let now: Timestamp = "2026-01-01T12:00:00Z".parse().unwrap();
        (Some(now - SignedDuration::from_secs(seconds)), now)
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn on_this_machine_the_kernel_is_asked_and_no_clock() {
        let own = Process::own();
        assert!(own.start.is_some());
        for seconds in [0, 3600, -3600] {
            let (heartbeat, now) = ago(seconds);
            assert!(!own.is_gone(&own, heartbeat, now), "{seconds}");
            let other = Process {
                start: own.start.map(|start| start + 1),
                ..own.clone()
            };
            assert!(
                other.is_gone(&own, heartbeat, now),
                "its number was given out again"
            );
            let ended = Process {
                number: i64::from(u32::MAX),
                ..own.clone()
            };
            assert!(ended.is_gone(&own, heartbeat, now));
            let before = Process {
                boot: Some("earlier".to_owned()),
                ..own.clone()
            };
            assert!(
                before.is_gone(&own, heartbeat, now),
                "the machine was booted since"
            );
        }
    }

    #[test]
    fn elsewhere_the_heartbeat_tells() {
        let own = Process {
            boot: Some("here".to_owned()),
            ..Process::own()
        };
        let elsewhere = Process {
            host: "another".to_owned(),
            boot: Some("there".to_owned()),
            ..own.clone()
        };
        let container = Process {
            namespace: Some("pid:[1]".to_owned()),
            ..own.clone()
        };
        let unknown = Process {
            boot: None,
            ..own.clone()
        };
        for process in [elsewhere, container, unknown] {
            for (seconds, gone) in [(0, false), (60, false), (61, true), (-3600, false)] {
                let (heartbeat, now) = ago(seconds);
                assert_eq!(
                    process.is_gone(&own, heartbeat, now),
                    gone,
                    "{process:?} {seconds}"
                );
            }
            assert!(process.is_gone(&own, None, ago(0).1));
        }
    }
}
