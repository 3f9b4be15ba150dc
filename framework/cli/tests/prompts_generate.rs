//! `exp prompts generate` against a server on loopback, as a person uses it.
#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output};
use std::thread;

use exp_store::Store;
use serde_json::{Value, json};
use tempfile::TempDir;

const TOP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
const KEY: &str = "sk-never-to-be-seen";
const CLASSES: [&str; 7] = [
    "happiness",
    "sadness",
    "neutral",
    "anger",
    "surprise",
    "disgust",
    "fear",
];

/// A server that answers the question about a class with `answer`'s status and words.
fn serve(answer: impl Fn(&str, &str) -> (u16, String) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}/v1", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let (head, body) = read(&mut stream);
            let messages = body["messages"].as_array().unwrap();
            let question = messages[0]["content"].as_str().unwrap();
            let class = CLASSES
                .into_iter()
                .find(|class| question.contains(&format!("the expression \"{class}\"")))
                .unwrap();
            let (status, content) = answer(class, &head);
            let message = json!({"role": "assistant", "content": content});
            let body = json!({
                "model": "canned-2026",
                "choices": [{"message": message, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 100, "completion_tokens": 10},
            });
            let body = body.to_string();
            let _ = write!(
                stream,
                "HTTP/1.1 {status} Said\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
        }
    });
    base
}

fn read(stream: &mut TcpStream) -> (String, Value) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let length = head.to_lowercase();
    let length = length
        .lines()
        .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap()];
    stream.read_exact(&mut body).unwrap();
    (head, serde_json::from_slice(&body).unwrap())
}

fn text(class: &str) -> String {
    let place = CLASSES.iter().position(|other| *other == class).unwrap();
    let brows = [
        "level", "raised", "lowered", "relaxed", "tight", "wrinkled", "drawn",
    ];
    format!("{} brows and open eyes", brows[place])
}

/// A project with its benchmarks' protocols and its questions.
fn project() -> TempDir {
    let project = tempfile::tempdir().unwrap();
    for folder in ["experiments/benchmarks", "prompts/questions"] {
        fs::create_dir_all(project.path().join(folder)).unwrap();
        for entry in fs::read_dir(Path::new(TOP).join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let target = project.path().join(folder).join(path.file_name().unwrap());
            fs::copy(path, target).unwrap();
        }
    }
    project
}

fn exp(project: &TempDir, base: Option<&str>, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_exp"));
    command
        .current_dir(project.path())
        .args(["prompts", "generate"])
        .args(arguments)
        .env("EXP_LLM_KEY", KEY)
        .env_remove("EXP_LLM_URL")
        .env_remove("EXP_LLM_MODEL");
    if let Some(base) = base {
        command.env("EXP_LLM_URL", base);
    }
    command.output().unwrap()
}

fn shown(project: &TempDir, bytes: &[u8]) -> String {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let folder = fs::canonicalize(project.path()).unwrap();
    text.replace(folder.to_str().unwrap(), "PROJECT")
        .replace(project.path().to_str().unwrap(), "PROJECT")
}

/// Looks for the key in every file of the project, as bytes.
fn key_is_nowhere(folder: &Path) -> usize {
    let mut files = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files += key_is_nowhere(&path);
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        let found = bytes.windows(KEY.len()).any(|part| part == KEY.as_bytes());
        assert!(!found, "{}", path.display());
        files += 1;
    }
    files
}

#[test]
fn a_set_is_written_for_a_benchmark() {
    let base = serve(|class, head| {
        assert!(head.contains(&format!("Bearer {KEY}")));
        (200, json!({"text": text(class)}).to_string())
    });
    let project = project();
    let arguments = [
        "--on",
        "synthetic",
        "--set-name",
        "asked",
        "--model",
        "canned",
    ];
    let output = exp(&project, Some(&base), &arguments);
    let errors = shown(&project, &output.stderr);
    assert_eq!(output.status.code(), Some(0), "{errors}");
    insta::assert_snapshot!(shown(&project, &output.stdout));

    let calls = Store::open(project.path().join("runs/exp.db")).unwrap();
    let calls = calls.llm_calls("asked").unwrap();
    assert_eq!(calls.len(), 7);
    assert!(calls.iter().all(|call| call.fault.is_none()));
    assert!(calls.iter().all(|call| call.prompt_tokens == Some(100)));

    // An experiment can use it as it is.
    fs::write(
        project.path().join("experiments/asked.yaml"),
        "name: asked\nquestion: Does it work?\nbenchmarks: [synthetic]\nbase:\n  \
         prompt: {descriptions: {set: asked}}\n  context: none\n  temporal: mean\nseeds: [1]\n",
    )
    .unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_exp"))
        .current_dir(project.path())
        .args([
            "run",
            "experiments/asked.yaml",
            "--dry-run",
            "--device",
            "cpu",
        ])
        .output()
        .unwrap();
    let errors = shown(&project, &output.stderr);
    assert_eq!(output.status.code(), Some(0), "{errors}");

    // What is there is not overwritten.
    let output = exp(&project, Some(&base), &arguments);
    assert_eq!(output.status.code(), Some(2));
    assert!(shown(&project, &output.stderr).contains("there is a set `asked` already"));
}

/// From the question to the page. The built-in CLIP knows no word of markup in a text, so it is the
/// raw answers, the experiment's question and a label that hold some.
#[test]
fn a_generated_set_is_trained_with_and_reported_without_the_key() {
    const MARKUP: &str = "<script>alert(7)</script> {{ 7*7 }}";
    let base = serve(|class, _| {
        let thought = format!("<think>{KEY} {MARKUP}</think>");
        (200, format!("{thought}{}", text(class)))
    });
    let project = project();
    let arguments = ["--on", "synthetic", "--set-name", "asked", "--model", "m"];
    let output = exp(&project, Some(&base), &arguments);
    let errors = shown(&project, &output.stderr);
    assert_eq!(output.status.code(), Some(0), "{errors}");
    let set = fs::read_to_string(project.path().join("prompts/asked.yaml")).unwrap();
    assert!(set.contains(MARKUP) && set.contains("[key]"), "{set}");

    for (file, text) in [
        (
            "experiments/benchmarks/synthetic.yaml",
            "benchmark: {synthetic: {train: 70, test: 70}}\nbackbone: small\n\
             clip: {frames: 2, size: 48}\ntrain: {epochs: 1, batch: 16}\n"
                .to_owned(),
        ),
        (
            "experiments/asked.yaml",
            format!(
                "name: asked\nquestion: '{MARKUP}?'\nbenchmarks: [synthetic]\nbase:\n  \
                 prompt: {{descriptions: {{set: asked}}}}\n  context: none\ngrid:\n  \
                 temporal: [{{label: '{MARKUP}', value: mean}}]\nseeds: [1]\n"
            ),
        ),
    ] {
        fs::write(project.path().join(file), text).unwrap();
    }
    let output = Command::new(env!("CARGO_BIN_EXE_exp"))
        .current_dir(project.path())
        .args(["run", "experiments/asked.yaml", "--device", "cpu"])
        .env("EXP_LLM_KEY", KEY)
        .output()
        .unwrap();
    let errors = shown(&project, &output.stderr);
    assert_eq!(output.status.code(), Some(0), "{errors}");
    let page = fs::read_to_string(project.path().join("reports/html/asked.html")).unwrap();
    assert!(page.contains(&text("fear")), "the page shows the texts");
    assert!(page.contains("{{ 7*7 }}"), "{page}");
    assert!(!page.contains("<script>alert"), "{page}");
    assert!(key_is_nowhere(project.path()) > 70, "clips, store, page");
}

#[test]
fn a_local_server_needs_no_certificates() {
    let base = serve(|class, _| (200, text(class)));
    let project = project();
    let output = Command::new(env!("CARGO_BIN_EXE_exp"))
        .current_dir(project.path())
        .args(["prompts", "generate", "--classes", " fear, anger"])
        .args(["--set-name", "asked.2"])
        .env("EXP_LLM_URL", &base)
        .env("EXP_LLM_MODEL", "m")
        .env("SSL_CERT_FILE", "/nonexistent")
        .env("SSL_CERT_DIR", "/nonexistent")
        .output()
        .unwrap();
    let errors = shown(&project, &output.stderr);
    assert_eq!(output.status.code(), Some(0), "{errors}");
    let set = fs::read_to_string(project.path().join("prompts/asked.2.yaml")).unwrap();
    assert!(
        set.contains("\n  fear: ") && set.contains("\n  anger: "),
        "{set}"
    );
}

#[test]
fn what_turns_writing_around_reaches_no_terminal() {
    let project = project();
    let classes = ["--classes", "a\u{202e},a\u{202e}", "--set-name", "asked"];
    let output = exp(&project, None, &classes);
    let errors = shown(&project, &output.stderr);
    assert_eq!(output.status.code(), Some(2), "{errors}");
    assert!(errors.contains("[U+202E]"), "{errors}");
    assert!(!errors.contains('\u{202e}'), "{errors}");
}

#[test]
fn what_fails_is_told_kept_and_gone_on_with_and_the_key_is_nowhere() {
    let project = project();
    let arguments = [
        "--on",
        "synthetic",
        "--set-name",
        "asked",
        "--model",
        "canned",
    ];
    let base = serve(|class, _| match class {
        "fear" => (200, format!("a {KEY} \u{1b}[31m face")),
        class => (200, text(class)),
    });
    let output = exp(&project, Some(&base), &arguments);
    assert_eq!(output.status.code(), Some(1));
    let mut said = shown(&project, &output.stderr) + &shown(&project, &output.stdout);
    insta::assert_snapshot!("unfinished", shown(&project, &output.stderr));
    assert!(!project.path().join("prompts/asked.yaml").exists());

    // The same server, now without patience for this key.
    let draft = project.path().join("runs/prompts/asked.yaml");
    let wrong = serve(|_, _| (401, format!("wrong key {KEY}")));
    let text_of = fs::read_to_string(&draft).unwrap();
    fs::write(&draft, text_of.replace(&base, &wrong)).unwrap();
    let goes_on = [&arguments[..], &["--continue"]].concat();
    let output = exp(&project, Some(&wrong), &goes_on);
    assert_eq!(output.status.code(), Some(1));
    said += &shown(&project, &output.stderr);
    assert!(said.contains("refuses the key"), "{said}");
    key_is_nowhere(project.path());

    let right = serve(|class, _| (200, text(class)));
    let text_of = fs::read_to_string(&draft).unwrap();
    fs::write(&draft, text_of.replace(&wrong, &right)).unwrap();
    let output = exp(&project, Some(&right), &goes_on);
    said += &shown(&project, &output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    said += &shown(&project, &output.stdout);
    assert!(!draft.exists());
    assert!(project.path().join("prompts/asked.yaml").exists());

    assert!(!said.contains("never-to-be-seen"), "{said}");
    assert!(!said.contains('\u{1b}'), "{said}");
    assert!(key_is_nowhere(project.path()) > 4);
    let store = Store::open(project.path().join("runs/exp.db")).unwrap();
    let calls = store.llm_calls("asked").unwrap();
    // Six kept at once, four faulty ones, one refused, one kept.
    assert_eq!(calls.len(), 12);
    assert!(format!("{calls:?}").contains("[key]"));
}

#[test]
fn bad_input_is_told_before_anything_is_asked() {
    let project = project();
    let base = Some("http://127.0.0.1:9/v1");
    let usual = ["--classes", "happiness,sadness", "--set-name", "asked"];
    let with = |more: &[&'static str]| [&usual[..], more].concat();
    let model = ["--model", "m"];
    fs::write(project.path().join("same.md"), "Describe the face.").unwrap();
    let cases = [
        (None, with(&model)),
        (base, with(&[])),
        (Some("localhost:11434"), with(&model)),
        (Some("http://host/v1?key=sk-never-to-be-seen"), with(&model)),
        (base, with(&["--model", "m", "--question", "nowhere.md"])),
        (base, with(&["--model", "m", "--question", "same.md"])),
        (base, with(&["--model", "m", "--max-tokens-per-text", "76"])),
        (base, vec!["--on", "nowhere", "--set-name", "asked"]),
        (base, vec!["--classes", "a,a", "--set-name", "asked"]),
        (base, vec!["--classes", "a,b", "--set-name", "../asked"]),
    ];
    let mut said = String::new();
    for (base, arguments) in cases {
        let output = exp(&project, base, &arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        said += &shown(&project, &output.stderr);
    }
    insta::assert_snapshot!(said);
    assert!(!project.path().join("runs").exists());
}
