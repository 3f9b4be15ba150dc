//! Sets from other people's Python files.

use std::path::{Path, PathBuf};

use exp_core::tree::nearest;
use thiserror::Error;

use crate::check::{Limits, Reason, check_texts};
use crate::class_words::label_order;
use crate::description_set::DescriptionSet;
use crate::provenance::{Date, Imported, Provenance, sha256};
use crate::python_lists::{PythonList, Refused, lists};

/// Why a file gives no set.
#[derive(Debug, Error)]
pub enum ImportError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// The file is no text.
    #[error("expected a Python file in UTF-8, found bytes that are none: {}", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
    },
    /// The file has no list of strings.
    #[error("{} has no list of strings: expected `NAME = [\"…\", …]` at the beginning of a line", path.display())]
    NoList {
        /// The file.
        path: PathBuf,
    },
    /// The file has several lists, and none was chosen.
    #[error("{} has several lists; choose one with `--list NAME` (with their numbers of strings): {}", path.display(), lists.join(", "))]
    Several {
        /// The file.
        path: PathBuf,
        /// The lists, each with how many strings it has.
        lists: Vec<String>,
    },
    /// There is no list of that name.
    #[error("{} has no list of strings `{name}`{hint} There are (with their numbers of strings): {}", path.display(), lists.join(", "))]
    Missing {
        /// The file.
        path: PathBuf,
        /// The name asked for.
        name: String,
        /// The nearest name in words, or a full stop.
        hint: String,
        /// The lists, each with how many strings it has.
        lists: Vec<String>,
    },
    /// The name is given to two lists.
    #[error("{} assigns `{name}` on line {first} and again on line {second}: which one is meant cannot be told without running the file; take one out", path.display())]
    Twice {
        /// The file.
        path: PathBuf,
        /// The name.
        name: String,
        /// The line of the first assignment.
        first: usize,
        /// The line of the second.
        second: usize,
    },
    /// The list holds something other than strings.
    #[error("`{name}` in {} is no list of strings, {refused}", path.display())]
    NotStrings {
        /// The file.
        path: PathBuf,
        /// The list's name.
        name: String,
        /// What was found.
        refused: Refused,
    },
    /// Nobody said which classes the strings belong to.
    #[error(
        "`{name}` has {count} strings; name their classes in order with `--classes a,b,…` (only for 7 and 11 the order is known)"
    )]
    NoClasses {
        /// The list's name.
        name: String,
        /// How many strings it has.
        count: usize,
    },
    /// There are more or fewer strings than classes.
    #[error("expected a class for each string: `{name}` has {count} strings, the classes are: {}", classes.join(", "))]
    OtherCount {
        /// The list's name.
        name: String,
        /// How many strings it has.
        count: usize,
        /// The classes.
        classes: Vec<String>,
    },
    /// A class was named twice.
    #[error("the class `{0}` was named twice")]
    ClassTwice(String),
}

/// A set called `set_name` from a list of strings in a Python file, which is read as data and never
/// run.
///
/// `list` names the list where the file has several. `classes` are those of the strings, in order;
/// without them, seven and eleven strings are taken to be in the label order of DFEW, FERV39k and
/// MAFW that the code of DFER-CLIP uses. Texts are taken as they are; whether they name classes is
/// noted in the set.
pub fn import(
    path: &Path,
    list: Option<&str>,
    classes: Option<Vec<String>>,
    set_name: &str,
) -> Result<DescriptionSet, ImportError> {
    let bytes = std::fs::read(path).map_err(|source| ImportError::Read {
        path: path.to_owned(),
        source,
    })?;
    let source = std::str::from_utf8(&bytes).map_err(|_| ImportError::NotText {
        path: path.to_owned(),
    })?;
    let (name, items) = choose(path, lists(source), list)?;
    let classes = match classes.or_else(|| label_order(items.len())) {
        Some(classes) => classes,
        None => {
            let count = items.len();
            return Err(ImportError::NoClasses { name, count });
        }
    };
    if classes.len() != items.len() {
        let count = items.len();
        return Err(ImportError::OtherCount {
            name,
            count,
            classes,
        });
    }
    for (place, class) in classes.iter().enumerate() {
        if classes[..place].contains(class) {
            return Err(ImportError::ClassTwice(class.clone()));
        }
    }
    let texts: Vec<(String, String)> = classes.into_iter().zip(items).collect();
    let faults = check_texts(&texts, &Limits::beside(0, false));
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    Ok(DescriptionSet {
        name: set_name.to_owned(),
        about: format!("The texts of `{name}` in {file}, as they are there."),
        names_classes: faults
            .iter()
            .any(|fault| matches!(fault.reason, Reason::NamesClass { .. })),
        texts,
        provenance: Provenance::Imported(Imported {
            file: file.into_owned(),
            sha256: sha256(&bytes),
            list: name,
            date: Date::today(),
        }),
        edits: Vec::new(),
    })
}

/// The list asked for, or the only one.
fn choose(
    path: &Path,
    lists: Vec<PythonList>,
    wanted: Option<&str>,
) -> Result<(String, Vec<String>), ImportError> {
    let path = path.to_owned();
    let of_strings = |list: &&PythonList| list.items.as_ref().is_ok_and(|items| !items.is_empty());
    let known: Vec<&PythonList> = lists.iter().filter(of_strings).collect();
    let described = || {
        let each = known.iter().map(|list| {
            let count = list.items.as_ref().map_or(0, Vec::len);
            format!("{} ({count})", list.name)
        });
        each.collect()
    };
    let chosen = match (wanted, known.as_slice()) {
        (Some(name), _) => {
            let mut found = lists.iter().filter(|list| list.name == name);
            match (found.next(), found.next()) {
                (Some(first), Some(second)) => {
                    return Err(ImportError::Twice {
                        path,
                        name: name.to_owned(),
                        first: first.line,
                        second: second.line,
                    });
                }
                (Some(list), None) => list,
                (None, _) if known.is_empty() => return Err(ImportError::NoList { path }),
                (None, _) => {
                    let near = nearest(name, known.iter().map(|list| list.name.as_str()));
                    return Err(ImportError::Missing {
                        path,
                        name: name.to_owned(),
                        hint: match near {
                            Some(near) => format!("; did you mean `{near}`?"),
                            None => ".".to_owned(),
                        },
                        lists: described(),
                    });
                }
            }
        }
        (None, []) => return Err(ImportError::NoList { path }),
        (None, [only]) => only,
        (None, _) => {
            let lists = described();
            return Err(ImportError::Several { path, lists });
        }
    };
    match &chosen.items {
        Ok(items) => Ok((chosen.name.clone(), items.clone())),
        Err(refused) => Err(ImportError::NotStrings {
            path,
            name: chosen.name.clone(),
            refused: refused.clone(),
        }),
    }
}
