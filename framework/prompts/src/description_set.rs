//! Descriptions of the classes, kept as files with their provenance.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use exp_core::tree::{Diagnostic, Node, Source, decode, nearest};
use serde::Deserialize;
use thiserror::Error;

/// A set of descriptions: the file `<name>.yaml` in a folder.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DescriptionSet {
    /// Its name, that of the file.
    pub name: String,
    /// What kind of texts these are, in a sentence.
    pub about: String,
    /// Where the texts come from.
    pub source: TextSource,
    /// One text a class.
    pub texts: BTreeMap<String, String>,
}

/// Where texts come from.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextSource {
    /// How they were made, e.g. `hand-written`.
    pub kind: String,
    /// Who or what wrote them.
    pub author: String,
    /// When, as year-month-day.
    pub date: String,
    /// Published work they draw on.
    #[serde(default)]
    pub references: Vec<String>,
}

/// Why there are no descriptions.
#[derive(Debug, Error)]
pub enum DescriptionSetError {
    /// The folder or a file in it cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The folder or file.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// There is no such set.
    #[error("there is no description set `{name}` in {}{hint}; there are: {}", folder.display(), known.join(", "))]
    Missing {
        /// The name asked for.
        name: String,
        /// Where sets were looked for.
        folder: PathBuf,
        /// The nearest name in words, or nothing.
        hint: String,
        /// The sets there are.
        known: Vec<String>,
    },
    /// The file is not a description set.
    #[error("{0}")]
    Invalid(Box<Diagnostic>),
    /// A class has no text.
    #[error("the description set `{set}` has no text for the class `{class}`; it has texts for: {}", known.join(", "))]
    NoText {
        /// The set.
        set: String,
        /// The class.
        class: String,
        /// Classes with a text.
        known: Vec<String>,
    },
}

impl DescriptionSet {
    /// Reads the set `name` from a folder.
    ///
    /// Where there is no such set, the error names those there are; a mistake in the file is shown
    /// with its line.
    pub fn load(folder: &Path, name: &str) -> Result<Self, DescriptionSetError> {
        let known = names(folder)?;
        if !known.iter().any(|known| known == name) {
            let near = nearest(name, known.iter().map(String::as_str));
            return Err(DescriptionSetError::Missing {
                name: name.to_owned(),
                folder: folder.to_owned(),
                hint: near.map_or(String::new(), |near| format!("; did you mean `{near}`?")),
                known,
            });
        }
        let path = folder.join(format!("{name}.yaml"));
        let text = fs::read_to_string(&path).map_err(|source| DescriptionSetError::Read {
            path: path.clone(),
            source,
        })?;
        let source = Source::new(path.to_string_lossy(), text);
        let node = Node::parse(source).map_err(invalid)?;
        let set: Self = decode(&node).map_err(invalid)?;
        check(&set, &node, name).map_err(invalid)?;
        Ok(set)
    }

    /// The texts of classes, in their order. A class without a text is an error that names it.
    pub fn for_classes(&self, classes: &[String]) -> Result<Vec<String>, DescriptionSetError> {
        classes
            .iter()
            .map(|class| {
                let text = self.texts.get(class).cloned();
                text.ok_or_else(|| DescriptionSetError::NoText {
                    set: self.name.clone(),
                    class: class.clone(),
                    known: self.texts.keys().cloned().collect(),
                })
            })
            .collect()
    }
}

fn invalid(diagnostic: Diagnostic) -> DescriptionSetError {
    DescriptionSetError::Invalid(Box::new(diagnostic))
}

/// What the types cannot say: the file's name is the set's, and no text is empty.
fn check(set: &DescriptionSet, node: &Node, name: &str) -> Result<(), Diagnostic> {
    if let Some(place) = node.get("name").filter(|_| set.name != name) {
        let message = format!(
            "expected the file's own name `{name}`, found `{}`",
            set.name
        );
        return Err(Diagnostic::new(message).at(&place.mark));
    }
    for entry in node
        .get("texts")
        .and_then(Node::entries)
        .unwrap_or_default()
    {
        if entry.node.text().is_some_and(|text| text.trim().is_empty()) {
            let message = format!("expected a text for the class `{}`, found none", entry.key);
            return Err(Diagnostic::new(message).at(&entry.node.mark));
        }
    }
    Ok(())
}

/// The sets in a folder, by name.
fn names(folder: &Path) -> Result<Vec<String>, DescriptionSetError> {
    let unreadable = |source| DescriptionSetError::Read {
        path: folder.to_owned(),
        source,
    };
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "yaml")
        {
            names.extend(
                path.file_stem()
                    .map(|stem| stem.to_string_lossy().into_owned()),
            );
        }
    }
    names.sort_unstable();
    Ok(names)
}
