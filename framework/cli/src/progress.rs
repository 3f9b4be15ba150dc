//! Progress of long work: bars on a terminal, plain lines on a pipe.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use exp_core::event::{Event, EventSink};
use exp_report::text::visible;
use indicatif::{HumanBytes, MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often a line is printed where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(15);

/// A bar over steps of equal cost.
pub struct StepsBar {
    bar: ProgressBar,
    label: &'static str,
    /// Where standard error is no terminal: when the last line was printed.
    lines: Option<Mutex<Instant>>,
}

/// A bar over the bytes of a download.
pub struct BytesBar {
    bar: ProgressBar,
    /// When the last line was printed, where standard error is no terminal.
    printed: Instant,
}

impl BytesBar {
    /// A bar for the file `label`.
    pub fn new(label: &str) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        style(
            &bar,
            "{prefix} {bar:30} {bytes}/{total_bytes} {bytes_per_sec} left {eta_precise} {wide_msg}",
        );
        bar.set_prefix(label.to_owned());
        Self {
            bar,
            printed: Instant::now(),
        }
    }

    /// So many bytes are there, of so many.
    pub fn reach(&mut self, done: u64, total: Option<u64>) {
        if let Some(total) = total.filter(|total| self.bar.length() != Some(*total)) {
            // What an earlier attempt left must not count as speed.
            self.bar.reset();
            self.bar.set_length(total);
            self.bar.set_position(done);
            self.bar.reset_eta();
        }
        self.bar.set_position(done);
        if self.bar.is_hidden() && self.printed.elapsed() >= LINE_EVERY {
            self.printed = Instant::now();
            let total = total.map_or(String::new(), |total| format!(" of {}", HumanBytes(total)));
            self.say(&format!("{}{total}{}", HumanBytes(done), left(&self.bar)));
        }
    }

    /// Tells something beside the bytes.
    pub fn say(&self, message: &str) {
        match self.bar.is_hidden() {
            true => eprintln!("{} {message}", self.bar.prefix()),
            false => self.bar.println(format!("{} {message}", self.bar.prefix())),
        }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// A bar over `total` steps.
pub fn steps_bar(total: usize, label: &'static str) -> StepsBar {
    let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr());
    style(
        &bar,
        "{prefix} {bar:30} {pos}/{len} {per_sec} {elapsed_precise} left {eta_precise} {wide_msg}",
    );
    bar.set_prefix(label);
    let lines = bar.is_hidden().then(|| Mutex::new(Instant::now()));
    StepsBar { bar, label, lines }
}

impl StepsBar {
    /// Counts steps; `message` says what they brought.
    pub fn advance(&self, steps: u64, message: &str) {
        let message = visible(message);
        self.bar.inc(steps);
        let Some(last) = &self.lines else {
            self.bar.set_message(message.into_owned());
            return;
        };
        let Ok(mut last) = last.lock() else { return };
        if last.elapsed() >= LINE_EVERY {
            *last = Instant::now();
            let (done, total) = (self.bar.position(), self.bar.length().unwrap_or(0));
            eprintln!(
                "{} {done}/{total}{}  {message}",
                self.label,
                left(&self.bar)
            );
        }
    }

    /// Moves the bar to a position.
    pub fn reach(&self, position: u64) {
        self.advance(position.saturating_sub(self.bar.position()), "");
    }

    /// Ends the bar; its last state stays on the terminal.
    pub fn finish(&self) {
        self.bar.finish();
    }
}

/// The progress of an experiment: a bar for all runs, and one for each run at work.
pub struct ExperimentProgress {
    bars: MultiProgress,
    whole: ProgressBar,
    runs: usize,
    ended: Mutex<usize>,
}

impl ExperimentProgress {
    /// Progress over `runs` runs with `steps` training steps in all.
    pub fn new(experiment: &str, runs: usize, steps: usize) -> Self {
        let bars = MultiProgress::new();
        let whole = bars.add(ProgressBar::new(steps as u64));
        style(
            &whole,
            "{prefix} {bar:30} {percent:>3} %  {elapsed_precise} left {eta_precise}  {msg}",
        );
        whole.set_prefix(experiment.to_owned());
        whole.set_message(format!("{runs} runs"));
        whole.enable_steady_tick(Duration::from_millis(500));
        Self {
            bars,
            whole,
            runs,
            ended: Mutex::new(0),
        }
    }

    /// A run with so many training steps and epochs begins.
    pub fn begin(&self, label: String, steps: usize, epochs: usize) -> RunProgress<'_> {
        let bar = self.bars.add(ProgressBar::new(steps as u64));
        style(
            &bar,
            "  {bar:30} {percent:>3} %  left {eta_precise}  {wide_msg}",
        );
        bar.set_message(label.clone());
        RunProgress {
            experiment: self,
            bar,
            label,
            epochs,
            started: Instant::now(),
            state: Mutex::new(State {
                figures: String::new(),
                clips: 0,
                printed: Instant::now(),
            }),
        }
    }

    /// Tells something beside the bars.
    pub fn say(&self, message: &str) {
        match self.whole.is_hidden() {
            true => eprintln!("{message}"),
            false => self.whole.println(message),
        }
    }

    /// The program was asked to stop.
    pub fn stopping(&self) {
        self.say("Stopping after the present step, with a checkpoint; once more stops at once.");
    }

    /// All runs ended.
    pub fn finish(&self) {
        self.whole.finish_and_clear();
    }

    fn print(&self, line: &str) {
        match self.whole.is_hidden() {
            true => eprintln!("{line}{}", left(&self.whole)),
            false => self.whole.println(line),
        }
    }
}

/// The progress of one run.
pub struct RunProgress<'a> {
    experiment: &'a ExperimentProgress,
    bar: ProgressBar,
    label: String,
    epochs: usize,
    started: Instant,
    state: Mutex<State>,
}

struct State {
    /// UAR and WAR of the last epoch.
    figures: String,
    clips: usize,
    printed: Instant,
}

impl RunProgress<'_> {
    /// So many steps were done by an earlier attempt.
    pub fn skip(&self, steps: usize) {
        self.bar.inc(steps as u64);
        self.experiment.whole.inc(steps as u64);
        // What was done before must not count as speed.
        self.bar.reset_eta();
        self.experiment.whole.reset_eta();
    }

    /// The run stopped before its end.
    pub fn stop(&self, outcome: &str) {
        self.bar.finish_and_clear();
        self.experiment.say(&format!("{}  {outcome}", self.label));
    }

    /// The run ended; `outcome` says how.
    pub fn end(&self, outcome: &str) {
        // A run that failed half-way leaves steps behind that nobody will do.
        let left = self
            .bar
            .length()
            .unwrap_or(0)
            .saturating_sub(self.bar.position());
        self.experiment.whole.inc(left);
        self.bar.finish_and_clear();
        let Ok(mut ended) = self.experiment.ended.lock() else {
            return;
        };
        *ended += 1;
        self.experiment
            .whole
            .set_message(format!("{} of {} runs done", *ended, self.experiment.runs));
        self.experiment.print(&format!(
            "{} of {} done  {}  {outcome}  ({:.0} s)",
            *ended,
            self.experiment.runs,
            self.label,
            self.started.elapsed().as_secs_f64()
        ));
    }

    /// No step of training, so the bar stays.
    fn features(&self, done: usize, total: usize) {
        let message = format!("{}  frame features {done} of {total}", self.label);
        if let Ok(mut state) = self.state.lock()
            && self.bar.is_hidden()
            && state.printed.elapsed() >= LINE_EVERY
        {
            state.printed = Instant::now();
            self.experiment.print(&message);
        }
        self.bar.set_message(message);
    }

    fn step(&self, epoch: usize, loss: f64, clips: usize) {
        self.bar.inc(1);
        self.experiment.whole.inc(1);
        let Ok(mut state) = self.state.lock() else {
            return;
        };
        state.clips += clips;
        let rate = state.clips as f64 / self.started.elapsed().as_secs_f64();
        let message = format!(
            "{}  epoch {epoch} of {}  loss {loss:.3}  {}{rate:.0} clips/s",
            self.label, self.epochs, state.figures
        );
        if self.bar.is_hidden() && state.printed.elapsed() >= LINE_EVERY {
            state.printed = Instant::now();
            self.experiment.print(&message);
        }
        self.bar.set_message(message);
    }
}

impl EventSink for RunProgress<'_> {
    fn emit(&self, event: Event) {
        match event {
            Event::Features { done, total } => self.features(done, total),
            Event::Step {
                epoch, loss, clips, ..
            } => self.step(epoch, loss, clips),
            Event::Epoch { points, .. } => {
                let value = |series: &str| {
                    let point = points.iter().find(|point| point.series == series);
                    point.map_or(f64::NAN, |point| point.value)
                };
                let (uar, war) = (value("test/uar"), value("test/war"));
                if let Ok(mut state) = self.state.lock() {
                    state.figures = format!("UAR {uar:.1}  WAR {war:.1}  ");
                }
            }
            Event::Predictions { .. } | Event::Checkpoint { .. } => {}
        }
    }
}

fn style(bar: &ProgressBar, template: &str) {
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
}

/// `  (120 s left)` for plain lines; nothing before the first and after the last step.
fn left(bar: &ProgressBar) -> String {
    let (done, total) = (bar.position(), bar.length().unwrap_or(0));
    if done == 0 || done >= total {
        return String::new();
    }
    let left = bar.elapsed().as_secs_f64() * (total - done) as f64 / done as f64;
    format!("  ({left:.0} s left)")
}
