//! Progress of long work: bars on a terminal, plain lines on a pipe.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use exp_core::event::{Event, EventSink};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often a line is printed where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(15);

/// A bar over steps of equal cost.
pub struct StepsBar {
    bar: ProgressBar,
    label: &'static str,
    /// Where standard error is no terminal: when the last line was printed.
    lines: Option<Mutex<Instant>>,
}

/// A bar over `total` steps.
pub fn steps_bar(total: usize, label: &'static str) -> StepsBar {
    let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template(
        "{prefix} {bar:30} {pos}/{len} {per_sec} {elapsed_precise} left {eta_precise} {wide_msg}",
    );
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar.set_prefix(label);
    let lines = bar.is_hidden().then(|| Mutex::new(Instant::now()));
    StepsBar { bar, label, lines }
}

impl StepsBar {
    /// Counts steps; `message` says what they brought.
    pub fn advance(&self, steps: u64, message: impl FnOnce() -> String) {
        self.bar.inc(steps);
        let message = message();
        let Some(last) = &self.lines else {
            self.bar.set_message(message);
            return;
        };
        let Ok(mut last) = last.lock() else { return };
        if last.elapsed() >= LINE_EVERY {
            *last = Instant::now();
            let (done, total) = (self.bar.position(), self.bar.length().unwrap_or(0));
            let left = self.bar.elapsed().as_secs_f64() * (total - done) as f64 / done as f64;
            eprintln!(
                "{} {done}/{total}, {left:.0} s left, {}",
                self.label, message
            );
        }
    }

    /// Moves the bar to a position.
    pub fn reach(&self, position: u64, message: impl FnOnce() -> String) {
        self.advance(position.saturating_sub(self.bar.position()), message);
    }

    /// Ends the bar; its last state stays on the terminal.
    pub fn finish(&self) {
        self.bar.finish();
    }
}

/// The progress of an experiment: a bar for all runs, and one for the run at work.
pub struct ExperimentProgress {
    whole: ProgressBar,
    run: ProgressBar,
    runs: usize,
    state: Mutex<State>,
    /// Standard error is no terminal: lines instead of bars.
    plain: bool,
}

struct State {
    /// Runs begun.
    begun: usize,
    label: String,
    /// Training steps of all runs before this one, and of this one.
    before: u64,
    steps: u64,
    figures: String,
    loss: f64,
    clips: usize,
    started: Instant,
    printed: Instant,
}

impl ExperimentProgress {
    /// Progress over `runs` runs with `steps` training steps in all.
    pub fn new(experiment: &str, runs: usize, steps: usize) -> Self {
        let bars = MultiProgress::new();
        let plain = bars.is_hidden();
        let bar = |length: usize, template: &str| {
            let bar = bars.add(ProgressBar::new(length as u64));
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style);
            }
            bar
        };
        let whole = bar(
            steps,
            "{prefix} {bar:30} {percent:>3} %  {elapsed_precise} left {eta_precise}  {msg}",
        );
        whole.set_prefix(experiment.to_owned());
        Self {
            whole,
            run: bar(0, "  {bar:30} {percent:>3} %  {wide_msg}"),
            runs,
            state: Mutex::new(State {
                begun: 0,
                label: String::new(),
                before: 0,
                steps: 0,
                figures: String::new(),
                loss: f64::NAN,
                clips: 0,
                started: Instant::now(),
                printed: Instant::now(),
            }),
            plain,
        }
    }

    /// A run with so many training steps begins.
    pub fn begin(&self, label: &str, steps: usize) {
        let Ok(mut state) = self.state.lock() else {
            return;
        };
        state.begun += 1;
        state.label = label.to_owned();
        state.before += state.steps;
        state.steps = steps as u64;
        state.figures.clear();
        state.clips = 0;
        state.started = Instant::now();
        self.whole
            .set_message(format!("run {} of {}", state.begun, self.runs));
        self.run.set_length(state.steps);
        self.run.set_position(0);
        self.run.set_message(label.to_owned());
    }

    /// The run ended; `outcome` says how.
    pub fn end(&self, outcome: &str) {
        let Ok(state) = self.state.lock() else { return };
        // A run that failed half-way leaves steps behind that nobody will do.
        self.whole.set_position(state.before + state.steps);
        let line = format!(
            "run {} of {}  {}  {outcome}  ({:.0} s)",
            state.begun,
            self.runs,
            state.label,
            state.started.elapsed().as_secs_f64()
        );
        match self.plain {
            true => eprintln!("{line}{}", self.left()),
            false => self.whole.println(line),
        }
    }

    /// All runs ended.
    pub fn finish(&self) {
        self.run.finish_and_clear();
        self.whole.finish_and_clear();
    }

    /// `, about 120 s left` for plain lines.
    fn left(&self) -> String {
        let (done, total) = (self.whole.position(), self.whole.length().unwrap_or(0));
        if done == 0 || done >= total {
            return String::new();
        }
        let left = self.whole.elapsed().as_secs_f64() * (total - done) as f64 / done as f64;
        format!(", about {left:.0} s left")
    }
}

impl EventSink for ExperimentProgress {
    fn emit(&self, event: Event) {
        let Ok(mut state) = self.state.lock() else {
            return;
        };
        match event {
            Event::Step {
                epoch, loss, clips, ..
            } => {
                self.run.inc(1);
                self.whole.inc(1);
                state.clips += clips;
                state.loss = loss;
                let rate = state.clips as f64 / state.started.elapsed().as_secs_f64();
                let message = format!(
                    "{}  epoch {epoch}  loss {loss:.3}  {rate:.0} clips/s  {}",
                    state.label, state.figures
                );
                if self.plain && state.printed.elapsed() >= LINE_EVERY {
                    state.printed = Instant::now();
                    eprintln!("{message}{}", self.left());
                }
                self.run.set_message(message);
            }
            Event::Epoch { points, .. } => {
                let value = |series: &str| {
                    let point = points.iter().find(|point| point.series == series);
                    point.map_or(f64::NAN, |point| point.value)
                };
                state.figures =
                    format!("UAR {:.1} WAR {:.1}", value("test/uar"), value("test/war"));
            }
            Event::Predictions { .. } | Event::Checkpoint { .. } => {}
        }
    }
}
