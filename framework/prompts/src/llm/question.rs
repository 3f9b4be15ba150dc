//! What a language model is asked: a template, filled in for each class.

use std::path::{Path, PathBuf};

use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, context};
use thiserror::Error;

use crate::check::Limits;

/// A question as a template. It knows `class`, the name of the class; `classes`, the names of all;
/// `max_tokens`, the most tokens of a description; and `names_allowed`, whether a description may
/// name classes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    path: PathBuf,
    /// The template.
    pub template: String,
}

/// Why a question cannot be asked.
#[derive(Debug, Error)]
pub enum QuestionError {
    /// The file cannot be read.
    #[error("cannot read the question {}: {reason}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        reason: std::io::Error,
    },
    /// The template cannot be filled in.
    #[error(
        "cannot fill in the question {}: {reason}; it may use `class`, `classes`, `max_tokens` and \
         `names_allowed`", path.display()
    )]
    Template {
        /// The file.
        path: PathBuf,
        /// What the template engine says, with the line.
        reason: String,
    },
    /// It asks the same of every class.
    #[error(
        "the question {} is the same for `{first}` and `{second}`; put `{{{{ class }}}}` where the \
         class belongs", path.display()
    )]
    Same {
        /// The file.
        path: PathBuf,
        /// A class.
        first: String,
        /// Another.
        second: String,
    },
}

impl Question {
    /// Reads a template from a file.
    pub fn read(path: &Path) -> Result<Self, QuestionError> {
        let template = std::fs::read_to_string(path);
        Ok(Self {
            path: path.to_owned(),
            template: template.map_err(|reason| QuestionError::Read {
                path: path.to_owned(),
                reason,
            })?,
        })
    }

    /// Its name: that of the file, without its ending.
    pub fn name(&self) -> String {
        let stem = self.path.file_stem().unwrap_or_default();
        stem.to_string_lossy().into_owned()
    }

    /// The questions for all classes, in their order.
    ///
    /// # Errors
    /// When the template has a mistake, or does not tell the classes apart.
    pub fn fill_in(
        &self,
        classes: &[String],
        limits: &Limits,
    ) -> Result<Vec<String>, QuestionError> {
        let template = |error: minijinja::Error| QuestionError::Template {
            path: self.path.clone(),
            reason: error.to_string(),
        };
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        // A question is no page, whatever its file is called.
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        let name = self.name();
        environment
            .add_template(&name, &self.template)
            .map_err(template)?;
        let filled = environment.get_template(&name).map_err(template)?;
        let mut questions: Vec<String> = Vec::new();
        for class in classes {
            let question = filled.render(context! {
                class => class.as_str(),
                classes => classes.iter().map(String::as_str).collect::<Value>(),
                max_tokens => limits.tokens,
                names_allowed => limits.class_names_allowed,
            });
            let question = question.map_err(template)?.trim().to_owned();
            if let Some(same) = questions.iter().position(|other| *other == question) {
                return Err(QuestionError::Same {
                    path: self.path.clone(),
                    first: classes[same].clone(),
                    second: class.clone(),
                });
            }
            questions.push(question);
        }
        Ok(questions)
    }
}
