//! Finding the description in a model's answer.
//!
//! Asked for a JSON object, models give one, one in a code fence with some words around it, or the
//! bare text. Each is taken; what is none of them is asked for again, with the reason.

use serde_json::Value;
use thiserror::Error;

use super::wire::line;

/// Most characters of an answer that can hold a description: CLIP reads 77 tokens. More is not
/// looked at.
pub const LONGEST: usize = 2000;

/// Why an answer holds no description. Goes on after "the answer".
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AnswerFault {
    /// There is nothing in it.
    #[error("is empty")]
    Empty,
    /// It is far from fitting.
    #[error("has {characters} characters, of which no more than {LONGEST} are looked at")]
    Long {
        /// Its characters.
        characters: usize,
    },
    /// It begins as JSON and is none.
    #[error("looks like JSON, but is none: {reason}")]
    BrokenJson {
        /// What the parser says.
        reason: String,
    },
    /// It is JSON without a description.
    #[error("is JSON, but not an object with the one string `text`")]
    OtherJson,
    /// It is more than a description.
    #[error("has {lines} lines instead of one")]
    ManyLines {
        /// Its lines.
        lines: usize,
    },
}

/// The description in an answer: one line without white space around it. Whether it may be used is
/// for [`check_texts`](crate::check_texts) to say.
pub fn parse(answer: &str) -> Result<String, AnswerFault> {
    let answer = without_thoughts(answer).trim();
    let characters = answer.chars().count();
    if characters > LONGEST {
        return Err(AnswerFault::Long { characters });
    }
    let is_json = |text: &str| text.starts_with(['{', '[']);
    // A fence inside of JSON is a part of it.
    let text = match fenced(answer).filter(|_| !is_json(answer)) {
        Some(inner) => inner.trim(),
        None => answer,
    };
    let text = match is_json(text) {
        true => from_json(text)?,
        false => without_quotes(text).to_owned(),
    };
    let text = text.trim();
    match text.lines().filter(|line| !line.trim().is_empty()).count() {
        0 => Err(AnswerFault::Empty),
        1 => Ok(text.to_owned()),
        lines => Err(AnswerFault::ManyLines { lines }),
    }
}

/// Without what models that think aloud put first, between the tags they do it in.
fn without_thoughts(answer: &str) -> &str {
    match answer.trim_start().strip_prefix("<think>") {
        Some(thoughts) => thoughts.split_once("</think>").map_or("", |(_, rest)| rest),
        None => answer,
    }
}

/// What stands in the one code fence of an answer.
fn fenced(answer: &str) -> Option<&str> {
    let (_, after) = answer.split_once("```")?;
    let (inside, rest) = after.split_once("```")?;
    if rest.contains("```") {
        return None;
    }
    // The first line may name a language.
    match inside.split_once('\n') {
        Some((language, inside)) if language.trim().chars().all(char::is_alphanumeric) => {
            Some(inside)
        }
        _ => Some(inside),
    }
}

fn from_json(text: &str) -> Result<String, AnswerFault> {
    let value: Value = serde_json::from_str(text).map_err(|error| AnswerFault::BrokenJson {
        reason: line(&error.to_string()),
    })?;
    match value.get("text") {
        Some(Value::String(found)) if value.as_object().is_some_and(|all| all.len() == 1) => {
            Ok(found.clone())
        }
        _ => Err(AnswerFault::OtherJson),
    }
}

/// Without the quotes around a whole text.
fn without_quotes(text: &str) -> &str {
    [('"', '"'), ('\'', '\''), ('“', '”')]
        .into_iter()
        .find_map(|(open, close)| {
            let inner = text.strip_prefix(open)?.strip_suffix(close)?;
            (!inner.contains([open, close])).then_some(inner)
        })
        .unwrap_or(text)
}
