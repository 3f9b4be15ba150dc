//! Plain text: what a description may be written with.

/// Marks that sentences need. Others begin markup (`<`, `*`, `_`, `#`, `` ` ``, `[`, `{`, `|`),
/// escapes (`\`, `&`) or mean something to a program (`$`, `=`, `@`, `~`, `^`).
const PUNCTUATION: &str = ".,;:!?'\"()-–—/%‘’“”…";

/// What makes a text no plain text, in words, or `None` for one line of letters, digits, single
/// spaces and punctuation that begins with a letter or digit and is no item of a list.
pub(crate) fn not_plain(text: &str) -> Option<String> {
    let odd = text.chars().find(|&character| !is_plain(character));
    if let Some(character) = odd {
        return Some(match character {
            '\n' | '\r' => "it has more than one line".to_owned(),
            '\t' => "it contains a tab".to_owned(),
            _ if character.is_ascii_graphic() => format!("it contains `{character}`"),
            _ => format!("it contains the character U+{:04X}", character as u32),
        });
    }
    if text.starts_with(' ') || text.ends_with(' ') {
        return Some("it begins or ends with a space".to_owned());
    }
    if text.contains("  ") {
        return Some("it contains two spaces in a row".to_owned());
    }
    if text.contains("--") {
        return Some("it contains `--`".to_owned());
    }
    let first = text.chars().next()?;
    if !first.is_alphanumeric() {
        return Some(format!("it begins with `{first}`"));
    }
    let number = text.trim_start_matches(|character: char| character.is_ascii_digit());
    if number.len() < text.len() && number.starts_with(['.', ')', ':']) {
        return Some("it begins with a number like an item of a list".to_owned());
    }
    None
}

fn is_plain(character: char) -> bool {
    character == ' ' || character.is_alphanumeric() || PUNCTUATION.contains(character)
}
