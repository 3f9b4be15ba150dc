//! How values that SQLite has no type for are written as text and read back.

use std::error::Error;

use exp_core::metrics::Rule;
use jiff::Timestamp;
use serde_json::Value;

use crate::{Status, StoreError};

/// The present, as times are stored: all of the same width, so that they sort as text.
pub(crate) fn now() -> String {
    format!("{:.3}", Timestamp::now())
}

/// Reads a stored time; `what` completes "cannot read … from the store".
pub(crate) fn time(text: &str, what: impl FnOnce() -> String) -> Result<Timestamp, StoreError> {
    text.parse()
        .map_err(|error: jiff::Error| unreadable(what(), error))
}

/// Reads a JSON column.
pub(crate) fn json<T: serde::de::DeserializeOwned>(
    text: &str,
    what: impl FnOnce() -> String,
) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| unreadable(what(), error))
}

/// Writes a JSON column.
pub(crate) fn to_json<T: serde::Serialize>(
    value: &T,
    what: impl FnOnce() -> String,
) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| unreadable(what(), error))
}

/// Reads a selection rule by its [`Rule::name`].
pub(crate) fn rule(name: &str, what: impl FnOnce() -> String) -> Result<Rule, StoreError> {
    let value = Value::String(name.to_owned());
    serde_json::from_value(value).map_err(|error| unreadable(what(), error))
}

/// Reads a status by its [`Status::name`].
pub(crate) fn status(name: &str, what: impl FnOnce() -> String) -> Result<Status, StoreError> {
    let known = Status::ALL.into_iter().find(|status| status.name() == name);
    known.ok_or_else(|| unreadable(what(), format!("unknown status `{name}`")))
}

/// Reads a whole number that cannot be negative.
pub(crate) fn count<T: TryFrom<i64>>(
    number: i64,
    what: impl FnOnce() -> String,
) -> Result<T, StoreError>
where
    T::Error: Error + Send + Sync + 'static,
{
    T::try_from(number).map_err(|error| unreadable(what(), error))
}

/// What went wrong and why, in one line.
pub(crate) fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}

fn unreadable(what: String, source: impl Into<Box<dyn Error + Send + Sync>>) -> StoreError {
    StoreError::Value {
        what,
        source: source.into(),
    }
}
