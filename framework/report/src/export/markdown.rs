//! Markdown with the tables of GitHub's dialect.

use minijinja::value::Serde;

use super::{Exporter, Rendered, ReportError};
use crate::document::Document;
use crate::{Report, templates, text};

/// For an issue, a wiki or a note.
pub struct Markdown;

impl Exporter for Markdown {
    fn name(&self) -> &'static str {
        "markdown"
    }

    fn describes(&self) -> &'static str {
        "Markdown with tables"
    }

    fn extension(&self) -> Option<&'static str> {
        Some("md")
    }

    fn render(&self, reports: &[Report]) -> Result<Rendered, ReportError> {
        let environment = templates::environment()?;
        let template = environment.get_template("report.md")?;
        let text = template.render(Serde(&Document::new(reports)))?;
        Ok(Rendered::Text(text))
    }
}

/// A text as Markdown shows it letter by letter, on one line: a backslash before every character
/// that could begin something (CommonMark 0.31, section 2.4, allows that before any ASCII
/// punctuation).
pub(crate) fn escape(plain: &str) -> String {
    let line = text::one_line(plain);
    let mut escaped = String::with_capacity(line.len() + 8);
    for (at, character) in line.char_indices() {
        // At the beginning of a line, and before a space, these begin a list.
        let ends = line[at + character.len_utf8()..]
            .chars()
            .next()
            .is_none_or(|next| next == ' ');
        let opens = matches!(character, '-' | '+' | '.' | ')')
            && ends
            && line[..at].chars().all(|before| before.is_ascii_digit());
        if opens || "\\`*_{}[]<>|~#&$!^@".contains(character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

/// A text in some language between fences that are longer than any row of backticks in it.
pub(crate) fn fenced(language: &str, plain: &str) -> String {
    let longest = plain
        .split(|character| character != '`')
        .map(str::len)
        .max();
    let fence = "`".repeat(longest.unwrap_or(0).max(2) + 1);
    let text = text::visible(plain);
    format!("{fence}{language}\n{}\n{fence}", text.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_begin_something_is_escaped() {
        assert_eq!(escape("a|b\nc *d* <i>"), "a\\|b c \\*d\\* \\<i\\>");
        assert_eq!(escape("- x"), "\\- x");
        assert_eq!(escape("12. x-y."), "12\\. x-y.");
        assert_eq!(escape("&lt; [x](y) $z$"), "\\&lt; \\[x\\](y) \\$z\\$");
    }

    #[test]
    fn no_text_ends_its_fence() {
        let fenced = fenced("yaml", "a\n```\nb ````");
        assert!(fenced.starts_with("`````yaml\na\n") && fenced.ends_with("\n`````"));
    }
}
