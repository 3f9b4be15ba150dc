//! Lists of strings in a Python file, read as data: nothing is run.
//!
//! Read are assignments at the beginning of a line, `NAME = [ … ]`, with string literals as Python
//! writes them ("Lexical analysis" in the Python Language Reference), neighbours joined. Everything else in
//! the file is passed over; everything else in a list is refused with its line.

/// A list in a Python file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PythonList {
    /// The variable it is assigned to.
    pub name: String,
    /// The line of the assignment, counted from 1.
    pub line: usize,
    /// Its strings, or why it is no list of strings.
    pub items: Result<Vec<String>, Refused>,
}

/// Something in a list that is no string.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct Refused {
    /// Its line, counted from 1.
    pub line: usize,
    /// What was found, in words.
    pub what: String,
}

/// All lists of a Python file, in its order.
pub fn lists(source: &str) -> Vec<PythonList> {
    let tokens = Lexer::new(source).tokens();
    let mut lists = Vec::new();
    for (place, window) in tokens.windows(3).enumerate() {
        if let [name, equals, bracket] = window
            && let Kind::Name(variable) = &name.kind
            && (name.starts_line, &equals.kind) == (true, &Kind::Other('='))
            && bracket.kind == Kind::Other('[')
        {
            lists.push(PythonList {
                name: variable.clone(),
                line: name.line,
                items: items(&tokens[place + 3..], bracket.line),
            });
        }
    }
    lists
}

/// The strings up to the closing bracket.
fn items(tokens: &[Token], opened: usize) -> Result<Vec<String>, Refused> {
    let refused = |line, what: String| Err(Refused { line, what });
    let mut items: Vec<String> = Vec::new();
    let mut after_comma = true;
    for (place, token) in tokens.iter().enumerate() {
        match &token.kind {
            Kind::Text(Ok(text)) => match items.last_mut() {
                // Python joins strings that stand side by side.
                Some(last) if !after_comma => last.push_str(text),
                _ => items.push(text.clone()),
            },
            Kind::Text(Err(what)) => return refused(token.line, what.clone()),
            Kind::Other(',') if !after_comma => {}
            Kind::Other(']') => {
                return match tokens.get(place + 1) {
                    Some(next) if !next.starts_line && next.kind != Kind::Other(';') => refused(
                        next.line,
                        format!("expected nothing after the list, found {}", next.kind),
                    ),
                    _ => Ok(items),
                };
            }
            other => return refused(token.line, format!("expected a string, found {other}")),
        }
        after_comma = token.kind == Kind::Other(',');
    }
    refused(opened, "the list that begins here has no end".to_owned())
}

#[derive(Debug, PartialEq, Eq)]
struct Token {
    kind: Kind,
    line: usize,
    /// Whether it stands in the first column of a line, outside all brackets.
    starts_line: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum Kind {
    Name(String),
    /// A string, or why it cannot be read as one.
    Text(Result<String, String>),
    Other(char),
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Name(name) => write!(f, "`{name}`"),
            Self::Text(_) => f.write_str("a string"),
            Self::Other(character) => write!(f, "`{}`", character.escape_default()),
        }
    }
}

struct Lexer<'s> {
    rest: &'s str,
    line: usize,
    starts_line: bool,
    /// Brackets that are open: what stands in them begins no statement.
    depth: usize,
}

impl<'s> Lexer<'s> {
    fn new(source: &'s str) -> Self {
        Self {
            rest: source.trim_start_matches('\u{feff}'),
            line: 1,
            starts_line: true,
            depth: 0,
        }
    }

    fn tokens(mut self) -> Vec<Token> {
        let mut tokens = Vec::new();
        while let Some(first) = self.rest.chars().next() {
            if first == '#' {
                self.take_while(|character| character != '\n');
            } else if first.is_whitespace() {
                self.take(first.len_utf8());
                self.starts_line = first == '\n';
            } else {
                let (line, starts_line) = (self.line, self.starts_line && self.depth == 0);
                let kind = self.token(first);
                match kind {
                    Kind::Other('(' | '[' | '{') => self.depth += 1,
                    Kind::Other(')' | ']' | '}') => self.depth = self.depth.saturating_sub(1),
                    _ => {}
                }
                self.starts_line = false;
                tokens.push(Token {
                    kind,
                    line,
                    starts_line,
                });
            }
        }
        tokens
    }

    fn token(&mut self, first: char) -> Kind {
        if matches!(first, '"' | '\'') {
            return Kind::Text(self.text(""));
        }
        if first.is_alphabetic() || first == '_' {
            let name = self.take_while(|character| character.is_alphanumeric() || character == '_');
            if name.len() <= 2 && self.rest.starts_with(['"', '\'']) {
                return Kind::Text(self.text(&name.to_lowercase()));
            }
            return Kind::Name(name.to_owned());
        }
        self.take(first.len_utf8());
        Kind::Other(first)
    }

    /// The string that begins here, after its prefix. It is passed over also when it is refused.
    fn text(&mut self, prefix: &str) -> Result<String, String> {
        let quote = &self.rest[..1];
        let triple = quote.repeat(3);
        let quote = match self.rest.starts_with(&triple) {
            true => triple,
            false => quote.to_owned(),
        };
        self.take(quote.len());
        let mut text = String::new();
        let mut problem = match prefix {
            "" | "r" | "u" => None,
            "f" | "fr" | "rf" | "t" | "tr" | "rt" => {
                Some("expected a string, found one with expressions in it (`f\"…\"`)".to_owned())
            }
            _ => Some(format!(
                "expected a string, found one with the prefix `{prefix}`"
            )),
        };
        loop {
            if self.rest.starts_with(&quote) {
                self.take(quote.len());
                return problem.map_or(Ok(text), Err);
            }
            match self.rest.chars().next() {
                None => return Err("expected a string, found one without an end".to_owned()),
                Some('\n') if quote.len() == 1 => {
                    return Err("expected a string, found one without an end".to_owned());
                }
                Some('\\') if prefix.contains('r') => {
                    // The character after it belongs to the string, also if it is a quote.
                    text.push_str(self.take_characters(2));
                }
                Some('\\') => match self.escape() {
                    Ok(escaped) => text.extend(escaped),
                    Err(what) => problem = problem.or(Some(what)),
                },
                Some(_) => text.push_str(self.take_characters(1)),
            }
        }
    }

    /// What a backslash and what follows it stand for; nothing at the end of a line.
    fn escape(&mut self) -> Result<Vec<char>, String> {
        let pair = self.take_characters(2);
        let after = pair.chars().nth(1);
        let simple = match after {
            Some('\n') => return Ok(Vec::new()),
            Some('\\') => '\\',
            Some('\'') => '\'',
            Some('"') => '"',
            Some('a') => '\u{7}',
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('v') => '\u{b}',
            Some('x') => return self.code(2, 16),
            Some('u') => return self.code(4, 16),
            Some('U') => return self.code(8, 16),
            Some('N') => {
                return Err("expected a string, found a character by its name (`\\N`)".to_owned());
            }
            Some('0'..='7') => {
                // Up to three digits, the first of which was taken.
                let more = self.take_digits(2);
                let digits = format!("{}{more}", &pair[1..]);
                let code = u32::from_str_radix(&digits, 8).unwrap_or_default();
                return Ok(char::from_u32(code).into_iter().collect());
            }
            // Python leaves other backslashes alone.
            _ => return Ok(pair.chars().collect()),
        };
        Ok(vec![simple])
    }

    fn code(&mut self, digits: usize, radix: u32) -> Result<Vec<char>, String> {
        let written = self
            .rest
            .get(..digits)
            .filter(|text| text.chars().all(|character| character.is_digit(radix)));
        let character = written
            .and_then(|text| u32::from_str_radix(text, radix).ok())
            .and_then(char::from_u32);
        match character {
            Some(character) => {
                self.take(digits);
                Ok(vec![character])
            }
            None => Err("expected a string, found an escape that is no character".to_owned()),
        }
    }

    fn take_digits(&mut self, most: usize) -> &'s str {
        let digits = self.rest.chars().take(most);
        let count = digits.take_while(|digit| digit.is_digit(8)).count();
        self.take(count)
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'s str {
        let end = self.rest.find(|character| !wanted(character));
        self.take(end.unwrap_or(self.rest.len()))
    }

    fn take_characters(&mut self, count: usize) -> &'s str {
        let lengths = self.rest.chars().take(count).map(char::len_utf8);
        self.take(lengths.sum())
    }

    fn take(&mut self, bytes: usize) -> &'s str {
        let (taken, rest) = self.rest.split_at(bytes);
        self.line += taken.matches('\n').count();
        self.rest = rest;
        taken
    }
}
