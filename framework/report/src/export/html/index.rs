//! The list of experiments, for a server.

use minijinja::value::Serde;
use serde::Serialize;

use super::{Live, SCRIPT, script_hash};
use crate::export::ReportError;
use crate::templates;

/// One experiment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IndexEntry {
    /// Its name.
    pub name: String,
    /// Where its page is.
    pub path: String,
    /// How many of its runs have each status, zeros left out.
    pub statuses: Vec<(&'static str, usize)>,
}

/// What the templates read.
#[derive(Serialize)]
struct Index<'a> {
    entries: &'a [IndexEntry],
    live: Live,
    script: &'static str,
    script_hash: String,
}

/// The page with the list; `events` is where the server sends its changes from.
pub fn index(entries: &[IndexEntry], events: &str) -> Result<String, ReportError> {
    render("index.html", entries, events)
}

/// What changes of it: the inside of its `main`.
pub fn index_body(entries: &[IndexEntry]) -> Result<String, ReportError> {
    render("index_body.html", entries, "")
}

fn render(template: &str, entries: &[IndexEntry], events: &str) -> Result<String, ReportError> {
    let index = Index {
        entries,
        live: Live {
            events: events.to_owned(),
            index: "/".to_owned(),
        },
        script: SCRIPT,
        script_hash: script_hash(),
    };
    let environment = templates::environment()?;
    Ok(environment.get_template(template)?.render(Serde(&index))?)
}
