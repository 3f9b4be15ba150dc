//! The log of a run: a text file beside the store that says what happened when.

use std::fmt::Display;
use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use exp_core::event::{Event, EventSink};
use jiff::{Timestamp, Unit};

/// How often single steps are noted.
const STEPS_EVERY: Duration = Duration::from_secs(15);

/// Lines of a failed run's log that the store keeps.
const TAIL: usize = 20;

/// A run's log, open for more lines. A log that cannot be written must not cost the run: lines are
/// lost then.
pub struct Log {
    path: PathBuf,
    open: Mutex<Open>,
}

struct Open {
    file: Option<File>,
    stepped: Instant,
}

impl Log {
    /// Opens a log; what earlier attempts wrote stays.
    pub fn open(path: PathBuf) -> Self {
        let folder = path.parent().map_or(Ok(()), fs::create_dir_all);
        let file = folder.and_then(|()| File::options().create(true).append(true).open(&path));
        Self {
            path,
            open: Mutex::new(Open {
                file: file.ok(),
                stepped: Instant::now(),
            }),
        }
    }

    /// Adds a line. One write, so that the lines of two programs do not mix.
    pub fn line(&self, text: impl Display) {
        let Ok(mut open) = self.open.lock() else {
            return;
        };
        let now = Timestamp::now();
        let now = now.round(Unit::Second).unwrap_or(now);
        if let Some(file) = &mut open.file {
            let _ = file.write_all(format!("{now}  {text}\n").as_bytes());
        }
    }

    /// The last lines.
    pub fn tail(&self) -> String {
        let text = fs::read(&self.path).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(TAIL)..].join("\n")
    }

    /// Whether it is time to note a step again.
    fn is_time(&self) -> bool {
        let Ok(mut open) = self.open.lock() else {
            return false;
        };
        let due = open.stepped.elapsed() >= STEPS_EVERY;
        if due {
            open.stepped = Instant::now();
        }
        due
    }
}

impl EventSink for Log {
    fn emit(&self, event: Event) {
        match event {
            Event::Step {
                epoch, step, loss, ..
            } => {
                if self.is_time() {
                    self.line(format_args!("epoch {epoch}, step {step}: loss {loss:.4}"));
                }
            }
            Event::Features { done, total } => {
                if done == 1 || done == total || self.is_time() {
                    self.line(format_args!("frame features {done} of {total}"));
                }
            }
            Event::Epoch { epoch, points } => {
                let shown = [
                    "train/loss",
                    "test/loss",
                    "test/uar",
                    "test/war",
                    "held_out/war",
                ];
                let figures: Vec<String> = points
                    .iter()
                    .filter(|point| shown.contains(&point.series.as_str()))
                    .map(|point| format!("{} {:.4}", point.series, point.value))
                    .collect();
                self.line(format_args!("epoch {epoch}: {}", figures.join(", ")));
            }
            Event::Checkpoint { rule, epoch, path } => self.line(format_args!(
                "epoch {epoch}: {} model in {}",
                rule.name(),
                path.display()
            )),
            Event::Predictions { .. } => {}
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn later_attempts_add_lines_and_the_tail_is_short() {
        let folder = tempfile::tempdir().unwrap();
        let file = exp_store::files::log(&folder.path().join("exp.db"), "1f");
        Log::open(file.clone()).line("first");
        let log = Log::open(file.clone());
        assert_eq!(log.tail().lines().count(), 1);
        for number in 0..TAIL {
            log.line(number);
        }
        assert_eq!(log.tail().lines().count(), TAIL);
        assert!(!log.tail().contains("first"));
        assert!(fs::read_to_string(file).unwrap().contains("first"));
    }

    #[test]
    fn a_log_that_cannot_be_written_is_silent() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("exp.files"), "a file").unwrap();
        let log = Log::open(exp_store::files::log(&folder.path().join("exp.db"), "1f"));
        log.line("lost");
        assert_eq!(log.tail(), "");
    }
}
