//! What differs between two sets.

use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::description_set::DescriptionSet;

/// How the texts of a class differ between two sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// They are the same.
    Same(String),
    /// Both sets have one; the words that differ are marked.
    Changed(String),
    /// Only the first set has one.
    OnlyFirst(String),
    /// Only the second set has one.
    OnlySecond(String),
}

/// The difference for each class, in the order of the first set; classes that only the second has
/// come last.
pub fn diff(first: &DescriptionSet, second: &DescriptionSet) -> Vec<(String, Difference)> {
    let mut found = Vec::new();
    for (class, text) in &first.texts {
        let difference = match second.text(class) {
            Some(other) if other == text => Difference::Same(text.clone()),
            Some(other) => Difference::Changed(mark_words(text, other)),
            None => Difference::OnlyFirst(text.clone()),
        };
        found.push((class.clone(), difference));
    }
    for (class, text) in &second.texts {
        if first.text(class).is_none() {
            found.push((class.clone(), Difference::OnlySecond(text.clone())));
        }
    }
    found
}

/// Both texts in one, with the marks of `git diff --word-diff`: `[-only the first has-]`,
/// `{+only the second has+}`. Texts that differ in nothing but white space have no marks.
pub fn mark_words(first: &str, second: &str) -> String {
    let first: Vec<&str> = first.split_whitespace().collect();
    let second: Vec<&str> = second.split_whitespace().collect();
    let mut parts = Vec::new();
    for operation in capture_diff_slices(Algorithm::Myers, &first, &second) {
        let old = first[operation.old_range()].join(" ");
        let new = second[operation.new_range()].join(" ");
        match operation {
            DiffOp::Equal { .. } => parts.push(old),
            DiffOp::Delete { .. } => parts.push(format!("[-{old}-]")),
            DiffOp::Insert { .. } => parts.push(format!("{{+{new}+}}")),
            DiffOp::Replace { .. } => parts.push(format!("[-{old}-] {{+{new}+}}")),
        }
    }
    parts.join(" ")
}
