//! What the templates read of one benchmark.

use exp_core::metrics::{Metric, Rule};
use serde::Serialize;

use super::confusion::{Difference, differences};
use super::grid::{Grid, grids};
use crate::beside::{Standings, standings};
use crate::charts::curves::{Panel, panels};
use crate::charts::dots::{Dots, dots};
use crate::charts::{COLOURS, DASHES};
use crate::summary::{BenchmarkSummary, HardClip, RULES, SettingSummary};
use crate::{Report, View, describe};

/// Settings that charts show: of more, no line could be told from its neighbours.
const DRAWN: usize = 40;

/// Settings whose confusion matrix is shown; the JSON export has them all.
const MATRICES: usize = 12;

/// One benchmark.
#[derive(Serialize)]
pub struct Section<'a> {
    data: &'a BenchmarkSummary,
    tables: Vec<RuleTable>,
    frozen: Option<String>,
    tf32: Option<String>,
    absent: Option<String>,
    /// What was kept out of training.
    held_out: Option<String>,
    chance: Option<f64>,
    dots: Option<Dots>,
    grids: Vec<Grid>,
    panels: Vec<Panel>,
    keys: Vec<LegendKey>,
    /// How many settings the charts show.
    drawn: usize,
    gaps: usize,
    /// Each class with its test clips in one seed.
    classes: Vec<(String, u64)>,
    /// How many settings' confusion matrices are shown.
    matrices: usize,
    differences: Vec<Difference>,
    hardest: Vec<Hard<'a>>,
    /// Published results with ours among them.
    standings: Standings,
    /// Published results that may not stand beside ours, with the reason.
    not_comparable: &'a [(String, String)],
}

/// A table under one rule.
#[derive(Serialize)]
struct RuleTable {
    index: usize,
    name: &'static str,
    describes: String,
    on_test: bool,
    counted: String,
    clips: String,
    /// The rows with the best UAR and the best WAR, where they can be told from the next best.
    best: [Option<usize>; 2],
}

/// How a setting is drawn.
#[derive(Serialize)]
struct LegendKey {
    letter: String,
    title: String,
    colour: usize,
    dash: &'static str,
}

/// A clip that most runs get wrong.
#[derive(Serialize)]
struct Hard<'a> {
    #[serde(flatten)]
    clip: &'a HardClip,
    /// Its frames, as a `data:` URI.
    strip: Option<&'a str>,
}

impl<'a> Section<'a> {
    pub fn new(report: &'a Report, at: usize, benchmark: &'a BenchmarkSummary) -> Self {
        let own = report.view.rule;
        let drawn = drawn(benchmark, report.view);
        let keys = drawn.iter().map(|setting| LegendKey {
            letter: setting.setting.letter.clone(),
            title: setting.setting.title.clone(),
            colour: setting.setting.index % COLOURS,
            dash: DASHES[setting.setting.index % DASHES.len()],
        });
        let curves = drawn.iter().flat_map(|setting| &setting.curves);
        let hard = |clip: &'a HardClip| {
            let key = (benchmark.name.clone(), clip.clip.clone());
            Hard {
                clip,
                strip: report.strips.get(&key).map(String::as_str),
            }
        };
        let beside = &report.beside[at];
        let class = |class: &String| (class.clone(), clips(benchmark, class));
        Self {
            data: benchmark,
            tables: (benchmark.rules(own))
                .map(|rule| table(report, benchmark, rule))
                .collect(),
            frozen: describe::frozen(benchmark),
            tf32: describe::tf32(benchmark),
            absent: describe::absent(benchmark),
            held_out: describe::held_out(benchmark),
            chance: benchmark.chance(),
            dots: dots(benchmark, &drawn, own),
            grids: grids(report, benchmark),
            panels: panels(&drawn),
            keys: keys.collect(),
            drawn: drawn.len(),
            gaps: curves.map(|curve| curve.gaps()).sum(),
            classes: benchmark.classes.iter().map(class).collect(),
            matrices: benchmark.settings.len().min(MATRICES),
            differences: differences(report, benchmark),
            standings: standings(beside, benchmark, report.view),
            not_comparable: &beside.left_out,
            hardest: report.hardest[at].iter().map(hard).collect(),
        }
    }
}

/// The settings that charts show, in the plan's order: all, or where there are too many those with the
/// highest figures.
fn drawn(benchmark: &BenchmarkSummary, view: View) -> Vec<&SettingSummary> {
    let mut drawn: Vec<&SettingSummary> = benchmark.settings.iter().collect();
    if drawn.len() > DRAWN {
        let figure = |setting: &SettingSummary| {
            let mean = setting.rule(view.rule).metric(view.metric).mean;
            mean.unwrap_or(f64::NEG_INFINITY)
        };
        drawn.sort_by(|one, other| figure(other).total_cmp(&figure(one)));
        drawn.truncate(DRAWN);
        drawn.sort_by_key(|setting| setting.setting.index);
    }
    drawn
}

fn table(report: &Report, benchmark: &BenchmarkSummary, rule: Rule) -> RuleTable {
    RuleTable {
        index: RULES.iter().position(|&other| other == rule).unwrap_or(0),
        name: rule.name(),
        describes: describe::rule(rule, benchmark),
        on_test: rule == Rule::BestTest,
        counted: describe::counted(benchmark, rule),
        clips: describe::clips(benchmark),
        best: [Metric::Uar, Metric::War].map(|metric| report.best(benchmark, metric, rule)),
    }
}

/// Test clips of a class in one seed: the same in every setting with a figure.
fn clips(benchmark: &BenchmarkSummary, class: &str) -> u64 {
    let recalls = |setting: &'_ SettingSummary| setting.rule(Rule::Last).recalls.clone();
    let all = benchmark.settings.iter().flat_map(recalls);
    let clips = all
        .filter(|recall| recall.class == class)
        .map(|recall| recall.clips);
    clips.max().unwrap_or(0)
}
