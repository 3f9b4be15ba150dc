//! What must hold for the texts of a set before it is used.

use std::path::Path;
use std::sync::LazyLock;

use exp_core::tree::{Diagnostic, Node};
use thiserror::Error;

use crate::class_words::naming;
use crate::clean::clean;
use crate::description_set::{DescriptionSet, DescriptionSetError, read_tree};
use crate::plain::not_plain;
use crate::provenance::{Generated, Provenance, sha256};
use crate::tokenizer::{CONTEXT_LENGTH, TokenizeError, Tokenizer};

static TOKENIZER: LazyLock<Tokenizer> = LazyLock::new(Tokenizer::new);

/// What a text may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most tokens of a text, without the start and the end token and without contexts.
    pub tokens: usize,
    /// Whether a text may name classes.
    pub class_names_allowed: bool,
}

impl Limits {
    /// What fits into CLIP's text encoder beside so many context tokens and the two end tokens.
    pub fn beside(contexts: usize, class_names_allowed: bool) -> Self {
        Self {
            tokens: CONTEXT_LENGTH.saturating_sub(2 + contexts),
            class_names_allowed,
        }
    }
}

/// Something wrong with the text of a class.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the text of class `{class}` {reason}")]
pub struct Fault {
    /// The class.
    pub class: String,
    /// What is wrong; goes on after "the text".
    pub reason: Reason,
}

/// What can be wrong with a text. Goes on after "the text".
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Reason {
    /// There is none.
    #[error("is empty")]
    Empty,
    /// The class has another text before this one.
    #[error("is a second one for the same class")]
    Second,
    /// It does not fit.
    #[error("has {tokens} tokens, but at most {limit} fit")]
    TooLong {
        /// Its tokens, without the start and the end token.
        tokens: usize,
        /// How many fit.
        limit: usize,
    },
    /// It names a class, or uses a word of the class name's family.
    #[error("contains `{word}`, which names the class `{class}`")]
    NamesClass {
        /// The word in the text, in small letters.
        word: String,
        /// The class.
        class: String,
    },
    /// For CLIP it is the text of another class.
    #[error("is the same as that of class `{class}`")]
    Same {
        /// The class that had it first.
        class: String,
    },
    /// It is no plain text.
    #[error("is not plain text: {what}")]
    NotPlain {
        /// What was found.
        what: String,
    },
}

impl Reason {
    /// What a person can do about it, where that is not plain.
    fn help(&self) -> Option<&'static str> {
        match self {
            Self::NamesClass { .. } => Some(
                "describe the face instead, or set `names_classes: true` if these texts are meant to \
                 name their classes",
            ),
            Self::TooLong { .. } => Some("shorten the text, or use fewer context tokens"),
            _ => None,
        }
    }
}

/// Everything that is wrong with texts, given as class and text: a class without a text or with
/// two, a text that does not fit, is no plain text, names a class (unless allowed) or says the same
/// as another. Texts are the same if CLIP sees the same, so capitals and white space make no difference. Faults come in the order of the texts.
pub fn check_texts(texts: &[(String, String)], limits: &Limits) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (place, (class, text)) in texts.iter().enumerate() {
        let reasons = reasons(text, &texts[..place], texts, limits);
        let second = texts[..place].iter().any(|(earlier, _)| earlier == class);
        let second = second.then_some(Reason::Second);
        faults.extend(second.into_iter().chain(reasons).map(|reason| Fault {
            class: class.clone(),
            reason,
        }));
    }
    faults
}

/// What is wrong with one text; `before` are those that stand before it.
fn reasons(
    text: &str,
    before: &[(String, String)],
    all: &[(String, String)],
    limits: &Limits,
) -> Vec<Reason> {
    if text.trim().is_empty() {
        return vec![Reason::Empty];
    }
    let mut reasons: Vec<Reason> = not_plain(text)
        .map(|what| Reason::NotPlain { what })
        .into_iter()
        .collect();
    let (tokens, limit) = (token_count(text), limits.tokens);
    if tokens > limit {
        reasons.push(Reason::TooLong { tokens, limit });
    }
    if !limits.class_names_allowed {
        let named = all.iter().filter_map(|(class, _)| {
            let (word, class) = (naming(text, class)?, class.clone());
            Some(Reason::NamesClass { word, class })
        });
        reasons.extend(named);
    }
    let seen = clean(text);
    let twin = before.iter().find(|(_, other)| clean(other) == seen);
    reasons.extend(twin.map(|(class, _)| Reason::Same {
        class: class.clone(),
    }));
    reasons
}

/// How many tokens a text has, without the start and the end token.
pub fn token_count(text: &str) -> usize {
    match TOKENIZER.tokenize(text) {
        Ok(tokens) => tokens.len() - 2,
        Err(TokenizeError::TooLong { tokens, .. }) => tokens - 2,
        // It is refused in any case: a marker is no plain text.
        Err(TokenizeError::Marker { .. }) => 0,
    }
}

/// Everything that is wrong with a set's file, each with its place, for prompts with so many context
/// tokens: the faults of its texts; a text that is not the answer it was taken from, with no edit to
/// say why; a question that does not have its SHA-256.
///
/// A file that cannot be read as a set is an error.
pub fn check_file(path: &Path, contexts: usize) -> Result<Vec<Diagnostic>, DescriptionSetError> {
    let (set, node) = read_tree(path)?;
    let limits = Limits::beside(contexts, set.names_classes);
    let mut found: Vec<Diagnostic> = check_texts(&set.texts, &limits)
        .into_iter()
        .map(|fault| {
            let diagnostic = Diagnostic::new(fault.to_string());
            let diagnostic = at(diagnostic, text_of(&node, &fault.class));
            match fault.reason.help() {
                Some(help) => diagnostic.help(help),
                None => diagnostic,
            }
        })
        .collect();
    if let Provenance::Generated(generated) = &set.provenance {
        found.extend(check_generated(&set, generated, &node));
    }
    Ok(found)
}

/// What to do about a text that no answer explains.
const EDITS: &str = "add who changed what, and when, to `edits`: `{by: …, date: …, what: …}`";

fn check_generated(set: &DescriptionSet, generated: &Generated, node: &Node) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if sha256(generated.question.as_bytes()) != generated.question_sha256 {
        let message = "the question does not have the SHA-256 that is given for it";
        let place = node.get("provenance.generated.question_sha256");
        found.push(at(Diagnostic::new(message), place).help(
            "provenance tells what was asked: restore the question, or generate the set again",
        ));
    }
    let has_answers = |class: &str| set.provenance.samples(class).is_some();
    for (class, _) in &set.texts {
        if set.edits.is_empty() && !has_answers(class) {
            let message = format!(
                "there is no answer for the text of class `{class}`, and no edit tells why"
            );
            found.push(at(Diagnostic::new(message), text_of(node, class)).help(EDITS));
        }
    }
    for (class, samples) in &generated.samples {
        let place = text_of(node, class);
        let answer = samples.answers.get(samples.in_use.saturating_sub(1));
        let message = match (set.text(class), answer) {
            (None, _) => format!("there are answers for class `{class}`, but it has no text"),
            (Some(text), Some(answer)) if text != answer.text && set.edits.is_empty() => format!(
                "the text of class `{class}` is not its answer {}, and no edit tells why",
                samples.in_use
            ),
            _ => continue,
        };
        found.push(at(Diagnostic::new(message), place).help(EDITS));
    }
    found
}

fn text_of<'n>(node: &'n Node, class: &str) -> Option<&'n Node> {
    let entries = node.get("texts")?.entries()?;
    let entry = entries.iter().find(|entry| entry.key == class)?;
    Some(&entry.node)
}

fn at(diagnostic: Diagnostic, place: Option<&Node>) -> Diagnostic {
    match place {
        Some(node) => diagnostic.at(&node.mark),
        None => diagnostic,
    }
}
