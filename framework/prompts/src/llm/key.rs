//! The key of a language model's server, and how it stays unseen.

use std::fmt;

use reqwest::header::HeaderValue;
use serde_json::Value;

/// What stands where the key stood.
const HIDDEN: &str = "[key]";
/// Keys are long. What local servers are given for form's sake (`none`, `ollama`) is no secret,
/// and hiding it would change answers that happen to contain it.
const SHORTEST_SECRET: usize = 8;
/// Bytes of the longest way to write a character of a key: `\u002f`.
const LONGEST_ESCAPE: usize = 6;

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

    /// The text with the key hidden, in capitals or small letters and also where it is escaped as in
    /// JSON or in an address: servers like to repeat a wrong one.
    pub(super) fn hide(&self, text: &str) -> String {
        self.covered(text, false)
    }

    /// Like [`hide`](Self::hide), for a text that was cut off: what may be the beginning of the key at
    /// its end is hidden too.
    pub(super) fn hide_in_cut(&self, text: &str) -> String {
        self.covered(text, true)
    }

    fn covered(&self, text: &str, cut: bool) -> String {
        if self.0.len() < SHORTEST_SECRET {
            return text.to_owned();
        }
        let mut shown = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let length = match self.length_at(rest.as_bytes(), cut) {
                Some(length) => {
                    shown.push_str(HIDDEN);
                    length
                }
                None => {
                    shown.push(first);
                    first.len_utf8()
                }
            };
            rest = &rest[length..];
        }
        shown
    }

    /// How many bytes the key takes at the beginning of a text; with `cut`, its beginning is enough if
    /// the text ends there.
    fn length_at(&self, text: &[u8], cut: bool) -> Option<usize> {
        let mut length = 0;
        for byte in self.0.bytes() {
            let rest = &text[length..];
            match written(rest, byte) {
                Some(more) => length += more,
                None => {
                    let half_escape = match rest {
                        [b'\\', ..] => rest.len() < LONGEST_ESCAPE,
                        [b'%', ..] => rest.len() < 3,
                        _ => false,
                    };
                    return (cut && (rest.is_empty() || half_escape)).then_some(text.len());
                }
            }
        }
        Some(length)
    }

    /// Whether the key stands in a text.
    pub(super) fn is_in(&self, text: &str) -> bool {
        self.hide(text) != text
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

/// How many bytes a text begins with that mean this ASCII character: the character itself, or what
/// JSON or an address may write for it.
fn written(text: &[u8], byte: u8) -> Option<usize> {
    let is_same = |found: &u8| found.eq_ignore_ascii_case(&byte);
    let is_code = |digits: &[u8]| {
        let digits = std::str::from_utf8(digits).ok();
        let code = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        code.as_ref().is_some_and(is_same)
    };
    match text {
        [first, ..] if is_same(first) => Some(1),
        [b'\\', second, ..] if is_same(second) && !byte.is_ascii_alphanumeric() => Some(2),
        [b'\\', b'u', b'0', b'0', digits @ ..] if digits.len() >= 2 && is_code(&digits[..2]) => {
            Some(LONGEST_ESCAPE)
        }
        [b'%', digits @ ..] if digits.len() >= 2 && is_code(&digits[..2]) => Some(3),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, missing_docs)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    proptest! {
        #[test]
        fn nothing_of_a_key_is_left_in_whatever_comes(
            before in any::<Vec<u8>>(),
            after in any::<Vec<u8>>(),
            kept in 0usize..15,
        ) {
            let key = Key::new("sk-very-secret").unwrap();
            let (before, after) = (String::from_utf8_lossy(&before), String::from_utf8_lossy(&after));
            let hidden = key.hide(&format!("{before}sk-very-secret{after}"));
            prop_assert_eq!(&hidden, &format!("{}[key]{}", key.hide(&before), key.hide(&after)));
            let cut = key.hide_in_cut(&format!("{before}{}", &"sk-very-secret"[..kept]));
            prop_assert!(kept == 0 || cut.ends_with("[key]"), "{cut}");
        }
    }

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
    fn a_key_is_hidden_however_it_is_written() {
        let key = Key::new("sk-Very/secret").unwrap();
        for text in [
            "sk-Very/secret",
            "SK-VERY/SECRET",
            r"sk-Very\/secret",
            r"\u0073k-Very\u002Fsecret",
            "sk-very%2fsecret",
        ] {
            assert_eq!(key.hide(&format!("é{text}é")), "é[key]é");
            assert!(key.is_in(text));
            for end in 1..text.len() {
                let cut = &text[..end];
                assert_eq!(key.hide_in_cut(&format!("é{cut}")), "é[key]", "{cut}");
                assert_eq!(key.hide(cut), cut);
            }
        }
        assert_eq!(key.hide_in_cut("sk-Very/secret on"), "[key] on");
        assert_eq!(key.hide_in_cut("no task"), "no ta[key]");
        assert_eq!(key.hide_in_cut("sky"), "sky");
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
