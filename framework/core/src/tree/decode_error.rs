//! What serde complains about, in words for the author of an experiment.

use std::fmt;

use serde::de::{self, Expected, Unexpected};

use super::{Diagnostic, Node, Value, suggest};

/// serde wants an error type that it can make without a place; the place is added on the way out.
#[derive(Debug)]
pub struct Error(pub(super) Diagnostic);

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Error {}

impl Error {
    fn new(message: impl Into<String>) -> Self {
        Self(Diagnostic::new(message))
    }

    /// A node that should name a variant and is neither text nor a map of one entry.
    pub(super) fn no_tag(node: &Node, variants: &'static [&'static str]) -> Self {
        let found = match &node.value {
            Value::Map(entries) => format!("a map of {} keys", entries.len()),
            value => found(value),
        };
        let message = format!("expected a name, or one name with its settings, found {found}");
        Self(Diagnostic {
            help: suggest("", "valid names", variants.iter().copied()),
            ..Diagnostic::new(message).at(&node.mark)
        })
    }

    pub(super) fn no_settings(name: &str) -> Self {
        let message = format!("`{name}` needs settings");
        Self(Diagnostic::new(message).help(format!("write `{name}: {{…}}`")))
    }

    pub(super) fn takes_no_settings(name: &str) -> Self {
        let message = format!("`{name}` takes no settings");
        Self(Diagnostic::new(message).help(format!("write `{name}` alone")))
    }

    pub(super) fn length(expected: usize, found: usize) -> Self {
        Self::new(format!(
            "expected a list of {expected} items, found {found}"
        ))
    }

    fn unknown(word: &str, kind: &str, valid: &'static [&'static str]) -> Self {
        let what = format!("valid {kind}s");
        let near = suggest(word, &what, valid.iter().copied());
        Self(Diagnostic {
            help: near.or_else(|| Some("nothing can be set here".to_owned())),
            ..Diagnostic::new(format!("unknown {kind} `{word}`"))
        })
    }
}

impl de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(message.to_string())
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let expected = expected.to_string();
        let message = format!(
            "expected {}, found {}",
            kind(&expected),
            unexpected_in_words(unexpected)
        );
        let diagnostic = Diagnostic::new(message);
        Self(match unexpected {
            Unexpected::Bool(_)
            | Unexpected::Signed(_)
            | Unexpected::Unsigned(_)
            | Unexpected::Float(_)
                if kind(&expected) == "text" =>
            {
                diagnostic.help("put it in quotes")
            }
            _ => diagnostic,
        })
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(format!(
            "expected {}, found {}",
            range(&expected.to_string()),
            unexpected_in_words(unexpected)
        ))
    }

    fn invalid_length(length: usize, expected: &dyn Expected) -> Self {
        Self::new(format!(
            "expected {}, found a list of {length}",
            kind(&expected.to_string())
        ))
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Self::unknown(variant, "name", expected)
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self::unknown(field, "key", expected)
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(format!("the key `{field}` is missing"))
    }
}

/// What stands in a node, for the end of "expected …, found …".
pub(super) fn found(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(value) => format!("`{value}`"),
        Value::Int(value) => value.to_string(),
        Value::Float(value) => format!("{value:?}"),
        Value::Text(value) => format!("text `{value}`"),
        Value::List(_) => "a list".to_owned(),
        Value::Map(_) => "a map".to_owned(),
    }
}

fn unexpected_in_words(unexpected: Unexpected<'_>) -> String {
    match unexpected {
        Unexpected::Bool(value) => format!("`{value}`"),
        Unexpected::Unsigned(value) => value.to_string(),
        Unexpected::Signed(value) => value.to_string(),
        Unexpected::Float(value) => format!("{value:?}"),
        Unexpected::Str(value) => format!("text `{value}`"),
        Unexpected::Unit | Unexpected::Option => "nothing".to_owned(),
        Unexpected::Seq => "a list".to_owned(),
        Unexpected::Map => "a map".to_owned(),
        other => other.to_string(),
    }
}

/// serde's name of an expected type as a person calls it. The names are those that serde's own
/// visitors and derived ones give; any other is a type's own words.
fn kind(expected: &str) -> &str {
    match expected {
        "i8" | "i16" | "i32" | "i64" | "i128" | "isize" | "u8" | "u16" | "u32" | "u64" | "u128"
        | "usize" => "a whole number",
        "f32" | "f64" => "a number",
        "a boolean" => "`true` or `false`",
        "a string" | "a borrowed string" | "a character" => "text",
        "a sequence" => "a list",
        "unit" => "nothing",
        derived if derived.starts_with("struct ") => "a map of settings",
        own => own,
    }
}

/// The same for a value of the right type that is too small or too large.
fn range(expected: &str) -> String {
    let (min, max) = match expected {
        "i8" => (i64::from(i8::MIN), i64::from(i8::MAX)),
        "i16" => (i64::from(i16::MIN), i64::from(i16::MAX)),
        "i32" => (i64::from(i32::MIN), i64::from(i32::MAX)),
        "u8" => (0, i64::from(u8::MAX)),
        "u16" => (0, i64::from(u16::MAX)),
        "u32" => (0, i64::from(u32::MAX)),
        "u64" | "u128" | "usize" => return "a whole number that is not negative".to_owned(),
        other => return kind(other).to_owned(),
    };
    format!("a whole number from {min} to {max}")
}
