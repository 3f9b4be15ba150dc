//! Learning curves: one panel a series, every setting in each.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Axis, COLOURS, DASHES, Scale, Tick, path, round};
use crate::summary::{Curve, SERIES, SettingSummary};

const WIDTH: f64 = 400.0;
const HEIGHT: f64 = 230.0;
const LEFT: f64 = 36.0;
const RIGHT: f64 = 24.0;
const TOP: f64 = 8.0;
const BOTTOM: f64 = 24.0;

/// Least distance between two letters at the ends of lines.
const LETTER: f64 = 12.0;

/// Most runs that are drawn one by one.
const RUNS: usize = 150;

/// Most epochs that a line is drawn through: the plot is not many more pixels wide.
const EPOCHS: usize = 200;

/// One series.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Panel {
    /// What is drawn.
    pub title: &'static str,
    /// Width of the drawing.
    pub width: f64,
    /// Height of the drawing.
    pub height: f64,
    /// Left, right, top and bottom of the plot in it.
    pub frame: [f64; 4],
    /// Epochs.
    pub x: Vec<Tick>,
    /// Values.
    pub y: Vec<Tick>,
    /// Whether there are too many runs to draw each.
    pub crowded: bool,
    /// Lines go through every epoch, or where there are very many through each so manieth and the
    /// last.
    pub every: usize,
    /// A line a setting.
    pub lines: Vec<Line>,
}

/// The lines of one setting.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Line {
    /// The setting's letter.
    pub letter: String,
    /// Which colour.
    pub colour: usize,
    /// Which dashes.
    pub dash: &'static str,
    /// A path a run; none in a crowded panel.
    pub runs: Vec<String>,
    /// In a crowded panel, the path around all runs.
    pub band: Option<String>,
    /// The path of the mean.
    pub mean: String,
    /// Where the mean ends and where the letter stands beside it: x, y, y of the letter.
    pub end: Option<(f64, f64, f64)>,
}

/// The panels of some settings: losses on one scale, UAR and WAR on another, so that each pair can
/// be compared. Series that no run has are left out.
pub fn panels(settings: &[&SettingSummary]) -> Vec<Panel> {
    let titles = ["Training loss", "Test loss", "Test UAR, %", "Test WAR, %"];
    let pairs = [&SERIES[..2], &SERIES[2..]];
    let each = SERIES.iter().zip(titles).zip([0, 0, 1, 1]);
    each.filter_map(|((series, title), pair)| panel(settings, series, title, pairs[pair]))
        .collect()
}

fn panel(
    settings: &[&SettingSummary],
    series: &str,
    title: &'static str,
    together: &[&str],
) -> Option<Panel> {
    let with = |names: &[&str]| -> Vec<(&SettingSummary, &Curve)> {
        let all = settings.iter().copied();
        let all = all.flat_map(|setting| setting.curves.iter().map(move |curve| (setting, curve)));
        all.filter(|(_, curve)| names.contains(&curve.series))
            .collect()
    };
    let points = |curves: &[(&SettingSummary, &Curve)]| -> Vec<(usize, f64)> {
        curves
            .iter()
            .flat_map(|(_, curve)| curve.runs.iter().flatten().copied())
            .collect()
    };
    let own = with(&[series]);
    let last = own
        .iter()
        .filter_map(|(_, curve)| curve.mean.last())
        .map(|&(epoch, _)| epoch)
        .max()?;
    let y_axis = Axis::around(
        points(&with(together)).into_iter().map(|(_, value)| value),
        4,
        0.0,
    )?;
    let x_axis = Axis::around([0.0, last as f64], 6, 1.0)?;
    let (right, bottom) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
    let x = Scale {
        values: (1.0, last as f64),
        places: (LEFT + 6.0, right - 6.0),
    };
    let y = Scale {
        values: y_axis.values,
        places: (bottom, TOP),
    };
    let every = last.div_ceil(EPOCHS).max(1);
    let crowded = own.iter().map(|(_, curve)| curve.runs.len()).sum::<usize>() > RUNS;
    let mut lines: Vec<Line> = own
        .iter()
        .map(|(setting, curve)| line(setting, &thinned(curve, every), &x, &y, crowded))
        .collect();
    spread(&mut lines, TOP, bottom);
    let mut epochs = x_axis.marks(&x);
    let inside = |at: f64| (LEFT..=right).contains(&at);
    epochs.retain(|tick| inside(tick.at) && tick.label != "0");
    Some(Panel {
        title,
        width: WIDTH,
        height: HEIGHT,
        frame: [LEFT, right, TOP, bottom],
        x: epochs,
        y: y_axis.marks(&y),
        crowded,
        every,
        lines,
    })
}

/// The curve at every `every`th epoch and the last.
fn thinned(curve: &Curve, every: usize) -> Curve {
    let thin = |points: &[(usize, f64)]| -> Vec<(usize, f64)> {
        let last = points.last().map(|point| point.0);
        let kept = |point: &&(usize, f64)| point.0.is_multiple_of(every) || Some(point.0) == last;
        points.iter().filter(kept).copied().collect()
    };
    Curve {
        series: curve.series,
        runs: curve.runs.iter().map(|run| thin(run)).collect(),
        mean: thin(&curve.mean),
    }
}

fn line(setting: &SettingSummary, curve: &Curve, x: &Scale, y: &Scale, crowded: bool) -> Line {
    let place = |&(epoch, value): &(usize, f64)| (x.place(epoch as f64), y.place(value));
    let end = curve
        .mean
        .iter()
        .rev()
        .find(|(_, value)| value.is_finite())
        .map(place);
    let index = setting.setting.index;
    Line {
        letter: setting.setting.letter.clone(),
        colour: index % COLOURS,
        dash: DASHES[index % DASHES.len()],
        runs: match crowded {
            true => Vec::new(),
            false => curve
                .runs
                .iter()
                .map(|run| path(run.iter().map(place)))
                .collect(),
        },
        band: crowded.then(|| band(curve, x, y)),
        mean: path(curve.mean.iter().map(place)),
        end: end.map(|(x, y)| (round(x), round(y), round(y))),
    }
}

/// The path around all runs: the highest value of each epoch, and back along the lowest ones.
fn band(curve: &Curve, x: &Scale, y: &Scale) -> String {
    let mut ranges: BTreeMap<usize, (f64, f64)> = BTreeMap::new();
    let points = curve
        .runs
        .iter()
        .flatten()
        .filter(|(_, value)| value.is_finite());
    for &(epoch, value) in points {
        let (low, high) = ranges.entry(epoch).or_insert((value, value));
        (*low, *high) = (low.min(value), high.max(value));
    }
    let place = |epoch: usize, value: f64| (x.place(epoch as f64), y.place(value));
    let there = ranges.iter().map(|(&epoch, &(_, high))| place(epoch, high));
    let back = ranges
        .iter()
        .rev()
        .map(|(&epoch, &(low, _))| place(epoch, low));
    path(there.chain(back))
}

/// Moves letters apart, in the order of their lines and within the frame, with the least sum of
/// squared moves (isotonic regression: letters that would overlap pool around their mean).
fn spread(lines: &mut [Line], top: f64, bottom: f64) {
    let mut ends: Vec<&mut (f64, f64, f64)> = lines
        .iter_mut()
        .filter_map(|line| line.end.as_mut())
        .collect();
    ends.sort_by(|one, other| one.1.total_cmp(&other.1));
    let distance = LETTER.min((bottom - top) / ends.len().max(1) as f64);
    let below = |index: usize| index as f64 * distance;
    // Without the distances above it, a letter only has to be no higher than the one before.
    let mut pools: Vec<(f64, usize)> = Vec::new();
    for (index, end) in ends.iter().enumerate() {
        let mut pool = (end.1 - below(index), 1);
        while let Some((mean, size)) = pools.pop_if(|before| before.0 > pool.0) {
            let sum = mean * size as f64 + pool.0 * pool.1 as f64;
            pool = (sum / (size + pool.1) as f64, size + pool.1);
        }
        pools.push(pool);
    }
    let lowest = bottom - below(ends.len().saturating_sub(1));
    let places = pools
        .into_iter()
        .flat_map(|(mean, size)| std::iter::repeat_n(mean, size));
    for ((index, end), place) in ends.iter_mut().enumerate().zip(places) {
        end.2 = round(place.clamp(top, lowest) + below(index));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(y: f64) -> Line {
        Line {
            letter: String::new(),
            colour: 0,
            dash: DASHES[0],
            runs: Vec::new(),
            band: None,
            mean: String::new(),
            end: Some((0.0, y, y)),
        }
    }

    #[test]
    fn letters_of_close_lines_stand_apart_inside_the_frame() {
        let mut lines = [100.0, 101.0, 99.0, 205.0, 206.0].map(ended);
        spread(&mut lines, 0.0, 206.0);
        let mut at: Vec<f64> = lines
            .iter()
            .filter_map(|line| line.end)
            .map(|end| end.2)
            .collect();
        assert!(at[2] < at[0] && at[0] < at[1] && at[3] < at[4], "{at:?}");
        at.sort_by(f64::total_cmp);
        assert!(
            at.windows(2).all(|pair| pair[1] - pair[0] >= LETTER - 0.11),
            "{at:?}"
        );
        assert!(at[0] >= 0.0 && at[4] <= 206.0, "{at:?}");
    }

    #[test]
    fn letters_that_would_overlap_gather_around_their_lines() {
        let mut lines = [50.0, 100.0, 100.0, 100.0].map(ended);
        spread(&mut lines, 0.0, 200.0);
        let at = lines.map(|line| line.end.map(|end| end.2));
        assert_eq!(at, [50.0, 88.0, 100.0, 112.0].map(Some));
    }

    #[test]
    fn too_many_letters_share_the_height() {
        let mut lines: Vec<Line> = (0..50).map(|_| ended(100.0)).collect();
        spread(&mut lines, 0.0, 200.0);
        let at: Vec<f64> = lines
            .iter()
            .filter_map(|line| line.end)
            .map(|end| end.2)
            .collect();
        assert!(at.iter().all(|y| (0.0..=200.0).contains(y)), "{at:?}");
    }
}
