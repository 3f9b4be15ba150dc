//! The templates and the rules that every text put into them keeps.

use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, Error, UndefinedBehavior, escape_formatter};

use crate::charts::COLOURS;
use crate::export::{latex, markdown};
use crate::text;
use crate::verdict::signed;

/// The templates, each with the name by which others include it.
macro_rules! templates {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../../../reports/templates/", $name)))),*]
    };
}

const TEMPLATES: [(&str, &str); 28] = templates![
    "head.html",
    "similarity.html",
    "page.html",
    "body.html",
    "experiment.html",
    "answer.html",
    "comparisons.html",
    "working.html",
    "grid.html",
    "difference.html",
    "hardest.html",
    "published.html",
    "index.html",
    "index_body.html",
    "across.html",
    "benchmark.html",
    "dots.html",
    "curves.svg",
    "confusion.html",
    "left_out.html",
    "remarks.html",
    "cost.html",
    "origins.html",
    "provenance.html",
    "notes.html",
    "style.css",
    "report.md",
    "report.tex",
];

/// The templates: whatever data say is shown as text, in HTML, Markdown and LaTeX alike, and what
/// could disturb the text around it is written out.
pub(crate) fn environment() -> Result<Environment<'static>, Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|name| match name.rsplit('.').next() {
        Some("md") => AutoEscape::Custom("markdown".into()),
        Some("tex") => AutoEscape::Custom("latex".into()),
        _ => AutoEscape::Html,
    });
    environment.set_formatter(|out, state, value| {
        let escape = match state.auto_escape() {
            AutoEscape::Custom(name) if name == "markdown" => {
                Some(markdown::escape as fn(&str) -> String)
            }
            AutoEscape::Custom(_) => Some(latex::escape as fn(&str) -> String),
            _ => None,
        };
        match (value.as_str(), escape) {
            (Some(text), Some(escape)) if !value.is_safe() => {
                Ok(out.write_str(&escape(&text::visible(text)))?)
            }
            (None, Some(_)) | (Some(_), Some(_)) => Ok(out.write_str(&value.to_string())?),
            (Some(text), None) if !value.is_safe() => {
                escape_formatter(out, state, &Value::from(text::visible(text).into_owned()))
            }
            (_, None) => escape_formatter(out, state, value),
        }
    });
    environment.add_global("colours", COLOURS);
    environment.add_filter("percent", text::percent);
    environment.add_filter("cosine", text::cosine);
    environment.add_filter("cut", |text: &str| latex::cut(text));
    environment.add_filter("short", |text: &str, longest: Option<usize>| {
        text::cut(text, longest.unwrap_or(text::LONGEST)).into_owned()
    });
    environment.add_filter("bytes", text::bytes);
    environment.add_filter("duration", text::duration);
    environment.add_filter("energy", text::energy);
    environment.add_filter("signed", |value: f64| signed(value, 1));
    environment.add_filter("decimals", |value: f64, decimals: usize| {
        format!("{value:.decimals$}")
    });
    environment.add_filter("span", |Serde((least, most)): Serde<(usize, usize)>| {
        text::span(least, most)
    });
    for (name, source) in TEMPLATES {
        environment.add_template(name, source)?;
    }
    Ok(environment)
}
