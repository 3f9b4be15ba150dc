//! Names out of a file, as messages show them.

/// Longest part of a name that a message shows, in characters.
const LONGEST: usize = 100;

/// A name as a message shows it: not too long, and without characters that a terminal obeys.
pub(crate) fn shown(name: &str) -> String {
    let start: String = name.chars().take(LONGEST).collect();
    let more = if start.len() < name.len() { "…" } else { "" };
    format!("{}{more}", start.escape_debug())
}
