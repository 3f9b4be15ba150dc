//! Published results and ours in one order.

use exp_core::experiment::FROZEN_NOTE;
use serde::Serialize;

use crate::figure::Figure;
use crate::published::{Beside, Row, our_interval};
use crate::summary::{BenchmarkSummary, SettingSummary};
use crate::{View, text};

/// Our settings among the published results; the best of them.
const OURS: usize = 6;

/// One result.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Standing {
    /// Whether it is ours.
    pub ours: bool,
    /// The method, or our setting.
    pub title: String,
    /// Where and when it was published.
    pub published: String,
    /// The model that sees the frames.
    pub backbone: String,
    /// UAR in percent: a point of theirs, our mean with its interval.
    pub uar: String,
    /// WAR in percent, likewise.
    pub war: String,
    /// How its protocol differs from ours.
    pub differs: String,
    /// How far the figures can be trusted.
    pub confidence: &'static str,
    /// Where they were read, and what else there is to know.
    pub source: String,
}

/// Published results with ours among them.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Standings {
    /// The results, the highest UAR last.
    pub rows: Vec<Standing>,
    /// What the figures are: `UAR and WAR in percent, of fold 1.`
    pub figures: String,
    /// What has to be known of ours.
    pub notes: Vec<String>,
}

/// Published results with ours among them; nothing without published ones, and where all of ours have
/// a frozen image encoder, which makes them [another training](FROZEN_NOTE).
pub fn standings(beside: &Beside, benchmark: &BenchmarkSummary, view: View) -> Standings {
    let comparable = benchmark.settings.len() > benchmark.frozen.len();
    if beside.rows.is_empty() || !comparable {
        return Standings::default();
    }
    let own = own(benchmark, view);
    let shown = &own[..own.len().min(OURS)];
    let ours = shown
        .iter()
        .map(|&(uar, setting)| (uar, ours(setting, view)));
    // Results without a UAR come first, since nothing can be said of their place.
    let theirs = beside
        .rows
        .iter()
        .map(|row| (row.result.uar.unwrap_or(0.0), theirs(row)));
    let mut all: Vec<(f64, Standing)> = theirs.chain(ours).collect();
    all.sort_by(|one, other| one.0.total_cmp(&other.0));
    Standings {
        rows: all.into_iter().map(|(_, standing)| standing).collect(),
        figures: match beside.fold {
            Some(fold) => format!("UAR and WAR in percent, of fold {fold}."),
            None => "UAR and WAR in percent.".to_owned(),
        },
        notes: notes(benchmark, shown.len(), own.len()),
    }
}

/// Our settings that may stand beside published results and have a figure, the highest UAR first.
fn own(benchmark: &BenchmarkSummary, view: View) -> Vec<(f64, &SettingSummary)> {
    let mut own: Vec<(f64, &SettingSummary)> = (benchmark.settings.iter())
        .filter(|own| !benchmark.frozen.contains(&own.setting.letter))
        .filter_map(|own| Some((own.rule(view.rule).uar.mean?, own)))
        .collect();
    own.sort_by(|one, other| other.0.total_cmp(&one.0));
    own
}

fn notes(benchmark: &BenchmarkSummary, shown: usize, all: usize) -> Vec<String> {
    let best =
        (shown < all).then(|| format!("The {shown} of our {all} settings with the highest UAR."));
    let frozen = &benchmark.frozen;
    let left_out =
        (!frozen.is_empty()).then(|| format!("Left out: {} ({FROZEN_NOTE}).", text::list(frozen)));
    best.into_iter().chain(left_out).collect()
}

fn ours(setting: &SettingSummary, view: View) -> Standing {
    let under = setting.rule(view.rule);
    Standing {
        ours: true,
        title: format!("{}: {}", setting.setting.letter, setting.setting.title),
        published: "this experiment".to_owned(),
        backbone: String::new(),
        uar: with_interval(&under.uar),
        war: with_interval(&under.war),
        differs: String::new(),
        confidence: "",
        source: String::new(),
    }
}

fn with_interval(figure: &Figure) -> String {
    match (figure.mean, our_interval(figure)) {
        (Some(mean), Some(interval)) => format!(
            "{} ({} to {})",
            text::percent(mean),
            text::percent(interval.low),
            text::percent(interval.high)
        ),
        (Some(mean), None) => text::percent(mean),
        (None, _) => "–".to_owned(),
    }
}

fn theirs(row: &Row) -> Standing {
    let result = &row.result;
    let point =
        |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| value.to_string());
    let year = result.year.map(|year| year.to_string());
    let published: Vec<String> = result.venue.iter().cloned().chain(year).collect();
    let source: Vec<&str> = std::iter::once(result.source.as_str())
        .chain(result.note.as_deref())
        .collect();
    Standing {
        ours: false,
        title: row.title.clone(),
        published: published.join(" "),
        backbone: result.backbone.clone().unwrap_or_default(),
        uar: point(result.uar),
        war: point(result.war),
        differs: row.differences.join(", "),
        confidence: result.confidence.name(),
        source: source.join(". "),
    }
}
