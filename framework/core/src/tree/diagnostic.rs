//! An error about settings, shown with the line it is on.

use std::fmt;

use annotate_snippets::renderer::{DecorStyle, Renderer};
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Snippet};

use super::Mark;

/// A mistake in the settings: what is wrong, where, and what to do about it.
///
/// Its [`Display`](fmt::Display) prints it as rustc prints its errors, without colour, over several
/// lines and without a line break at the end.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub struct Diagnostic {
    /// What was expected and what was found, in one line.
    pub message: String,
    /// The place that is wrong.
    pub mark: Option<Mark>,
    /// What to do.
    pub help: Option<String>,
    /// Other places that explain the mistake, each with what to say there.
    pub related: Vec<(Mark, String)>,
}

impl Diagnostic {
    /// A mistake of which nothing is known yet but what it is.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            mark: None,
            help: None,
            related: Vec::new(),
        }
    }

    /// With the place that is wrong.
    pub fn at(mut self, mark: &Mark) -> Self {
        self.mark = Some(mark.clone());
        self
    }

    /// With the place that is wrong, where none is known yet: the innermost caller knows best.
    pub fn or_at(self, mark: &Mark) -> Self {
        if self.mark.is_some() {
            self
        } else {
            self.at(mark)
        }
    }

    /// With what to do about it.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// With another place that explains the mistake ("first set here").
    pub fn related(mut self, mark: &Mark, label: impl Into<String>) -> Self {
        self.related.push((mark.clone(), label.into()));
        self
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut group = Level::ERROR.primary_title(&self.message).elements(NOTHING);
        let (beside, elsewhere): (Vec<_>, Vec<_>) = self.related.iter().partition(|(mark, _)| {
            self.mark
                .as_ref()
                .is_some_and(|at| at.source == mark.source)
        });
        if let Some(mark) = &self.mark {
            let others = beside
                .iter()
                .map(|(mark, label)| AnnotationKind::Context.span(caret(mark)).label(label));
            let annotations = [AnnotationKind::Primary.span(caret(mark))];
            group = snippet(group, mark, annotations.into_iter().chain(others));
        }
        for (mark, label) in elsewhere {
            let annotation = AnnotationKind::Context.span(caret(mark)).label(label);
            group = snippet(group, mark, [annotation]);
        }
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(help));
        }
        let renderer = Renderer::plain().decor_style(DecorStyle::Ascii);
        f.write_str(&renderer.render(&[group]))
    }
}

const NOTHING: [annotate_snippets::Padding; 0] = [];

/// Adds the line of `mark` to the report. A flag says itself where it stands: `--set …` has neither
/// a file to go to nor line numbers.
fn snippet<'a>(
    group: Group<'a>,
    mark: &'a Mark,
    annotations: impl IntoIterator<Item = Annotation<'a>>,
) -> Group<'a> {
    let source = &mark.source;
    let snippet = Snippet::source(&source.text).annotations(annotations);
    group.element(if source.is_flag() {
        snippet.line_numbering(false)
    } else {
        snippet.path(&source.name)
    })
}

/// What to underline: no more than the first line of a place.
fn caret(mark: &Mark) -> std::ops::Range<usize> {
    let first = mark.text().lines().next().unwrap_or_default();
    mark.span.start..mark.span.start + first.trim_end().len()
}
