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
    use proptest::prelude::*;

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

    proptest! {
        #[test]
        fn whatever_comes_is_at_most_one_short_line(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let text = String::from_utf8_lossy(&bytes);
            let said = said(&text);
            prop_assert!(said.chars().all(is_seen));
            prop_assert!(!said.is_empty() && said.chars().count() <= QUOTED + 1);
        }

        #[test]
        fn a_reply_is_one_or_says_what_lacks(body in json_value()) {
            if let Err(reason) = reply(&body) {
                prop_assert!(reason.chars().all(is_seen), "{reason}");
                prop_assert!(reason.chars().count() <= QUOTED + 100, "{reason}");
            }
            if let Err(reason) = reply(&json!({"choices": [{"message": body}]})) {
                prop_assert!(reason.chars().all(is_seen), "{reason}");
            }
            said(&body.to_string());
        }
    }

    /// JSON whose objects have the names that replies have, and others.
    fn json_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            "[\u{0}-\u{ff}\u{202e}]{0,600}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            let name = prop_oneof![
                Just("choices".to_owned()),
                Just("message".to_owned()),
                Just("content".to_owned()),
                Just("error".to_owned()),
                Just("usage".to_owned()),
                any::<String>(),
            ];
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec((name, inner), 0..4)
                    .prop_map(|entries| Value::Object(entries.into_iter().collect())),
            ]
        })
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
