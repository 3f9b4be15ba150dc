//! `exp report` in other formats, and `exp serve`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::{TRAINED, exp, text};

#[test]
fn formats_for_other_programs_are_printed_and_nothing_else() {
    let folder = TRAINED.project.path();
    for (format, begins) in [
        ("markdown", "# tiny\n"),
        ("latex", "% Needs the packages"),
        ("csv", "experiment,benchmark,synthetic,run,"),
        ("csv-wide", "experiment,benchmark,synthetic,run,"),
        ("json", "{\n  \"schema_version\": 1"),
    ] {
        let output = exp(folder, &["report", "tiny", "--format", format]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let printed = text(&output.stdout);
        assert!(printed.trim_start().starts_with(begins), "{printed:.200}");
    }
    let output = exp(
        folder,
        &["report", "tiny", "--format", "tensorboard", "-o", "events"],
    );
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let runs = folder.join("events/tiny/synthetic").read_dir().unwrap();
    assert!(runs.count() >= 6);
}

/// The third rule, where every run keeps some clips out of training.
#[test]
fn the_epoch_that_held_out_clips_choose_is_reported() {
    let folder = TRAINED.project.path();
    let report = ["report", "tiny", "--rule", "held_out"];
    for (format, says) in [
        (
            "markdown",
            "the epoch with the best WAR on the held-out 20 % of the training set",
        ),
        ("latex", "20 \\% of the training set"),
        ("csv", ",held_out,"),
        ("csv-wide", ",held_out,"),
        ("json", "\"rule\": \"held_out\""),
    ] {
        let output = exp(folder, &[&report[..], &["--format", format]].concat());
        let printed = text(&output.stdout);
        assert!(printed.contains(says), "{format}: {printed}");
    }
    let page = exp(folder, &[&report[..], &["-o", "held_out.html"]].concat());
    assert_eq!(page.status.code(), Some(0), "{}", text(&page.stderr));
    let page = std::fs::read_to_string(folder.join("held_out.html")).unwrap();
    assert!(page.contains("Kept out of training, to choose an epoch by:"));
    assert!(page.contains("<dt><code>held_out</code></dt>"));
    crate::browser::opens(&folder.join("held_out.html"));
    let runs = exp(
        folder,
        &["runs", "--columns", "held_out.epoch,held_out.war"],
    );
    assert_eq!(runs.status.code(), Some(0), "{}", text(&runs.stderr));
}

#[test]
fn what_cannot_be_compared_is_told() {
    let folder = TRAINED.project.path();
    for (arguments, reason) in [
        (&["report", "tiny", "--baseline", "meen"][..], "meen"),
        (&["report", "tiny", "tiny"], "named twice"),
        (&["report", "tiny", "--rule", "first"], "best_test"),
        (&["report", "tiny", "--format", "word"], "markdown"),
        (&["report"], "NAME"),
    ] {
        let output = exp(folder, arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(
            text(&output.stderr).contains(reason),
            "{}",
            text(&output.stderr)
        );
    }
}

#[test]
fn the_page_shows_the_frames_of_hard_clips() {
    // A page of its own: another test runs an experiment of the same name on another benchmark.
    let folder = TRAINED.project.path();
    let output = exp(folder, &["report", "tiny", "-o", "hardest.html"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let page = std::fs::read_to_string(folder.join("hardest.html")).unwrap();
    assert!(page.contains("Hardest clips"));
    assert!(page.contains("src=\"data:image&#x2f;jpeg;base64,"));
}

/// The program while it serves, and where.
pub struct Serving(pub Child, pub String);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub fn serve() -> Serving {
    let mut child = Command::new(env!("CARGO_BIN_EXE_exp"))
        .current_dir(TRAINED.project.path())
        .args(["serve", "--port", "0"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let address = line
        .split("http://")
        .nth(1)
        .unwrap()
        .split('/')
        .next()
        .unwrap();
    let address = address.to_owned();
    Serving(child, address)
}

fn ask(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn pages_are_served_to_this_machine_alone() {
    let serving = serve();
    let address = &serving.1;
    let get = |path: &str, host: &str| {
        ask(
            address,
            &format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n"),
        )
    };
    let list = get("/", address);
    assert!(
        list.starts_with("HTTP/1.1 200") && list.contains("&#x2f;experiment&#x2f;tiny"),
        "{list:.2000}"
    );
    let page = get("/experiment/tiny", address);
    assert!(
        page.starts_with("HTTP/1.1 200") && page.contains("connect-src 'self'"),
        "{page:.500}"
    );
    assert!(get("/experiment/other", address).starts_with("HTTP/1.1 404"));
    assert!(get("/elsewhere", address).starts_with("HTTP/1.1 404"));
    assert!(get("/", "evil.example").starts_with("HTTP/1.1 421"));
    assert!(ask(address, "nonsense\r\n\r\n").starts_with("HTTP/1.1 400"));
}

#[test]
fn changes_are_sent_as_events() {
    let serving = serve();
    let address = &serving.1;
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    write!(
        stream,
        "GET /experiment/tiny/events HTTP/1.1\r\nHost: {address}\r\n\r\n"
    )
    .unwrap();
    let mut lines = BufReader::new(stream).lines().map(Result::unwrap);
    assert!(lines.next().unwrap().contains("200"));
    assert!(lines.any(|line| line == "event: body"));
    let data = lines.next().unwrap();
    let body: String = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
    assert!(body.contains("Answer") && !body.contains("<script"));
}
