//! Published results and ours in one order.

use exp_core::experiment::FROZEN_NOTE;
use exp_core::metrics::Metric;
use serde::Serialize;

use crate::figure::Figure;
use crate::published::{Beside, PublishedResult, Row, our_interval, standing};
use crate::summary::{BenchmarkSummary, RuleSummary, SettingSummary};
use crate::{View, describe, text};

/// Our settings among the published results; the best of them.
const OURS: usize = 6;

/// One result.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Entry {
    /// Whether it is ours.
    pub ours: bool,
    /// Its place among the published ones; 0 of ours.
    pub place: usize,
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
    /// Where their point lies against the interval of one of ours, in words: `UAR below, WAR within`.
    pub against: String,
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
    pub rows: Vec<Entry>,
    /// The letter of our setting that theirs are held against; none without an interval.
    pub against: Option<String>,
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
    let against = (shown.iter())
        .map(|&(_, setting)| setting)
        .find(|setting| our_interval(&setting.rule(view.rule).uar).is_some());
    let under = against.map(|setting| setting.rule(view.rule));
    let against = against.map(|setting| setting.setting.letter.clone());
    let ours = shown
        .iter()
        .map(|&(uar, setting)| (uar, ours(setting, view)));
    // Results without a UAR come first, since nothing can be said of their place.
    let theirs = (beside.rows.iter().zip(1..))
        .map(|(row, place)| (row.result.uar.unwrap_or(0.0), theirs(place, row, under)));
    let mut all: Vec<(f64, Entry)> = theirs.chain(ours).collect();
    all.sort_by(|one, other| one.0.total_cmp(&other.0));
    Standings {
        rows: all.into_iter().map(|(_, entry)| entry).collect(),
        figures: match beside.fold {
            Some(fold) => format!("UAR and WAR in percent, of fold {fold}."),
            None => "UAR and WAR in percent.".to_owned(),
        },
        notes: notes(benchmark, shown.len(), own.len(), against.as_deref()),
        against,
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

fn notes(
    benchmark: &BenchmarkSummary,
    shown: usize,
    all: usize,
    against: Option<&str>,
) -> Vec<String> {
    let best =
        (shown < all).then(|| format!("The {shown} of our {all} settings with the highest UAR."));
    let held = match against {
        Some(letter) => Some(format!(
            "Against {letter}: where their point lies against the interval of {letter}, the highest of ours that has one; it tells how our seeds vary, and nothing is known of theirs."
        )),
        None => {
            (shown > 0).then(|| "None of ours has an interval: that takes three seeds.".to_owned())
        }
    };
    let frozen = &benchmark.frozen;
    let left_out =
        (!frozen.is_empty()).then(|| format!("Left out: {} ({FROZEN_NOTE}).", text::list(frozen)));
    best.into_iter().chain(held).chain(left_out).collect()
}

fn ours(setting: &SettingSummary, view: View) -> Entry {
    let under = setting.rule(view.rule);
    Entry {
        ours: true,
        place: 0,
        title: format!("{}: {}", setting.setting.letter, setting.setting.title),
        published: "this experiment".to_owned(),
        backbone: String::new(),
        uar: with_interval(&under.uar),
        war: with_interval(&under.war),
        against: String::new(),
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

fn theirs(place: usize, row: &Row, ours: Option<&RuleSummary>) -> Entry {
    let result = &row.result;
    let point =
        |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| value.to_string());
    let year = result.year.map(|year| year.to_string());
    let published: Vec<String> = result.venue.iter().cloned().chain(year).collect();
    let source: Vec<&str> = std::iter::once(result.source.as_str())
        .chain(result.note.as_deref())
        .collect();
    Entry {
        ours: false,
        place,
        title: row.title.clone(),
        published: published.join(" "),
        backbone: result.backbone.clone().unwrap_or_default(),
        uar: point(result.uar),
        war: point(result.war),
        against: ours.map_or_else(String::new, |ours| against(result, ours)),
        differs: row.differences.join(", "),
        confidence: result.confidence.name(),
        source: source.join(". "),
    }
}

/// Where a published point lies, figure by figure.
fn against(result: &PublishedResult, ours: &RuleSummary) -> String {
    let figures = [
        (Metric::Uar, &ours.uar, result.uar),
        (Metric::War, &ours.war, result.war),
    ];
    let places = figures.into_iter().filter_map(|(metric, figure, point)| {
        let place = standing(our_interval(figure)?, point?);
        Some(format!("{} {}", describe::metric(metric), place.name()))
    });
    places.collect::<Vec<_>>().join(", ")
}
