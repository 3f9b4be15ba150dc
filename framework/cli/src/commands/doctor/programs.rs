//! Other programs: ffmpeg, git, a language model.

use std::process::{Command, Stdio};

use exp_prompts::llm::{Server, ServerError};

use super::finding::{Finding, Section};
use crate::project::Project;

pub fn section(project: Option<&Project>) -> Section {
    Section::of("programs", vec![ffmpeg(), git(project), model()])
}

fn ffmpeg() -> Finding {
    match first_line("ffmpeg", &["-version"]) {
        Some(line) => {
            let version = line.split(" Copyright").next().unwrap_or(&line);
            Finding::ok("ffmpeg", version)
        }
        None => Finding::missing("ffmpeg", "not on the PATH")
            .advice("videos need it (`exp data prepare`, `exp predict`); frames do not"),
    }
}

fn git(project: Option<&Project>) -> Finding {
    let Some(version) = first_line("git", &["--version"]) else {
        return Finding::missing("git", "not on the PATH")
            .advice("without it no run records the project's revision");
    };
    let Some(project) = project else {
        return Finding::ok("git", version);
    };
    let root = project.root().display().to_string();
    match first_line("git", &["-C", &root, "rev-parse", "--short", "HEAD"]) {
        Some(revision) => Finding::ok("git", format!("{version}, the project is at {revision}")),
        None => Finding::missing("git", format!("{version}, and the project has no commit"))
            .advice("without one no run records the project's revision"),
    }
}

/// The language model that `exp prompts generate` would ask.
fn model() -> Finding {
    let set = |name: &str| {
        std::env::var(name)
            .ok()
            .filter(|value| !value.trim().is_empty())
    };
    match Server::from_environment() {
        Ok(server) => Finding::ok(
            "language model",
            format!(
                "{}, {}, {}",
                server.address(),
                match set("EXP_LLM_MODEL") {
                    Some(model) => format!("model {model}"),
                    None => "no EXP_LLM_MODEL".to_owned(),
                },
                match set("EXP_LLM_KEY") {
                    Some(_) => "a key is set",
                    None => "no key is set",
                }
            ),
        ),
        Err(ServerError::Missing) => Finding::missing("language model", "EXP_LLM_URL is not set")
            .advice("only `exp prompts generate` needs one: see its --help"),
        Err(error) => Finding::broken("language model", error.to_string()),
    }
}

/// The first line that a program prints; `None` where it is not there or fails.
fn first_line(program: &str, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new(program);
    let output = command.args(arguments).stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text.lines().next()?.trim().to_owned();
    output.status.success().then_some(line)
}
