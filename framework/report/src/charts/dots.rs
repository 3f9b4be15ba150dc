//! The dot chart: UAR of every seed of every setting, and the mean. Places across are percent of
//! the width, so that the chart fits any page without its text shrinking.

use exp_core::metrics::Rule;
use serde::Serialize;

use super::{Axis, COLOURS, Scale, Tick, round};
use crate::summary::{BenchmarkSummary, SettingSummary};
use crate::text;

/// How far above and below the middle of its row the first and the last seed lie.
const SPREAD: f64 = 6.0;

/// The chart of one benchmark.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Dots {
    /// The axis.
    pub ticks: Vec<Tick>,
    /// What guessing would give, where it lies on the axis.
    pub chance: Option<f64>,
    /// A row a setting.
    pub rows: Vec<Row>,
}

/// One setting.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// The setting's letter.
    pub letter: String,
    /// Its levels.
    pub title: String,
    /// Which colour.
    pub colour: usize,
    /// A dot a seed.
    pub dots: Vec<Dot>,
    /// The place of the mean.
    pub mean: Option<f64>,
    /// The figure as text.
    pub figure: String,
}

/// One seed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Dot {
    /// Place across.
    pub x: f64,
    /// Pixels below the middle of the row: seeds lie a little below each other, so that equal
    /// ones are seen.
    pub y: f64,
    /// What it says when pointed at.
    pub title: String,
}

/// The chart of some settings of a benchmark; `None` where none of them has a figure.
pub fn dots(
    benchmark: &BenchmarkSummary,
    settings: &[&SettingSummary],
    rule: Rule,
) -> Option<Dots> {
    let uar = |setting: &SettingSummary| setting.rule(rule).uar.clone();
    let values = settings.iter().flat_map(|setting| uar(setting).values);
    let axis = Axis::around(values.map(|seed| seed.value), 5, 0.0)?;
    let scale = Scale {
        values: axis.values,
        places: (0.0, 100.0),
    };
    let rows = settings.iter().map(|setting| {
        let figure = uar(setting);
        let last = figure.n.saturating_sub(1) as f64;
        let down = Scale {
            values: (0.0, last),
            places: (-SPREAD, SPREAD),
        };
        let dot = |(index, seed): (usize, &crate::SeedValue)| Dot {
            x: round(scale.place(seed.value)),
            y: round(down.place(index as f64)),
            title: format!("seed {}: {} %", seed.seed, text::percent(seed.value)),
        };
        Row {
            letter: setting.setting.letter.clone(),
            title: setting.setting.title.clone(),
            colour: setting.setting.index % COLOURS,
            dots: figure.values.iter().enumerate().map(dot).collect(),
            mean: figure.mean.map(|mean| round(scale.place(mean))),
            figure: text::figure(&figure),
        }
    });
    let on_axis = |&value: &f64| axis.values.0 <= value && value <= axis.values.1;
    Some(Dots {
        ticks: axis.marks(&scale),
        chance: benchmark
            .chance()
            .filter(on_axis)
            .map(|chance| round(scale.place(chance))),
        rows: rows.collect(),
    })
}
