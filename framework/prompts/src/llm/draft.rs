//! A description set while it is being written by a model: each text is on disk as soon as it
//! passed the checks.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use exp_core::llm_call::LlmCall;

use super::{DraftError, Question, Server};
use crate::check::{Limits, check_texts};
use crate::clean::clean;
use crate::description_set::DescriptionSet;
use crate::provenance::{Answer, ClassSamples, Date, Generated, Provenance, TokenCounts, sha256};

/// The parameter that holds the classes: questions may name them all.
const CLASSES: &str = "classes";

/// What is to be written.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// The set's name.
    pub name: &'a str,
    /// The classes, in label order.
    pub classes: &'a [String],
    /// What is asked of each.
    pub question: &'a Question,
    /// The model that is asked.
    pub model: &'a str,
    /// How many answers to keep for each class.
    pub samples: usize,
    /// What the texts may be.
    pub limits: Limits,
}

/// A set of which some texts may be missing.
#[derive(Debug)]
pub struct Draft {
    name: String,
    classes: Vec<String>,
    limits: Limits,
    path: PathBuf,
    question: String,
    generated: Generated,
    /// Keeps other calls from writing the same draft. The file stays: without it, two calls could
    /// each hold a lock.
    _lock: File,
}

impl Draft {
    /// A draft in the file `path`, with what an earlier call left there if `go_on`. The same server
    /// and model must be asked the same question then.
    pub fn open(
        path: &Path,
        order: &Order<'_>,
        server: &Server,
        go_on: bool,
    ) -> Result<Self, DraftError> {
        let Order {
            question,
            model,
            limits,
            ..
        } = *order;
        let lock = lock(path)?;
        let mut draft = Self {
            name: order.name.to_owned(),
            classes: order.classes.to_vec(),
            limits,
            path: path.to_owned(),
            question: question.name(),
            generated: Generated {
                date: Date::today(),
                model: model.to_owned(),
                server: server.address().to_owned(),
                parameters: BTreeMap::from([
                    ("model".to_owned(), model.into()),
                    (CLASSES.to_owned(), order.classes.into()),
                    ("max_tokens_per_text".to_owned(), limits.tokens.into()),
                ]),
                tokens: None,
                question_sha256: sha256(question.template.as_bytes()),
                question: question.template.clone(),
                samples: Vec::new(),
            },
            _lock: lock,
        };
        if path.exists() {
            if !go_on {
                return Err(DraftError::Begun {
                    path: path.to_owned(),
                });
            }
            draft.take_up(DescriptionSet::read(path)?)?;
        }
        Ok(draft)
    }

    /// Takes over what an earlier call kept.
    fn take_up(&mut self, set: DescriptionSet) -> Result<(), DraftError> {
        let other = |what: &str| DraftError::Other {
            path: self.path.clone(),
            what: what.to_owned(),
        };
        let Provenance::Generated(before) = set.provenance else {
            return Err(other("texts that no language model wrote"));
        };
        if before.question_sha256 != self.generated.question_sha256 {
            return Err(other("another question"));
        }
        if before.server != self.generated.server {
            return Err(other(&format!("the server {}", before.server)));
        }
        if before.parameters.get(CLASSES) != self.generated.parameters.get(CLASSES) {
            return Err(other("other classes"));
        }
        if before.parameters != self.generated.parameters {
            return Err(other("another model or another length of the texts"));
        }
        if set.names_classes != self.limits.class_names_allowed {
            return Err(other("another rule for class names in the texts"));
        }
        self.generated = before;
        Ok(())
    }

    /// The classes that have fewer answers than `samples`, each with the number of its next one,
    /// counted from 1.
    pub(super) fn missing(&self, samples: usize) -> Vec<(String, usize)> {
        let next = self.classes.iter().map(|class| {
            let next = self.answers(class).len() + 1;
            (class.clone(), next)
        });
        next.filter(|(_, next)| *next <= samples).collect()
    }

    /// How many of `samples` answers for each class are there.
    pub fn kept(&self, samples: usize) -> usize {
        let kept = self.classes.iter();
        kept.map(|class| self.answers(class).len().min(samples))
            .sum()
    }

    /// What is wrong with a text for a class, beside the texts in use for the others. It must also be
    /// none that was answered before, whether that one is in use or not: it may be one day.
    pub(super) fn fault(&self, class: &str, text: &str) -> Option<String> {
        // Classes without a text yet are there by their name, which must not stand in a text.
        let others = self.classes.iter().filter(|other| *other != class);
        let mut texts: Vec<(String, String)> = others
            .map(|other| {
                (
                    other.clone(),
                    self.text(other).unwrap_or_default().to_owned(),
                )
            })
            .collect();
        texts.push((class.to_owned(), text.to_owned()));
        let faults = check_texts(&texts, &self.limits);
        let mut own = faults.into_iter().filter(|fault| fault.class == class);
        if let Some(fault) = own.next() {
            return Some(fault.reason.to_string());
        }
        let seen = clean(text);
        self.classes.iter().find_map(|class| {
            let mut answers = self.answers(class).iter();
            let place = answers.position(|answer| clean(&answer.text) == seen)?;
            Some(format!("is the same as answer {} for `{class}`", place + 1))
        })
    }

    /// Counts what a request cost.
    pub(super) fn count(&mut self, call: &LlmCall) {
        if let (Some(prompt), Some(completion)) = (call.prompt_tokens, call.completion_tokens) {
            let before = self.generated.tokens.unwrap_or(TokenCounts {
                prompt: 0,
                completion: 0,
            });
            self.generated.tokens = Some(TokenCounts {
                prompt: before.prompt.saturating_add(prompt),
                completion: before.completion.saturating_add(completion),
            });
        }
    }

    /// Keeps an answer, on disk too. The first one of a class is in use.
    pub(super) fn keep(&mut self, class: &str, mut answer: Answer) -> Result<(), DraftError> {
        match answer.model.take() {
            Some(model) if self.generated.samples.is_empty() => self.generated.model = model,
            model => answer.model = model.filter(|model| *model != self.generated.model),
        }
        self.generated.date = Date::today();
        let samples = &mut self.generated.samples;
        match samples.iter_mut().find(|(name, _)| name == class) {
            Some((_, samples)) => samples.answers.push(answer),
            None => {
                samples.push((
                    class.to_owned(),
                    ClassSamples {
                        in_use: 1,
                        answers: vec![answer],
                    },
                ));
                let order = |class: &String| self.classes.iter().position(|name| name == class);
                samples.sort_by_key(|(class, _)| order(class));
            }
        }
        self.save()
    }

    /// Writes what there is to disk. A draft without a text is no file.
    pub(super) fn save(&self) -> Result<(), DraftError> {
        match self.generated.samples.is_empty() {
            true => Ok(()),
            false => Ok(self.set().write(&self.path)?),
        }
    }

    /// The set as far as it is written.
    pub fn set(&self) -> DescriptionSet {
        let texts = self.classes.iter().filter_map(|class| {
            let text = self.text(class)?;
            Some((class.clone(), text.to_owned()))
        });
        DescriptionSet {
            name: self.name.clone(),
            about: format!(
                "Written by the language model {} in answer to the question `{}`.",
                self.generated.model, self.question
            ),
            names_classes: self.limits.class_names_allowed,
            texts: texts.collect(),
            provenance: Provenance::Generated(self.generated.clone()),
            edits: Vec::new(),
        }
    }

    /// Writes the finished set to its place, where no file may be, and removes the draft.
    pub fn publish(self, path: &Path) -> Result<(), DraftError> {
        let set = self.set();
        let faults = check_texts(&set.texts, &self.limits);
        if !faults.is_empty() {
            return Err(DraftError::Faulty {
                path: self.path.clone(),
                faults,
            });
        }
        set.write_new(path)?;
        fs::remove_file(&self.path).map_err(|reason| DraftError::Folder {
            path: self.path.clone(),
            reason,
        })
    }

    fn samples(&self, class: &str) -> Option<&ClassSamples> {
        let entry = self
            .generated
            .samples
            .iter()
            .find(|(name, _)| name == class);
        entry.map(|(_, samples)| samples)
    }

    fn answers(&self, class: &str) -> &[Answer] {
        self.samples(class)
            .map_or(&[], |samples| &samples.answers[..])
    }

    fn text(&self, class: &str) -> Option<&str> {
        let samples = self.samples(class)?;
        let answer = samples.answers.get(samples.in_use.checked_sub(1)?)?;
        Some(&answer.text)
    }
}

/// Takes the lock on a draft, and makes its folder.
fn lock(draft: &Path) -> Result<File, DraftError> {
    let path = draft.with_extension("lock");
    let folder = |reason| DraftError::Folder {
        path: path.clone(),
        reason,
    };
    if let Some(folder_of) = path.parent() {
        fs::create_dir_all(folder_of).map_err(folder)?;
    }
    let mut options = File::options();
    let file = options.create(true).write(true).truncate(false);
    let file = file.open(&path).map_err(folder)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(DraftError::Busy {
            path: draft.to_owned(),
        }),
        Err(TryLockError::Error(reason)) => Err(folder(reason)),
    }
}
