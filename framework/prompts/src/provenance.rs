//! Where the texts of a set come from.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::ordered;

/// How a set came to be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provenance {
    /// A person wrote it.
    Written(Written),
    /// A language model wrote it.
    Generated(Generated),
    /// It was taken from somebody's file.
    Imported(Imported),
}

impl Provenance {
    /// The answers for a class, where a language model gave them.
    pub fn samples(&self, class: &str) -> Option<&ClassSamples> {
        let Self::Generated(generated) = self else {
            return None;
        };
        let entry = generated.samples.iter().find(|(name, _)| name == class);
        entry.map(|(_, samples)| samples)
    }
}

impl fmt::Display for Provenance {
    /// In one line: `written 2026-11-23 by the project`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Written(set) => write!(f, "written {} by {}", set.date, set.by),
            Self::Generated(set) => write!(f, "generated {} by {}", set.date, set.model),
            Self::Imported(set) => {
                write!(f, "imported {} from {}, {}", set.date, set.file, set.list)
            }
        }
    }
}

/// A set that a person wrote.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Written {
    /// Who wrote it.
    pub by: String,
    /// When.
    pub date: Date,
    /// Published work it draws on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
}

/// A set that a language model wrote.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Generated {
    /// When.
    pub date: Date,
    /// The model, as the server named it with the first answer.
    pub model: String,
    /// The server's address, without any key.
    pub server: String,
    /// What was asked for besides the question: temperature, seed and the like.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, serde_json::Value>,
    /// What it cost, if the server told it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<TokenCounts>,
    /// The question's SHA-256, in hexadecimal digits.
    pub question_sha256: String,
    /// The question: a template, filled in for each class.
    pub question: String,
    /// The answers for each class.
    #[serde(with = "ordered")]
    pub samples: Vec<(String, ClassSamples)>,
}

/// Tokens as a language model's server counts them, over all calls that it told them of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenCounts {
    /// Of the questions.
    pub prompt: u64,
    /// Of the answers.
    pub completion: u64,
}

/// The answers for one class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassSamples {
    /// The answer that the class's text was taken from, counted from 1.
    pub in_use: usize,
    /// All answers that passed the checks, in order.
    pub answers: Vec<Answer>,
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The text that was found in it.
    pub text: String,
    /// The whole answer, as it came.
    pub raw: String,
    /// The model that gave it, where the server named another one than with the first answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
}

/// A set that was taken from a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Imported {
    /// The file's name, without its folders.
    pub file: String,
    /// The file's SHA-256, in hexadecimal digits.
    pub sha256: String,
    /// The list in the file that held the texts.
    pub list: String,
    /// When.
    pub date: Date,
}

/// A change to a set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    /// Who or what made it.
    pub by: String,
    /// When.
    pub date: Date,
    /// What was changed, and why.
    pub what: String,
}

/// A day as year, month and day: `2026-11-23`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Date(jiff::civil::Date);

impl Date {
    /// Today, by universal time.
    pub fn today() -> Self {
        Self(
            jiff::tz::TimeZone::UTC
                .to_datetime(jiff::Timestamp::now())
                .date(),
        )
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl TryFrom<String> for Date {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        // jiff takes more than this: times of day, other separators.
        match text.parse() {
            Ok(date) if format!("{date}") == text => Ok(Self(date)),
            _ => Err(format!(
                "expected a day such as `2026-11-23`, found `{text}`"
            )),
        }
    }
}

impl From<Date> for String {
    fn from(date: Date) -> Self {
        date.to_string()
    }
}

/// A SHA-256 as provenance keeps it: in small hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
