//! The report as one HTML file that needs nothing beside it.

mod confusion;
mod effects;
mod experiment;
mod grid;
mod index;
mod section;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use minijinja::value::Serde;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{Exporter, Rendered, ReportError};
use crate::{Report, templates};
use experiment::Experiment;

pub use index::{IndexEntry, index, index_body};

/// What the page does by itself: it sorts tables, opens and closes details, and takes in changes
/// where a server sends them. The page is complete without it.
const SCRIPT: &str = include_str!("../../../../../reports/templates/page.js");

/// The page for people; it needs nothing beside it.
pub struct Html;

impl Exporter for Html {
    fn name(&self) -> &'static str {
        "html"
    }

    fn describes(&self) -> &'static str {
        "a page that needs nothing beside it"
    }

    fn extension(&self) -> Option<&'static str> {
        Some("html")
    }

    /// The page. All data are escaped, and characters that could disturb the text around them are
    /// written out. The page asks for no other file.
    fn render(&self, reports: &[Report]) -> Result<Rendered, ReportError> {
        Ok(Rendered::Text(page(reports, None)?))
    }
}

/// What a page needs to follow its experiments while they run.
#[derive(Debug, Clone, Serialize)]
pub struct Live {
    /// Where the server sends changes from, a path on it.
    pub events: String,
    /// Where the list of experiments is, a path on it.
    pub index: String,
}

/// Everything the templates read.
#[derive(Serialize)]
struct Page<'a> {
    title: String,
    experiments: Vec<Experiment<'a>>,
    several: bool,
    live: Option<&'a Live>,
    script: &'static str,
    script_hash: String,
}

/// One page for all, which a server keeps up to date if it is live.
pub fn page(reports: &[Report], live: Option<&Live>) -> Result<String, ReportError> {
    render("page.html", reports, live)
}

/// What changes of a live page: the inside of its `main`.
pub fn body(reports: &[Report], live: &Live) -> Result<String, ReportError> {
    render("body.html", reports, Some(live))
}

fn render(template: &str, reports: &[Report], live: Option<&Live>) -> Result<String, ReportError> {
    let several = reports.len() > 1;
    let page = Page {
        title: match reports {
            [one] => one.summary.name.clone(),
            _ => format!("{} experiments", reports.len()),
        },
        experiments: (reports.iter().enumerate())
            .map(|(at, report)| Experiment::new(report, at, several, live.is_some()))
            .collect(),
        several,
        live,
        script: SCRIPT,
        script_hash: script_hash(),
    };
    let environment = templates::environment()?;
    Ok(environment.get_template(template)?.render(Serde(&page))?)
}

/// By this a page's content security policy knows the one script that may run.
fn script_hash() -> String {
    BASE64_STANDARD.encode(Sha256::digest(SCRIPT))
}
