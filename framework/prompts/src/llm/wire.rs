//! What goes over the wire: the body of a request, and what is in the body of an answer
//! (<https://platform.openai.com/docs/api-reference/chat>).

use serde::Deserialize;
use serde_json::{Value, json};

/// Most characters of a server's own words in a message.
const QUOTED: usize = 300;

/// Who says something, and what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    pub role: &'static str,
    pub content: String,
}

impl Message {
    /// What we say.
    pub fn user(content: &str) -> Self {
        Self {
            role: "user",
            content: content.to_owned(),
        }
    }
}

/// The body of a request. `structured` asks for a JSON object with the one string `text`.
pub(super) fn request(model: &str, messages: &[Message], structured: bool) -> Value {
    let messages: Vec<Value> = messages
        .iter()
        .map(|message| json!({"role": message.role, "content": message.content}))
        .collect();
    let mut body = json!({"model": model, "messages": messages});
    if structured {
        body["response_format"] = json!({
            "type": "json_schema",
            "json_schema": {
                "name": "description",
                "strict": true,
                "schema": {
                    "type": "object",
                    "properties": {"text": {"type": "string"}},
                    "required": ["text"],
                    "additionalProperties": false,
                },
            },
        });
    }
    body
}

/// What a model answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Reply {
    /// Its words; empty where it said none.
    pub content: String,
    /// Why it will not answer.
    pub refusal: Option<String>,
    /// Why it stopped: `stop`, or `length` where the answer was cut off.
    pub finish: Option<String>,
    /// The model, as the server names it.
    pub model: Option<String>,
    /// Tokens of the question.
    pub prompt_tokens: Option<u64>,
    /// Tokens of the answer.
    pub completion_tokens: Option<u64>,
}

#[derive(Deserialize)]
struct Completion {
    choices: Vec<Choice>,
    model: Option<String>,
    #[serde(default)]
    usage: Value,
}

#[derive(Deserialize)]
struct Choice {
    message: ChoiceMessage,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct ChoiceMessage {
    content: Option<String>,
    refusal: Option<String>,
}

/// The reply in the body of an answer, or what the body lacks, in one line.
pub(super) fn reply(body: &Value) -> Result<Reply, String> {
    let completion = Completion::deserialize(body).map_err(|error| {
        let error = line(&error.to_string());
        format!("the answer is JSON, but no chat completion ({error})")
    })?;
    let choice = completion.choices.into_iter().next();
    let choice = choice.ok_or("the answer is a chat completion without a choice")?;
    let tokens = |name| completion.usage.get(name).and_then(Value::as_u64);
    Ok(Reply {
        content: choice.message.content.unwrap_or_default(),
        refusal: choice.message.refusal.filter(|text| !text.is_empty()),
        finish: choice.finish_reason,
        prompt_tokens: tokens("prompt_tokens"),
        completion_tokens: tokens("completion_tokens"),
        model: completion.model,
    })
}

/// What a server says of an error, in one line. Servers agree on no shape: OpenAI's `error.message`,
/// Ollama's `error`, FastAPI's `detail`, or plain text.
pub(super) fn said(body: &str) -> String {
    let found = serde_json::from_str::<Value>(body).ok().and_then(|body| {
        let places = ["/error/message", "/error", "/message", "/detail"];
        let texts = places
            .iter()
            .find_map(|place| body.pointer(place)?.as_str());
        texts.map(str::to_owned)
    });
    line(found.as_deref().unwrap_or(body))
}

/// A foreign text as part of a message: one short line that a terminal only prints.
pub(super) fn line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().take(QUOTED).collect();
    let words = words.join(" ");
    let mut line: String = words
        .chars()
        .take(QUOTED)
        .map(|character| match is_seen(character) {
            true => character,
            false => '\u{fffd}',
        })
        .collect();
    if line.len() < words.len() {
        line.push('…');
    }
    match line.is_empty() {
        true => "it says nothing more".to_owned(),
        false => line,
    }
}

/// Whether a character is no control, and does not change the direction of what stands beside it.
fn is_seen(character: char) -> bool {
    let unseen = matches!(
        character,
        '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
    );
    !unseen && !character.is_control()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, missing_docs)]
mod tests {
    use super::*;

    #[test]
    fn servers_say_what_is_wrong_in_many_ways() {
        for body in [
            r#"{"error": {"message": "no such model", "code": 404}}"#,
            r#"{"error": "no such model"}"#,
            r#"{"detail": "no such model"}"#,
            "  no such\n\tmodel ",
        ] {
            assert_eq!(said(body), "no such model");
        }
        assert_eq!(said(""), "it says nothing more");
        assert_eq!(said("\u{1b}[31mred\u{7}"), "\u{fffd}[31mred\u{fffd}");
        assert_eq!(said("a\u{202e}b"), "a\u{fffd}b");
        assert_eq!(said(&"é".repeat(1000)).chars().count(), QUOTED + 1);
    }

    #[test]
    fn a_reply_needs_a_message_and_no_more() {
        let bare = json!({"choices": [{"message": {"content": "calm eyes"}}]});
        assert_eq!(reply(&bare).unwrap().content, "calm eyes");
        let silent = json!({"choices": [{"message": {"content": null}}], "usage": null});
        assert_eq!(reply(&silent).unwrap(), Reply::default());
        for (body, complaint) in [
            (json!({}), "missing field `choices`"),
            (json!({"choices": []}), "without a choice"),
            (
                json!({"choices": [{"text": "calm"}]}),
                "missing field `message`",
            ),
            (
                json!({"choices": [{"message": {"content": 7}}]}),
                "invalid type",
            ),
            (json!([1]), "invalid type"),
        ] {
            let error = reply(&body).unwrap_err();
            assert!(error.contains(complaint), "{error}");
        }
    }
}
