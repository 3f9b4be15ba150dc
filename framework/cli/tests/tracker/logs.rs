//! `exp logs`.

use std::fs::{self, File};
use std::io::Write;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::made::{NONE, QUEUED, RUNNING, made, text};

#[test]
fn a_log_is_printed() {
    let made = made();
    fs::create_dir_all(made.path("runs/exp.files/logs")).unwrap();
    fs::write(
        made.path(&format!("runs/exp.files/logs/{NONE}.log")),
        "one\ntwo \u{1b}[31m\n",
    )
    .unwrap();
    assert_eq!(made.prints(&["logs", "1f0c"]), "one\ntwo [U+001B][31m\n");
    assert_eq!(
        made.prints(&["logs", "-f", "1f0c"]),
        "one\ntwo [U+001B][31m\n",
        "it is done"
    );
    let told = made.refuses(&["logs", QUEUED]);
    assert!(told.contains("it is queued"), "{told}");
    let told = made.refuses(&["logs", "2"]);
    assert!(told.contains("is failed, but its log"), "{told}");
}

#[test]
fn a_log_is_followed_until_the_run_ends() {
    let made = made();
    fs::create_dir_all(made.path("runs/exp.files/logs")).unwrap();
    let path = made.path(&format!("runs/exp.files/logs/{RUNNING}.log"));
    let mut log = File::create(path).unwrap();
    writeln!(log, "first").unwrap();
    let child = Command::new(env!("CARGO_BIN_EXE_exp"))
        .current_dir(made.project.path())
        .args(["logs", "--follow", RUNNING])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    thread::sleep(Duration::from_millis(500));
    write!(log, "half a ").unwrap();
    thread::sleep(Duration::from_millis(500));
    writeln!(log, "line").unwrap();
    made.store.interrupt(&made.running, None).unwrap();
    let ended = Instant::now();
    let output = child.wait_with_output().unwrap();
    assert!(ended.elapsed() < Duration::from_secs(5));
    assert_eq!(text(&output.stdout), "first\nhalf a line\n");
}
