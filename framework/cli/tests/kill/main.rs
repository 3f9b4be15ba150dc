//! The program killed at random moments of a sweep, and in the middle of writing checkpoints. In
//! the end every run was done exactly once, and everything is as if nothing had happened.
//!
//! `EXP_KILLS=200 cargo test --release --workspace --test kill -- --nocapture` kills more often
//! and says when it did.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "../tiny/mod.rs"]
mod tiny;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::thread::sleep;
use std::time::{Duration, Instant};

use exp_store::{ExperimentData, Status, Store};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use tiny::{checkpoints, data, figures};

const PROTOCOL: &str = "\
benchmark: {synthetic: {train: 70, test: 70}}
backbone: small
clip: {frames: 2, size: 48}
augment: {flip: 0.5}
train: {epochs: 4, batch: 16, held_out: 0.2, checkpoint_minutes: 0}
";

const EXPERIMENT: &str = "\
name: tiny
question: Is nothing lost?
benchmarks: [synthetic]
base:
  prompt: {descriptions: {set: observed-7}}
  context: {learnable: {tokens: 2}}
grid:
  temporal: [mean, transformer]
seeds: [1, 2]
";

/// Kills of one sweep; then it may end.
const PER_SWEEP: usize = 10;

/// When the program is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Moment {
    /// After a time.
    After(Duration),
    /// When a checkpoint is being written.
    Writing,
}

fn begin(project: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_exp"))
        .args(["run", "experiments/tiny.yaml", "--device", "cpu"])
        .current_dir(project)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Whether a temporary file of a checkpoint is there.
fn is_writing(project: &Path) -> bool {
    let runs = std::fs::read_dir(project.join("runs/exp.files/checkpoints"));
    let files = runs.into_iter().flatten().flatten();
    files
        .filter_map(|run| std::fs::read_dir(run.path()).ok())
        .flatten()
        .flatten()
        .any(|file| !file.file_name().to_string_lossy().ends_with(".safetensors"))
}

/// Waits for the moment; `false` when the program ended before.
fn comes(moment: Moment, child: &mut Child, project: &Path) -> bool {
    let start = Instant::now();
    loop {
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        match moment {
            Moment::After(time) if start.elapsed() >= time => return true,
            Moment::Writing if is_writing(project) => return true,
            _ => sleep(Duration::from_micros(200)),
        }
    }
}

/// How each finished run ended, by its id.
type Finished = HashMap<String, (usize, Option<jiff::Timestamp>)>;

/// Checks that what was finished stays finished, and notes what is now.
fn look(project: &Path, finished: &mut Finished) {
    let store = project.join("runs/exp.db");
    let Ok(found) = Store::open(&store).unwrap().experiment("tiny") else {
        return; // killed before the experiment was recorded
    };
    for (id, ended) in finished.iter() {
        let run = found.runs.iter().find(|run| run.id == *id).unwrap();
        assert_eq!(
            (run.history.attempts, run.finished),
            *ended,
            "{id} was done again"
        );
    }
    for run in found.runs.iter().filter(|run| run.status == Status::Done) {
        finished.insert(run.id.clone(), (run.history.attempts, run.finished));
    }
}

/// A sweep that nothing disturbs.
struct Undisturbed {
    duration: Duration,
    data: ExperimentData,
    weights: BTreeMap<PathBuf, Vec<u8>>,
}

static UNDISTURBED: LazyLock<Undisturbed> = LazyLock::new(|| {
    let project = tiny::project(PROTOCOL, EXPERIMENT);
    let start = Instant::now();
    assert!(begin(project.path()).wait().unwrap().success());
    Undisturbed {
        duration: start.elapsed(),
        data: data(&project.path().join("runs/exp.db")),
        weights: checkpoints(&project.path().join("runs")),
    }
});

/// Checks that a sweep came out as the one that nothing disturbed. Gives what its runs' logs say.
fn assert_undisturbed(project: &Path) -> String {
    let (found, expected) = (data(&project.join("runs/exp.db")), &UNDISTURBED.data);
    assert_eq!(found.runs.len(), expected.runs.len());
    for (one, other) in found.runs.iter().zip(&expected.runs) {
        assert_eq!((&one.id, one.status), (&other.id, Status::Done));
        assert!(figures(one) == figures(other), "figures of {}", one.id);
        assert!(
            one.selections == other.selections,
            "predictions of {}",
            one.id
        );
        assert_eq!(one.prompts, other.prompts);
    }
    assert!(checkpoints(&project.join("runs")) == UNDISTURBED.weights);
    let check = tiny::exp(project, &["store", "check"]);
    assert!(check.status.success(), "{}", tiny::text(&check.stdout));
    let logs = std::fs::read_dir(project.join("runs/exp.files/logs")).unwrap();
    logs.map(|log| std::fs::read_to_string(log.unwrap().path()).unwrap())
        .collect()
}

#[test]
fn a_sweep_survives_kills() {
    let kills: usize = std::env::var("EXP_KILLS").map_or(20, |text| text.parse().unwrap());
    let duration = UNDISTURBED.duration;
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let mut counts: HashMap<&str, usize> = HashMap::new();
    let (mut killed, mut sweeps, mut resumed) = (0, 0, 0);
    while killed < kills {
        let project = tiny::project(PROTOCOL, EXPERIMENT);
        let mut finished = Finished::new();
        let mut here = 0;
        loop {
            let moment = match random.random_bool(0.4) {
                true => Moment::Writing,
                false => Moment::After(duration.mul_f64(random.random_range(0.0..0.5))),
            };
            let mut child = begin(project.path());
            if here == PER_SWEEP || !comes(moment, &mut child, project.path()) {
                let output = child.wait_with_output().unwrap();
                assert!(output.status.success(), "{}", tiny::text(&output.stderr));
                break;
            }
            child.kill().unwrap();
            child.wait().unwrap();
            here += 1;
            *counts
                .entry(match moment {
                    Moment::After(_) => "at a random moment",
                    Moment::Writing => "while writing a checkpoint",
                })
                .or_default() += 1;
            look(project.path(), &mut finished);
        }
        killed += here;
        sweeps += 1;
        look(project.path(), &mut finished);
        let logs = assert_undisturbed(project.path());
        assert!(!logs.contains("anew"), "a checkpoint was of no use: {logs}");
        resumed += logs.matches("goes on after").count();
    }
    assert!(resumed > 0, "no run was gone on with");
    println!("{killed} kills in {sweeps} sweeps: {counts:?}; {resumed} runs were gone on with");
}

/// What a scheduler sends before it takes the machine.
#[test]
fn a_sweep_that_is_asked_to_stop_goes_on() {
    let project = tiny::project(PROTOCOL, EXPERIMENT);
    let mut child = begin(project.path());
    assert!(comes(Moment::Writing, &mut child, project.path()));
    let kill = Command::new("kill").arg(child.id().to_string()).status();
    assert!(kill.unwrap().success());
    let output = child.wait_with_output().unwrap();
    let errors = tiny::text(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{errors}");
    assert!(errors.contains("The same command goes on"), "{errors}");
    let runs = data(&project.path().join("runs/exp.db")).runs;
    assert!(runs.iter().any(|run| run.status == Status::Interrupted));
    assert!(runs.iter().all(|run| run.status != Status::Running));
    assert!(begin(project.path()).wait().unwrap().success());
    let logs = assert_undisturbed(project.path());
    assert!(logs.contains("goes on after"), "{logs}");
}

/// What an attempt left that is not to be used must not be gone on with, even if the new one is
/// killed before it wrote a state.
#[test]
fn a_retried_run_begins_anew_whatever_happens() {
    let project = tiny::project(PROTOCOL, EXPERIMENT);
    let mut child = begin(project.path());
    assert!(comes(Moment::Writing, &mut child, project.path()));
    let kill = Command::new("kill").arg(child.id().to_string()).status();
    assert!(kill.unwrap().success());
    child.wait().unwrap();
    let mut again = Command::new(env!("CARGO_BIN_EXE_exp"))
        .args(["run", "experiments/tiny.yaml", "--device", "cpu"])
        .args(["--retry", "interrupted"])
        .current_dir(project.path())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let begun = || {
        let logs = std::fs::read_dir(project.path().join("runs/exp.files/logs")).unwrap();
        logs.flatten().any(|log| {
            let log = std::fs::read_to_string(log.path()).unwrap();
            log.contains("attempt 2")
        })
    };
    while !begun() && again.try_wait().unwrap().is_none() {
        sleep(Duration::from_micros(200));
    }
    again.kill().unwrap();
    again.wait().unwrap();
    // Whoever looks next notices that nobody works on the runs any more.
    let report = ["report", "tiny", "--format", "markdown"];
    let report = tiny::exp(project.path(), &report);
    assert!(report.status.success(), "{}", tiny::text(&report.stderr));
    let report = tiny::text(&report.stdout);
    assert!(report.contains("(interrupted)"), "{report}");
    assert!(!report.contains("(running)"), "{report}");
    assert!(begin(project.path()).wait().unwrap().success());
    assert_undisturbed(project.path());
}

/// A run that failed is no reason to take a request to stop for anything else.
#[test]
fn a_sweep_with_a_failed_run_is_stopped_as_any_other() {
    let experiment = EXPERIMENT.replace(
        "  temporal: [mean, transformer]",
        "  train.learning_rate.temporal: [1.0e+30, 0.001]",
    );
    let experiment = experiment.replace("base:\n", "base:\n  temporal: transformer\n");
    let protocol = PROTOCOL.replace("epochs: 4", "epochs: 40");
    let project = tiny::project(&protocol, &experiment);
    let mut child = begin(project.path());
    let store = project.path().join("runs/exp.db");
    let is_on = |status| {
        let runs = || Store::open_existing(&store)?.experiment("tiny");
        runs().is_ok_and(|data| data.runs.iter().any(|run| run.status == status))
    };
    while !(is_on(Status::Failed) && is_on(Status::Running)) {
        assert!(child.try_wait().unwrap().is_none(), "it ended too early");
        sleep(Duration::from_millis(20));
    }
    let kill = Command::new("kill").arg(child.id().to_string()).status();
    assert!(kill.unwrap().success());
    let output = child.wait_with_output().unwrap();
    let errors = tiny::text(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{errors}");
    assert!(errors.contains("The same command goes on"), "{errors}");
    // What is to be done is told before it is done.
    let dry = |more: &[&str]| {
        let mut arguments = vec![
            "run",
            "experiments/tiny.yaml",
            "--device",
            "cpu",
            "--dry-run",
        ];
        arguments.extend(more);
        tiny::text(&tiny::exp(project.path(), &arguments).stdout)
    };
    let failed = data(&store).runs;
    let failed = failed.iter().filter(|run| run.status == Status::Failed);
    let left = 4 - failed.count();
    let told = dry(&[]);
    assert!(told.contains(&format!("4 runs, {left} to do")), "{told}");
    let told = dry(&["--retry", "failed"]);
    assert!(told.contains("4 runs, 4 to do"), "{told}");
    let told = dry(&["--retry", "failed", "--shard", "1/2"]);
    assert!(told.contains("2 runs, 2 to do"), "{told}");
}

/// Processes that share a store, and machines that share nothing.
#[test]
fn work_can_be_shared_out() {
    let project = tiny::project(PROTOCOL, EXPERIMENT);
    let mut both = [begin(project.path()), begin(project.path())];
    for child in &mut both {
        assert!(child.wait().unwrap().success());
    }
    let logs = assert_undisturbed(project.path());
    assert_eq!(
        logs.matches("attempt 1").count(),
        UNDISTURBED.data.runs.len()
    );

    let parts: Vec<_> = ["1/2", "2/2"]
        .map(|part| {
            let project = tiny::project(PROTOCOL, EXPERIMENT);
            let run = [
                "run",
                "experiments/tiny.yaml",
                "--device",
                "cpu",
                "--shard",
                part,
            ];
            assert!(tiny::exp(project.path(), &run).status.success());
            project
        })
        .into();
    let other = parts[1].path().join("runs/exp.db");
    let merge = ["store", "merge", other.to_str().unwrap()];
    let merged = tiny::exp(parts[0].path(), &merge);
    assert!(merged.status.success(), "{}", tiny::text(&merged.stderr));
    let found = data(&parts[0].path().join("runs/exp.db"));
    for (one, other) in found.runs.iter().zip(&UNDISTURBED.data.runs) {
        assert_eq!((&one.id, one.status), (&other.id, Status::Done));
        assert!(figures(one) == figures(other) && one.selections == other.selections);
        let evaluate = ["eval", "--checkpoint", &one.id[..8], "--on", "synthetic"];
        let evaluated = tiny::exp(parts[0].path(), &evaluate);
        assert!(
            evaluated.status.success(),
            "{}",
            tiny::text(&evaluated.stderr)
        );
    }
}

#[test]
fn a_damaged_state_costs_the_run_its_beginning_and_nothing_else() {
    let project = tiny::project(PROTOCOL, EXPERIMENT);
    let mut child = begin(project.path());
    assert!(comes(Moment::Writing, &mut child, project.path()));
    let kill = Command::new("kill").arg(child.id().to_string()).status();
    assert!(kill.unwrap().success());
    child.wait().unwrap();
    let runs = std::fs::read_dir(project.path().join("runs/exp.files/checkpoints")).unwrap();
    for run in runs {
        let path = run.unwrap().path().join("state.safetensors");
        if let Ok(mut bytes) = std::fs::read(&path) {
            let last = bytes.len() - 1;
            bytes[last] ^= 1;
            std::fs::write(path, bytes).unwrap();
        }
    }
    let output = begin(project.path()).wait_with_output().unwrap();
    assert!(output.status.success());
    let errors = tiny::text(&output.stderr);
    assert!(
        errors.contains("is damaged") && errors.contains("begins anew"),
        "{errors}"
    );
    assert_undisturbed(project.path());
}

/// A limit on the size of a file stands for a disk that is full: smaller than a run's state, larger
/// than the store.
#[test]
fn a_full_disk_interrupts_runs_and_costs_nothing() {
    let project = tiny::project(PROTOCOL, EXPERIMENT);
    let limited =
        "trap '' XFSZ; ulimit -f 6000; exec \"$0\" run experiments/tiny.yaml --device cpu";
    let output = Command::new("sh")
        .args(["-c", limited, env!("CARGO_BIN_EXE_exp")])
        .current_dir(project.path())
        .output()
        .unwrap();
    let errors = tiny::text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(errors.contains("the same command goes on"), "{errors}");
    let runs = data(&project.path().join("runs/exp.db")).runs;
    let reasons: Vec<_> = runs.iter().filter_map(|run| run.failure.as_ref()).collect();
    assert!(!reasons.is_empty());
    for reason in reasons {
        assert_eq!(reason.matches("cannot write").count(), 1, "{reason}");
        assert!(reason.contains("state.safetensors"), "{reason}");
    }
    for run in runs {
        assert!([Status::Interrupted, Status::Queued].contains(&run.status));
    }
    assert!(begin(project.path()).wait().unwrap().success());
    assert_undisturbed(project.path());
}
