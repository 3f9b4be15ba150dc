//! From text to a tree.

use std::ops::Range;
use std::sync::Arc;

use serde_saphyr::{DefaultMessageFormatter, Error, Location, MessageFormatter, Spanned};

use super::decode_error::found;
use super::raw::{MOST_VALUES, Raw, options};
use super::{Diagnostic, Entry, Mark, Node, Source, Value};

impl Node {
    /// The one YAML document that `source` holds.
    ///
    /// Aliases and merge keys (`<<`) are followed; a value that came through one keeps the place
    /// where it is written. It is an error, with its place, if the text is no YAML, holds no or more
    /// than one document, sets a key twice, has a key that is no text, a number that is not finite or
    /// a whole number beyond 64 bits, or expands to more than 100 000 values.
    pub fn parse(source: Arc<Source>) -> Result<Node, Diagnostic> {
        let text = Text {
            source: &source,
            range: 0..source.text.len(),
        };
        match text.parse()? {
            node if node.value == Value::Null => Err(text.empty()),
            node => Ok(node),
        }
    }

    /// The settings that `PATH=VALUE`, the argument of a `--set`, stands for: `train.epochs=3` is
    /// `{train: {epochs: 3}}`. The value is YAML. The source of all marks is the flag itself.
    pub fn parse_set(argument: &str) -> Result<Node, Diagnostic> {
        let flag = format!("--set {argument}");
        let source = Source::new(flag.clone(), flag);
        let start = source.text.len() - argument.len();
        let whole = Mark::new(source.clone(), start..source.text.len());
        let Some((path, value)) = argument.split_once('=') else {
            return Err(Diagnostic::new("expected PATH=VALUE, found no `=`")
                .at(&whole)
                .help("write it as in `--set train.epochs=3`"));
        };
        let value_start = start + path.len() + 1;
        if value.trim().is_empty() {
            return Err(Diagnostic::new("expected a value after `=`, found nothing")
                .at(&whole)
                .help(format!("write `{path}=null` to unset it")));
        }
        let mut keys = Vec::new();
        let mut at = start;
        for key in path.split('.') {
            let mark = Mark::new(source.clone(), at..at + key.len());
            if key.is_empty() || key.contains(char::is_whitespace) {
                return Err(
                    Diagnostic::new("expected keys with dots between them before `=`")
                        .at(&whole)
                        .help("write it as in `--set train.epochs=3`"),
                );
            }
            keys.push((key, mark));
            at += key.len() + 1;
        }
        let node = Text {
            source: &source,
            range: value_start..source.text.len(),
        }
        .parse()?;
        let nest = |node, (key, mark): (&str, Mark)| Node::nest(key, &mark, node);
        Ok(keys.into_iter().rev().fold(node, nest))
    }
}

/// The part of a source that holds the YAML.
struct Text<'a> {
    source: &'a Arc<Source>,
    range: Range<usize>,
}

impl Text<'_> {
    fn yaml(&self) -> &str {
        &self.source.text[self.range.clone()]
    }

    fn parse(&self) -> Result<Node, Diagnostic> {
        match serde_saphyr::from_str_with_options(self.yaml(), options()) {
            Ok(raw) => self.node(raw),
            Err(error) => Err(self.explain(&error)),
        }
    }

    fn empty(&self) -> Diagnostic {
        Diagnostic::new("expected settings, found an empty document").at(&self.mark(0..0))
    }

    fn explain(&self, error: &Error) -> Diagnostic {
        let mut error = error.without_snippet();
        while let Error::AliasError { error: inner, .. } = error {
            error = inner;
        }
        let diagnostic = match error {
            Error::Eof { .. } => return self.empty(),
            Error::MultipleDocuments { .. } => {
                Diagnostic::new("expected one YAML document, found a second one")
                    .help("remove the line `---` between them, or make two files")
            }
            Error::NonFiniteFloat { value, .. } => {
                Diagnostic::new(format!("expected a finite number, found `{value}`"))
            }
            Error::UnknownAnchor { .. } => {
                Diagnostic::new("this alias (`*name`) refers to no anchor (`&name`) before it")
                    .help("put text that begins with `*` in quotes")
            }
            Error::AliasReplayLimitExceeded { .. } => Diagnostic::new(format!(
                "with its aliases (`*name`) written out, this holds more than {MOST_VALUES} values"
            ))
            .help("write out what you need without aliases"),
            Error::Budget { .. } => Diagnostic::new(DefaultMessageFormatter.format_message(error))
                .help("settings are small: is this the right file?"),
            error => Diagnostic::new(format!(
                "this is not valid YAML: {}",
                DefaultMessageFormatter.format_message(error)
            )),
        };
        let span = error.location().map_or(0..0, |place| self.span(place));
        // What is missing at the end is missing after the last word, not on the empty line below.
        let end = self.yaml().trim_end().len();
        diagnostic.at(&self.mark(span.start.min(end)..span.end.min(end)))
    }

    /// The bytes of a location, within [`Text::yaml`].
    fn span(&self, location: Location) -> Range<usize> {
        let span = location.span();
        match (span.byte_offset(), span.byte_len()) {
            (Some(start), Some(length)) => start as usize..(start + length) as usize,
            _ => {
                // An error of the scanner only has a line and a column.
                let line = location.line().saturating_sub(1) as usize;
                let column = location.column().saturating_sub(1) as usize;
                let lines = self.yaml().split_inclusive('\n');
                let before: usize = lines.clone().take(line).map(str::len).sum();
                let line = lines.clone().nth(line).unwrap_or_default();
                let within: usize = line.chars().take(column).map(char::len_utf8).sum();
                before + within..before + within
            }
        }
    }

    fn mark(&self, span: Range<usize>) -> Mark {
        let start = self.range.start;
        Mark::new(self.source.clone(), start + span.start..start + span.end)
    }

    fn node(&self, raw: Spanned<Raw>) -> Result<Node, Diagnostic> {
        let mut span = self.span(raw.defined);
        let value = match raw.value {
            Raw::Null => Value::Null,
            Raw::Bool(value) => Value::Bool(value),
            Raw::Int(value) => Value::Int(value),
            Raw::Float(value) => {
                // A whole number that does not fit would lose its last digits without a word.
                let digits = self.yaml().get(span.clone()).unwrap_or_default();
                let whole = digits
                    .trim_start_matches(['+', '-'])
                    .parse::<u128>()
                    .is_ok();
                if whole && value.abs() >= i64::MAX as f64 {
                    let message = format!("expected a number of at most 64 bits, found {digits}");
                    return Err(Diagnostic::new(message).at(&self.mark(span)));
                }
                Value::Float(value)
            }
            Raw::Text(value) => Value::Text(value),
            Raw::List(items) => {
                let items = items.into_iter().map(|item| self.node(item));
                let items: Vec<Node> = items.collect::<Result<_, _>>()?;
                span = self.container(span, items.iter());
                Value::List(items)
            }
            Raw::Map(entries) => {
                let entries = self.entries(entries)?;
                span = self.container(span, entries.iter().map(|entry| &entry.node));
                Value::Map(entries)
            }
        };
        Ok(Node {
            value,
            mark: self.mark(span),
        })
    }

    fn entries(&self, raw: Vec<(Spanned<Raw>, Spanned<Raw>)>) -> Result<Vec<Entry>, Diagnostic> {
        let mut entries: Vec<Entry> = Vec::with_capacity(raw.len());
        for (key, value) in raw {
            let key = self.node(key)?;
            let Value::Text(name) = key.value else {
                return Err(Diagnostic::new(format!(
                    "expected text as a key, found {}",
                    found(&key.value)
                ))
                .at(&key.mark)
                .help("put the key in quotes if you mean it"));
            };
            if let Some(first) = entries.iter().find(|entry| entry.key == name) {
                return Err(Diagnostic::new(format!("the key `{name}` is set twice"))
                    .at(&key.mark)
                    .related(&first.key_mark, "first set here")
                    .help("remove one of the two"));
            }
            entries.push(Entry {
                key: name,
                key_mark: key.mark,
                node: self.node(value)?,
            });
        }
        Ok(entries)
    }

    /// The parser gives the start of a map or a list; it ends after its children and, if it is
    /// written with brackets, after the closing one.
    fn container<'n>(
        &self,
        start: Range<usize>,
        children: impl Iterator<Item = &'n Node>,
    ) -> Range<usize> {
        let ends = children.map(|node| node.mark.span.end - self.range.start);
        let end = ends.fold(start.end, usize::max);
        let yaml = self.yaml();
        let closing = match yaml.as_bytes().get(start.start) {
            Some(b'{') => '}',
            Some(b'[') => ']',
            _ => return start.start..end,
        };
        let rest = &yaml[end..];
        let between = rest.len() - rest.trim_start_matches([' ', '\n', ',']).len();
        match rest[between..].starts_with(closing) {
            true => start.start..end + between + 1,
            false => start.start..end,
        }
    }
}
