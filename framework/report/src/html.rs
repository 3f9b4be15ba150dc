//! The report as one HTML file that needs nothing beside it.

use exp_core::metrics::Rule;
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, UndefinedBehavior, escape_formatter};
use serde::Serialize;

use crate::charts::curves::{Panel, panels};
use crate::charts::dots::{Dots, dots};
use crate::charts::{COLOURS, DASHES};
use crate::describe;
use crate::summary::{BenchmarkSummary, RULES, Summary};
use crate::text;

/// The templates, each with the name by which others include it.
const TEMPLATES: [(&str, &str); 10] = [
    (
        "head.html",
        include_str!("../../../reports/templates/head.html"),
    ),
    (
        "similarity.html",
        include_str!("../../../reports/templates/similarity.html"),
    ),
    (
        "page.html",
        include_str!("../../../reports/templates/page.html"),
    ),
    (
        "benchmark.html",
        include_str!("../../../reports/templates/benchmark.html"),
    ),
    (
        "dots.html",
        include_str!("../../../reports/templates/dots.html"),
    ),
    (
        "curves.svg",
        include_str!("../../../reports/templates/curves.svg"),
    ),
    (
        "confusion.html",
        include_str!("../../../reports/templates/confusion.html"),
    ),
    (
        "origins.html",
        include_str!("../../../reports/templates/origins.html"),
    ),
    (
        "notes.html",
        include_str!("../../../reports/templates/notes.html"),
    ),
    (
        "style.css",
        include_str!("../../../reports/templates/style.css"),
    ),
];

/// Why a report could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A template is wrong, or asks for what is not there.
    #[error("the report's template `{}` failed: {source:#}; this is a mistake in the program, not in your experiment", .source.name().unwrap_or("page.html"))]
    Template {
        /// What the template engine says.
        #[from]
        source: minijinja::Error,
    },
}

/// Everything the templates read.
#[derive(Serialize)]
struct Page<'a> {
    summary: &'a Summary,
    statuses: String,
    grids: Vec<String>,
    synthetic: bool,
    folds: bool,
    benchmarks: Vec<Section<'a>>,
}

/// What the templates read of one benchmark.
#[derive(Serialize)]
struct Section<'a> {
    data: &'a BenchmarkSummary,
    tables: Vec<RuleTable>,
    frozen: Option<String>,
    absent: Option<String>,
    chance: Option<f64>,
    dots: Option<Dots>,
    panels: Vec<Panel>,
    keys: Vec<LegendKey>,
    gaps: usize,
    /// Each class with its test clips in one seed.
    classes: Vec<(String, u64)>,
}

/// A table under one rule.
#[derive(Serialize)]
struct RuleTable {
    index: usize,
    name: &'static str,
    describes: &'static str,
    on_test: bool,
    counted: String,
    clips: String,
}

/// How a setting is drawn.
#[derive(Serialize)]
struct LegendKey {
    letter: String,
    title: String,
    colour: usize,
    dash: &'static str,
}

/// The page. All data are escaped, and characters that could disturb the text around them are
/// written out. The page asks for no other file and holds no script.
pub fn page(summary: &Summary) -> Result<String, ReportError> {
    let page = Page {
        summary,
        statuses: describe::statuses(summary),
        grids: summary.benchmarks.iter().map(describe::grid).collect(),
        synthetic: summary
            .benchmarks
            .iter()
            .any(|benchmark| benchmark.synthetic),
        folds: summary
            .benchmarks
            .iter()
            .any(|benchmark| benchmark.folds.len() > 1),
        benchmarks: summary.benchmarks.iter().map(section).collect(),
    };
    let environment = environment()?;
    Ok(environment
        .get_template("page.html")?
        .render(Serde(&page))?)
}

/// The templates, with the rules that every page keeps: all data are escaped and made visible.
pub(crate) fn environment() -> Result<Environment<'static>, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_formatter(|out, state, value| match value.as_str() {
        Some(text) if !value.is_safe() => {
            escape_formatter(out, state, &Value::from(text::visible(text).into_owned()))
        }
        _ => escape_formatter(out, state, value),
    });
    environment.add_global("colours", COLOURS);
    environment.add_filter("percent", text::percent);
    environment.add_filter("cosine", text::cosine);
    environment.add_filter("span", |Serde((least, most)): Serde<(usize, usize)>| {
        text::span(least, most)
    });
    for (name, source) in TEMPLATES {
        environment.add_template(name, source)?;
    }
    Ok(environment)
}

fn section(benchmark: &BenchmarkSummary) -> Section<'_> {
    let tables = RULES.iter().enumerate().map(|(index, &rule)| RuleTable {
        index,
        name: rule.name(),
        describes: describe::rule(rule),
        on_test: rule == Rule::BestTest,
        counted: describe::counted(benchmark, rule),
        clips: describe::clips(benchmark),
    });
    let keys = benchmark.settings.iter().map(|setting| LegendKey {
        letter: setting.setting.letter.clone(),
        title: setting.setting.title.clone(),
        colour: setting.setting.index % COLOURS,
        dash: DASHES[setting.setting.index % DASHES.len()],
    });
    let curves = benchmark
        .settings
        .iter()
        .flat_map(|setting| &setting.curves);
    Section {
        data: benchmark,
        tables: tables.collect(),
        frozen: describe::frozen(benchmark),
        absent: describe::absent(benchmark),
        chance: benchmark.chance(),
        dots: dots(benchmark, Rule::Last),
        panels: panels(benchmark),
        keys: keys.collect(),
        gaps: curves.map(|curve| curve.gaps()).sum(),
        classes: benchmark
            .classes
            .iter()
            .map(|class| (class.clone(), clips(benchmark, class)))
            .collect(),
    }
}

/// Test clips of a class in one seed: the same in every setting with a figure.
fn clips(benchmark: &BenchmarkSummary, class: &str) -> u64 {
    let recalls = benchmark
        .settings
        .iter()
        .flat_map(|setting| &setting.rule(Rule::Last).recalls);
    recalls
        .filter(|recall| recall.class == class)
        .map(|recall| recall.clips)
        .max()
        .unwrap_or(0)
}
