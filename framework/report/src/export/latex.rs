//! LaTeX tables for a paper, in a document that compiles as it is.

use minijinja::value::Serde;

use super::{Exporter, Rendered, ReportError};
use crate::document::Document;
use crate::{Report, templates, text};

/// Longer texts in cells and heads are cut: a table of a paper has no room for them.
const LONGEST: usize = 160;

/// Letters in a row after which a line may break.
const UNBROKEN: usize = 24;

/// For a paper.
pub struct Latex;

impl Exporter for Latex {
    fn name(&self) -> &'static str {
        "latex"
    }

    fn describes(&self) -> &'static str {
        "LaTeX with booktabs tables; compiles as it is"
    }

    fn extension(&self) -> Option<&'static str> {
        Some("tex")
    }

    fn render(&self, reports: &[Report]) -> Result<Rendered, ReportError> {
        let environment = templates::environment()?;
        let template = environment.get_template("report.tex")?;
        let text = template.render(Serde(&Document::new(reports)))?;
        Ok(Rendered::Text(text))
    }
}

/// As much of a text as a cell holds.
pub(crate) fn cut(text: &str) -> String {
    text::cut(text, LONGEST).into_owned()
}

/// A text as LaTeX sets it letter by letter. What pdflatex has no letter for in its T1 and TS1
/// encodings is written as its code point.
pub(crate) fn escape(plain: &str) -> String {
    let line = text::one_line(plain);
    let mut escaped = String::with_capacity(line.len() + 8);
    let mut unbroken = 0;
    for character in line.chars() {
        unbroken = if character == ' ' { 0 } else { unbroken + 1 };
        if unbroken > UNBROKEN {
            escaped.push_str("\\allowbreak{}");
            unbroken = 1;
        }
        match character {
            '\\' => escaped.push_str("\\textbackslash{}"),
            '~' => escaped.push_str("\\textasciitilde{}"),
            '^' => escaped.push_str("\\textasciicircum{}"),
            '<' => escaped.push_str("\\textless{}"),
            '>' => escaped.push_str("\\textgreater{}"),
            '|' => escaped.push_str("\\textbar{}"),
            '"' => escaped.push_str("\\textquotedbl{}"),
            '\'' => escaped.push_str("\\textquotesingle{}"),
            '`' => escaped.push_str("\\textasciigrave{}"),
            // Two of these in a row would become one longer dash.
            '-' => escaped.push_str("-{}"),
            // A bracket after the end of a row would be its argument.
            '[' => escaped.push_str("{[}"),
            ']' => escaped.push_str("{]}"),
            '*' => escaped.push_str("{*}"),
            '{' | '}' | '#' | '$' | '%' | '&' => {
                escaped.push('\\');
                escaped.push(character);
            }
            '_' => escaped.push_str("\\_\\allowbreak{}"),
            '/' => {
                escaped.push(character);
                escaped.push_str("\\allowbreak{}");
            }
            '–' => escaped.push_str("--"),
            '±' => escaped.push_str("$\\pm$"),
            '×' => escaped.push_str("$\\times$"),
            '·' => escaped.push_str("$\\cdot$"),
            '…' => escaped.push_str("\\ldots{}"),
            '“' => escaped.push_str("``"),
            '”' => escaped.push_str("''"),
            '’' => escaped.push('\''),
            '−' => escaped.push_str("$-$"),
            ' '..='~' => escaped.push(character),
            'À'..='ÿ' => escaped.push(character),
            other => escaped.push_str(&format!("{{[}}U+{:04X}{{]}}", u32::from(other))),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_characters_are_set_as_themselves() {
        assert_eq!(
            escape("50 % of $x_1 & {y}#"),
            "50 \\% of \\$x\\_\\allowbreak{}1 \\& \\{y\\}\\#"
        );
        assert_eq!(escape("\\input{x}"), "\\textbackslash{}input\\{x\\}");
        assert_eq!(escape("a^b~c"), "a\\textasciicircum{}b\\textasciitilde{}c");
        assert_eq!(escape("é 表"), "é {[}U+8868{]}");
    }

    #[test]
    fn long_texts_may_break_and_are_cut_in_cells() {
        let escaped = escape(&cut(&"x".repeat(10_000)));
        assert_eq!(escaped.matches('x').count(), LONGEST);
        assert!(escaped.contains("\\allowbreak{}") && escaped.ends_with("\\ldots{}"));
        assert_eq!(escape(&"x ".repeat(500)).matches('x').count(), 500);
        assert_eq!(cut("ä"), "ä");
    }
}
