//! Which format an image file has, and why it cannot be decoded.

use std::fmt::Display;

use serde::Serialize;

use crate::{jpeg, png};

/// The format of an image file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
}

impl Format {
    /// Its name, for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
        }
    }

    /// The format by a file's first bytes, whatever its name. The error is the reason, for people.
    pub(crate) fn of(bytes: &[u8]) -> Result<Self, String> {
        if bytes.starts_with(jpeg::SIGNATURE) {
            Ok(Self::Jpeg)
        } else if bytes.starts_with(png::SIGNATURE) {
            Ok(Self::Png)
        } else if bytes.is_empty() {
            Err("the file is empty".to_owned())
        } else {
            Err("it begins like no JPEG or PNG file".to_owned())
        }
    }
}

/// A decoder's reason on one line: many of their messages end in a line break.
pub(crate) fn on_one_line(reason: impl Display) -> String {
    let reason = reason.to_string();
    reason.split_whitespace().collect::<Vec<_>>().join(" ")
}
