//! Settings trees that know where every value came from.
//!
//! Each layer of an experiment's settings is parsed to a [`Node`] ([`Node::parse`] for a file,
//! [`Node::parse_set`] for a `--set`), the layers are merged ([`merge`]), and the result is decoded
//! once ([`decode`]). A [`Mark`] goes with every key and every value all the way, so an error in a
//! merged value ([`Diagnostic`]) points at the line it was written on.

mod decode;
mod decode_error;
mod diagnostic;
mod merge;
mod nearest;
mod parse;
mod raw;

use std::ops::Range;
use std::sync::Arc;

pub use decode::decode;
pub use diagnostic::Diagnostic;
pub use merge::merge;
pub use nearest::{nearest, suggest};

/// A text that settings were read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// What to show for it: a path such as `experiments/a.yaml`, or the flag `--set a.b=1`.
    pub name: String,
    /// The whole text.
    pub text: String,
}

impl Source {
    /// A source ready to be shared by the marks that point into it.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Arc<Self> {
        Arc::new(Self {
            name: name.into(),
            text: text.into(),
        })
    }

    /// Whether this is a `--set` flag and not a file.
    pub fn is_flag(&self) -> bool {
        self.name.starts_with("--set")
    }
}

/// A place in a [`Source`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The text that the place is in.
    pub source: Arc<Source>,
    /// Byte offsets into that text, on character boundaries. A scalar's or a key's span is what was
    /// written, quotes included; a map's or a list's goes from its first byte to the end of what it
    /// holds. A value that was left out (`epochs:`) has an empty span after its key.
    pub span: Range<usize>,
}

impl Mark {
    /// A mark for `span`, moved inwards where it would leave the text or split a character.
    pub fn new(source: Arc<Source>, span: Range<usize>) -> Self {
        let start = source.text.floor_char_boundary(span.start);
        let end = source.text.floor_char_boundary(span.end).max(start);
        Self {
            source,
            span: start..end,
        }
    }

    /// The line that the place begins on, counted from 1.
    pub fn line(&self) -> usize {
        self.before().matches('\n').count() + 1
    }

    /// The column that the place begins at, counted from 1 in characters.
    pub fn column(&self) -> usize {
        let line = self.before().rsplit('\n').next().unwrap_or_default();
        line.chars().count() + 1
    }

    /// What is written there.
    pub fn text(&self) -> &str {
        self.source.text.get(self.span.clone()).unwrap_or_default()
    }

    fn before(&self) -> &str {
        self.source.text.get(..self.span.start).unwrap_or_default()
    }
}

/// A value and the place where it was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Where it was written.
    pub mark: Mark,
}

/// What YAML can say, with the types of YAML 1.2's core schema (`no` is text, `1e-3` a number).
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`, `~` or nothing at all.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A finite number with a point or an exponent.
    Float(f64),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A map, in the order in which it was written; no key stands twice.
    Map(Vec<Entry>),
}

/// One `key: value` of a map.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key was written.
    pub key_mark: Mark,
    /// The value.
    pub node: Node,
}

impl Node {
    /// The node at a dotted path of map keys (`train.epochs`), if there is one.
    pub fn get(&self, path: &str) -> Option<&Node> {
        path.split('.').try_fold(self, |node, key| {
            let entry = node.entries()?.iter().find(|entry| entry.key == key)?;
            Some(&entry.node)
        })
    }

    /// `node` inside maps along a dotted path: `nest("a.b", mark, x)` is `{a: {b: x}}`. The new
    /// keys and maps all get `mark`.
    pub fn nest(path: &str, mark: &Mark, node: Node) -> Node {
        path.rsplit('.').fold(node, |node, key| Node {
            value: Value::Map(vec![Entry {
                key: key.to_owned(),
                key_mark: mark.clone(),
                node,
            }]),
            mark: mark.clone(),
        })
    }

    /// The map's entries; `None` where this is no map.
    pub fn entries(&self) -> Option<&[Entry]> {
        match &self.value {
            Value::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The list's items; `None` where this is no list.
    pub fn items(&self) -> Option<&[Node]> {
        match &self.value {
            Value::List(items) => Some(items),
            _ => None,
        }
    }

    /// The text; `None` where this is no text.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The name, the name's place and the settings of an externally tagged plugin node: `none`,
    /// `{transformer: {depth: 2}}`, or `{mean: }`, whose settings are `None` as in `mean`. Anything
    /// but text or a map of one entry is no such node.
    pub fn tag(&self) -> Option<(&str, &Mark, Option<&Node>)> {
        match &self.value {
            Value::Text(name) => Some((name, &self.mark, None)),
            Value::Map(entries) => match entries.as_slice() {
                [entry] => {
                    let settings = (entry.node.value != Value::Null).then_some(&entry.node);
                    Some((&entry.key, &entry.key_mark, settings))
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// What stands here, for the end of "expected …, found …": `text `two``, `a map`.
    pub fn in_words(&self) -> String {
        decode_error::found(&self.value)
    }

    /// The same value as JSON, without the places.
    pub fn to_json(&self) -> serde_json::Value {
        match &self.value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(value) => (*value).into(),
            Value::Int(value) => (*value).into(),
            Value::Float(value) => (*value).into(),
            Value::Text(value) => value.as_str().into(),
            Value::List(items) => items.iter().map(Node::to_json).collect(),
            Value::Map(entries) => entries
                .iter()
                .map(|entry| (entry.key.clone(), entry.node.to_json()))
                .collect(),
        }
    }
}
