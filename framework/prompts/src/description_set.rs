//! Descriptions of the classes, kept as files with their provenance.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use exp_core::tree::{Diagnostic, Node, Source, decode, nearest};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::ordered;
use crate::provenance::{Edit, Provenance};

/// A set of descriptions: the file `<name>.yaml` in a folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DescriptionSet {
    /// Its name, that of the file.
    pub name: String,
    /// What kind of texts these are, in a sentence.
    pub about: String,
    /// Whether the texts may name their classes, as templates do; descriptions may not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub names_classes: bool,
    /// Class and text, in the file's order; no class stands twice.
    #[serde(with = "ordered")]
    pub texts: Vec<(String, String)>,
    /// Where the texts come from.
    pub provenance: Provenance,
    /// What was changed since, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edits: Vec<Edit>,
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
    /// The file cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
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
    /// A name that cannot be a file's.
    #[error("expected a name of letters, digits, `-`, `_` and `.`, such as `mine-7`, found `{0}`")]
    Name(String),
    /// A new set has the name of one that is there.
    #[error("there is a set `{name}` already; choose another name, or remove {}", path.display())]
    Exists {
        /// The name.
        name: String,
        /// The file of the set that is there.
        path: PathBuf,
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

impl From<Diagnostic> for DescriptionSetError {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::Invalid(Box::new(diagnostic))
    }
}

impl DescriptionSet {
    /// Reads the set `name` from a folder.
    ///
    /// Where there is no such set, the error names those there are; a mistake in the file is shown
    /// with its line.
    pub fn load(folder: &Path, name: &str) -> Result<Self, DescriptionSetError> {
        Self::read(&find(folder, name)?)
    }

    /// Reads a set's file. A mistake in it is shown with its line.
    pub fn read(path: &Path) -> Result<Self, DescriptionSetError> {
        read_tree(path).map(|(set, _)| set)
    }

    /// Writes the set's file: whole or not at all, also when the machine stops in between. A file
    /// that is there is replaced.
    ///
    /// A set that [`read`](Self::read) would refuse, for example because the file has another name
    /// than the set, is refused here, and nothing is written.
    pub fn write(&self, path: &Path) -> Result<(), DescriptionSetError> {
        self.place(path, |temporary| fs::rename(temporary, path))
    }

    /// Like [`write`](Self::write), but a file that is there, if only since a moment ago, is an error
    /// and stays as it is.
    pub fn write_new(&self, path: &Path) -> Result<(), DescriptionSetError> {
        // A rename would replace the file; a second name for the written one is refused.
        let placed = self.place(path, |temporary| {
            fs::hard_link(temporary, path)?;
            fs::remove_file(temporary)
        });
        match placed {
            Err(DescriptionSetError::Write { source, .. })
                if source.kind() == ErrorKind::AlreadyExists =>
            {
                Err(DescriptionSetError::Exists {
                    name: self.name.clone(),
                    path: path.to_owned(),
                })
            }
            placed => placed,
        }
    }

    /// Writes the set to a file beside `path`, which `publish` then brings to its place.
    fn place(
        &self,
        path: &Path,
        publish: impl FnOnce(&Path) -> std::io::Result<()>,
    ) -> Result<(), DescriptionSetError> {
        let failed = |source| DescriptionSetError::Write {
            path: path.to_owned(),
            source,
        };
        let yaml = self.to_yaml().map_err(failed)?;
        let (same, _) = parse(path, yaml.clone())?;
        if same != *self {
            return Err(failed(std::io::Error::other(
                "what was to be written does not read back as the same set",
            )));
        }
        let mut temporary = path.as_os_str().to_owned();
        temporary.push(format!(".{}.part", std::process::id()));
        let temporary = PathBuf::from(temporary);
        let write = || -> std::io::Result<()> {
            let mut file = fs::File::create(&temporary)?;
            std::io::Write::write_all(&mut file, yaml.as_bytes())?;
            file.sync_all()?;
            publish(&temporary)
        };
        write().map_err(|error| {
            // The first error is the one to report.
            let _ = fs::remove_file(&temporary);
            failed(error)
        })
    }

    /// The text of a class.
    pub fn text(&self, class: &str) -> Option<&str> {
        let entry = self.texts.iter().find(|(name, _)| name == class);
        entry.map(|(_, text)| text.as_str())
    }

    /// The texts of classes, in their order. A class without a text is an error that names it.
    pub fn for_classes(&self, classes: &[String]) -> Result<Vec<String>, DescriptionSetError> {
        classes
            .iter()
            .map(|class| {
                let text = self.text(class).map(str::to_owned);
                text.ok_or_else(|| DescriptionSetError::NoText {
                    set: self.name.clone(),
                    class: class.clone(),
                    known: self.texts.iter().map(|(class, _)| class.clone()).collect(),
                })
            })
            .collect()
    }

    /// The file's content. Each text is one line, so that a change shows as one line.
    fn to_yaml(&self) -> std::io::Result<String> {
        let options = serde_saphyr::ser_options! {
            compact_list_indent: false,
            folded_wrap_chars: usize::MAX,
            yaml_12: true,
            no_lang_directive: true,
        };
        serde_saphyr::to_string_with_options(self, options).map_err(std::io::Error::other)
    }
}

/// The file of the set `name` in a folder.
pub fn find(folder: &Path, name: &str) -> Result<PathBuf, DescriptionSetError> {
    let known = names(folder)?;
    if known.iter().any(|known| known == name) {
        return Ok(folder.join(format!("{name}.yaml")));
    }
    let near = nearest(name, known.iter().map(String::as_str));
    Err(DescriptionSetError::Missing {
        name: name.to_owned(),
        folder: folder.to_owned(),
        hint: near.map_or(String::new(), |near| format!("; did you mean `{near}`?")),
        known,
    })
}

/// The file for a new set `name` in a folder, where there is none yet.
pub fn new_file(folder: &Path, name: &str) -> Result<PathBuf, DescriptionSetError> {
    let usual = |character: char| character.is_alphanumeric() || "-_.".contains(character);
    if name.is_empty() || name.starts_with(['.', '-']) || !name.chars().all(usual) {
        return Err(DescriptionSetError::Name(name.to_owned()));
    }
    let path = folder.join(format!("{name}.yaml"));
    match path.exists() {
        true => Err(DescriptionSetError::Exists {
            name: name.to_owned(),
            path,
        }),
        false => Ok(path),
    }
}

/// The sets in a folder, by name.
pub fn names(folder: &Path) -> Result<Vec<String>, DescriptionSetError> {
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

/// A set with the tree that it was read from, for the places in it.
pub(crate) fn read_tree(path: &Path) -> Result<(DescriptionSet, Node), DescriptionSetError> {
    let text = fs::read_to_string(path).map_err(|source| DescriptionSetError::Read {
        path: path.to_owned(),
        source,
    })?;
    parse(path, text)
}

fn parse(path: &Path, text: String) -> Result<(DescriptionSet, Node), DescriptionSetError> {
    let node = Node::parse(Source::new(path.to_string_lossy(), text))?;
    let set: DescriptionSet = decode(&node)?;
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    check(&set, &node, &stem)?;
    Ok((set, node))
}

/// What the types cannot say: the file's name is the set's, no text is empty, and every sample in
/// use is there.
fn check(set: &DescriptionSet, node: &Node, stem: &str) -> Result<(), Diagnostic> {
    if let Some(place) = node.get("name").filter(|_| set.name != stem) {
        let message = format!(
            "expected the file's own name `{stem}`, found `{}`",
            set.name
        );
        return Err(Diagnostic::new(message).at(&place.mark));
    }
    let texts = node.get("texts");
    for entry in texts.and_then(Node::entries).unwrap_or_default() {
        if entry.node.text().is_some_and(|text| text.trim().is_empty()) {
            let message = format!("expected a text for the class `{}`, found none", entry.key);
            return Err(Diagnostic::new(message).at(&entry.node.mark));
        }
    }
    if let (Some(texts), true) = (texts, set.texts.is_empty()) {
        let message = "expected a text for each class, found none";
        return Err(Diagnostic::new(message).at(&texts.mark));
    }
    let samples = node.get("provenance.generated.samples");
    for entry in samples.and_then(Node::entries).unwrap_or_default() {
        let answers = entry.node.get("answers").and_then(Node::items);
        let count = answers.map_or(0, <[Node]>::len);
        let in_use = set.provenance.samples(&entry.key).map_or(0, |s| s.in_use);
        if in_use == 0 || in_use > count {
            let message = format!(
                "expected the number of one of {count} answers, counted from 1, found {in_use}"
            );
            let place = entry.node.get("in_use").unwrap_or(&entry.node);
            return Err(Diagnostic::new(message).at(&place.mark));
        }
    }
    Ok(())
}
