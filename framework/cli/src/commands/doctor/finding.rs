//! What was found, for people and for programs.

use std::fmt::Write;

use exp_report::text::visible;
use serde_json::{Value, json};

/// How it stands with a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It is there.
    Ok,
    /// It is not there, and only some work needs it.
    Missing,
    /// It was asked for and cannot be used.
    Broken,
}

impl Status {
    fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Missing => "missing",
            Self::Broken => "broken",
        }
    }
}

/// One thing that was looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was looked for.
    pub what: String,
    /// How it stands with it.
    pub status: Status,
    /// What was found, in one line.
    pub found: String,
    /// What to do, in one line.
    pub advice: Option<String>,
}

impl Finding {
    fn new(status: Status, what: &str, found: impl Into<String>) -> Self {
        Self {
            what: what.to_owned(),
            status,
            found: found.into(),
            advice: None,
        }
    }

    /// Something that is there.
    pub fn ok(what: &str, found: impl Into<String>) -> Self {
        Self::new(Status::Ok, what, found)
    }

    /// Something that is not there.
    pub fn missing(what: &str, found: impl Into<String>) -> Self {
        Self::new(Status::Missing, what, found)
    }

    /// Something that was asked for and cannot be used.
    pub fn broken(what: &str, found: impl Into<String>) -> Self {
        Self::new(Status::Broken, what, found)
    }

    /// With what to do about it.
    pub fn advice(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }
}

/// Findings that belong together.
pub struct Section {
    /// What they are about.
    pub about: &'static str,
    /// In the order they are printed.
    pub findings: Vec<Finding>,
}

impl Section {
    /// A section about something.
    pub fn of(about: &'static str, findings: Vec<Finding>) -> Self {
        Self { about, findings }
    }
}

/// The findings for people.
pub fn text(sections: &[Section]) -> String {
    let findings = sections.iter().flat_map(|section| &section.findings);
    let width = findings.map(|f| f.what.chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for (index, section) in sections.iter().enumerate() {
        let gap = if index == 0 { "" } else { "\n" };
        let _ = writeln!(text, "{gap}{}", section.about);
        for finding in &section.findings {
            let status = finding.status.name();
            let (what, found) = (visible(&finding.what), visible(&finding.found));
            let _ = writeln!(text, "  {status:<7}  {what:<width$}  {found}");
            if let Some(advice) = &finding.advice {
                let _ = writeln!(text, "  {:<7}  {:<width$}  -> {}", "", "", visible(advice));
            }
        }
    }
    text
}

/// The findings for programs.
pub fn json(sections: &[Section]) -> Value {
    let findings = sections.iter().flat_map(|section| {
        section.findings.iter().map(|finding| {
            json!({
                "about": section.about,
                "what": finding.what,
                "status": finding.status.name(),
                "found": finding.found,
                "advice": finding.advice,
            })
        })
    });
    Value::Array(findings.collect())
}
