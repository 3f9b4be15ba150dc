//! The key of a language model's server, and how it stays unseen.

use std::fmt;

use reqwest::header::HeaderValue;
use serde_json::Value;

/// What stands where the key stood.
const HIDDEN: &str = "[key]";
/// Keys are long. What local servers are given for form's sake (`none`, `ollama`) is no secret,
/// and hiding it would change answers that happen to contain it.
const SHORTEST_SECRET: usize = 8;

/// A key. Its `Debug` does not show it, and it has no other way to become text than the header it
/// is sent in.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(String);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

impl Key {
    /// A key without the white space around it; `None` if a request cannot carry it, which takes
    /// visible ASCII characters. Quotes and backslashes are no part of keys either: they would be
    /// written in more than one way.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        let fits = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
        (!text.is_empty() && text.bytes().all(fits)).then(|| Self(text.to_owned()))
    }

    /// The value of the header `Authorization`, marked as sensitive.
    pub(super) fn header(&self) -> Option<HeaderValue> {
        let mut value = HeaderValue::try_from(format!("Bearer {}", self.0)).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// The text with the key hidden: servers like to repeat a wrong one.
    pub(super) fn hide(&self, text: &str) -> String {
        match self.0.len() < SHORTEST_SECRET {
            true => text.to_owned(),
            false => text.replace(&self.0, HIDDEN),
        }
    }

    /// A JSON value with the key hidden in all of its strings.
    pub(super) fn hide_in(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.hide(&text)),
            Value::Array(items) => items.into_iter().map(|item| self.hide_in(item)).collect(),
            Value::Object(entries) => entries
                .into_iter()
                .map(|(name, value)| (self.hide(&name), self.hide_in(value)))
                .collect(),
            other => other,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, missing_docs)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_key_is_hidden_wherever_it_stands() {
        let key = Key::new(" sk-very-secret\n").unwrap();
        assert_eq!(format!("{key:?}"), "[key]");
        assert!(!format!("{:?}", key.header().unwrap()).contains("secret"));
        assert_eq!(key.hide("no sk-very-secret here"), "no [key] here");
        let value =
            json!({"sk-very-secret": ["sk-very-secret", {"a": "(sk-very-secret)"}], "n": 1});
        let hidden = json!({"[key]": ["[key]", {"a": "([key])"}], "n": 1});
        assert_eq!(key.hide_in(value), hidden);
    }

    #[test]
    fn what_is_given_for_forms_sake_changes_no_answer() {
        assert_eq!(Key::new("calm").unwrap().hide("calm eyes"), "calm eyes");
    }

    #[test]
    fn what_no_header_can_carry_is_no_key() {
        for text in ["", "  ", "two words", "line\nbreak", "ключ", "quo\"te"] {
            assert_eq!(Key::new(text), None, "{text}");
        }
    }
}
