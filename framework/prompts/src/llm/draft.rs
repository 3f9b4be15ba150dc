//! A description set while it is being written by a model: each text is on disk as soon as it
//! passed the checks.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use exp_core::llm_call::LlmCall;
use thiserror::Error;

use super::{Question, Server};
use crate::check::{Limits, check_texts};
use crate::description_set::{DescriptionSet, DescriptionSetError};
use crate::provenance::{Answer, ClassSamples, Date, Generated, Provenance, TokenCounts, sha256};

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
}

/// Why a draft cannot be begun or gone on with.
#[derive(Debug, Error)]
pub enum DraftError {
    /// There is one already.
    #[error(
        "{} holds answers that were not finished: go on with `--continue`, or delete the file", path.display()
    )]
    Begun {
        /// The draft's file.
        path: PathBuf,
    },
    /// It was begun in another way.
    #[error(
        "{} was begun with {what}: ask the same again, or delete the file to begin anew", path.display()
    )]
    Other {
        /// The draft's file.
        path: PathBuf,
        /// What was different.
        what: String,
    },
    /// Its file cannot be read or written.
    #[error(transparent)]
    File(#[from] DescriptionSetError),
    /// Its folder cannot be made, or a finished draft not removed.
    #[error("cannot use {}: {reason}", path.display())]
    Folder {
        /// The folder or file.
        path: PathBuf,
        /// The operating system's reason.
        reason: std::io::Error,
    },
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
                    ("max_tokens_per_text".to_owned(), limits.tokens.into()),
                ]),
                tokens: None,
                question_sha256: sha256(question.template.as_bytes()),
                question: question.template.clone(),
                samples: Vec::new(),
            },
        };
        if path.exists() {
            if !go_on {
                return Err(DraftError::Begun {
                    path: path.to_owned(),
                });
            }
            draft.take_up(DescriptionSet::read(path)?)?;
        } else if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|reason| DraftError::Folder {
                path: folder.to_owned(),
                reason,
            })?;
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
        if before.parameters != self.generated.parameters {
            return Err(other("another model or another length of the texts"));
        }
        if set.names_classes != self.limits.class_names_allowed {
            return Err(other("another rule for class names in the texts"));
        }
        let mut classes = before.samples.iter().map(|(class, _)| class);
        if let Some(class) = classes.find(|class| !self.classes.contains(class)) {
            return Err(other(&format!("other classes (`{class}`)")));
        }
        self.generated = before;
        Ok(())
    }

    /// The answers that are missing of `samples` for each class: class and sample number from 1,
    /// the first sample of every class before any second one.
    pub(super) fn missing(&self, samples: usize) -> Vec<(String, usize)> {
        let number = |sample| {
            let without = self.classes.iter().filter(move |class| {
                let answers = self.samples(class);
                answers.map_or(0, |samples| samples.answers.len()) < sample
            });
            without.map(move |class| (class.clone(), sample))
        };
        (1..=samples).flat_map(number).collect()
    }

    /// How many of `samples` answers for each class are there.
    pub fn kept(&self, samples: usize) -> usize {
        samples * self.classes.len() - self.missing(samples).len()
    }

    /// What is wrong with a text for a class, beside the texts in use for the others.
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
        own.next().map(|fault| fault.reason.to_string())
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
    pub(super) fn keep(
        &mut self,
        class: &str,
        answer: Answer,
        model: Option<&str>,
    ) -> Result<(), DraftError> {
        if let Some(model) = model {
            model.clone_into(&mut self.generated.model);
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
        Ok(self.set().write(&self.path)?)
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

    /// Writes the finished set to its place, and removes the draft.
    pub fn publish(self, path: &Path) -> Result<(), DraftError> {
        self.set().write(path)?;
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

    fn text(&self, class: &str) -> Option<&str> {
        let samples = self.samples(class)?;
        let answer = samples.answers.get(samples.in_use.checked_sub(1)?)?;
        Some(&answer.text)
    }
}
