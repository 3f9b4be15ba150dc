//! The geometry of charts: scales, ticks and lines. Templates only draw what is computed here.

pub mod curves;
pub mod dots;
pub mod forest;

use std::fmt::Write;

use serde::Serialize;

/// Colours that the style sheet has for settings; the next setting begins again with the first.
pub const COLOURS: usize = 8;

/// Dash patterns, drawn with round caps, beside the colours, so that no line is known by its colour alone. Their number
/// shares no factor with [`COLOURS`], so that 40 settings differ in one or the other.
pub const DASHES: [&str; 5] = ["none", "7 5", "0.1 5", "9 5 0.1 5", "3 5"];

/// A straight map from values to places.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// The values at both ends.
    pub values: (f64, f64),
    /// The places of both ends.
    pub places: (f64, f64),
}

impl Scale {
    /// The place of a value; the middle where all values are one.
    pub fn place(&self, value: f64) -> f64 {
        let (low, high) = self.values;
        let (from, to) = self.places;
        let share = if high > low {
            (value - low) / (high - low)
        } else {
            0.5
        };
        from + share * (to - from)
    }
}

/// A mark on an axis.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tick {
    /// Where it stands.
    pub at: f64,
    /// What it says.
    pub label: String,
}

/// An axis whose ends and ticks are round numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// The values at both ends.
    pub values: (f64, f64),
    /// The values of the ticks, rising.
    pub ticks: Vec<f64>,
    decimals: usize,
}

impl Axis {
    /// The axis that holds all finite values with about `parts` steps; `None` without a value.
    ///
    /// The step is 1, 2 or 5 times a power of ten (Heckbert, "Nice Numbers for Graph Labels",
    /// Graphics Gems, 1990), and at least `least`.
    pub fn around(values: impl IntoIterator<Item = f64>, parts: usize, least: f64) -> Option<Self> {
        let finite = values.into_iter().filter(|value| value.is_finite());
        let (low, high) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(value), high.max(value))
        });
        if low > high {
            return None;
        }
        // Equal values get one step below and one above; huge ones need a step that moves them.
        let extent = if high > low {
            high - low
        } else {
            low.abs().max(1.0) * 0.1
        };
        let step = nice(extent / parts.max(1) as f64).max(least);
        let (mut first, mut last) = ((low / step).floor(), (high / step).ceil());
        if first == last {
            (first, last) = (first - 1.0, last + 1.0);
        }
        let steps = (last - first) as usize;
        Some(Self {
            values: (first * step, last * step),
            ticks: (0..=steps)
                .map(|index| (first + index as f64) * step)
                .collect(),
            decimals: (-step.log10().floor()).clamp(0.0, 9.0) as usize,
        })
    }

    /// The ticks at their places on a scale.
    pub fn marks(&self, scale: &Scale) -> Vec<Tick> {
        let mark = |&value: &f64| {
            // Adding zero turns a negative zero into zero.
            let label = format!("{:.*}", self.decimals, value + 0.0);
            Tick {
                at: round(scale.place(value)),
                label,
            }
        };
        self.ticks.iter().map(mark).collect()
    }
}

/// The smallest of 1, 2, 5 and 10 times a power of ten that is at least `step`, give or take
/// rounding errors.
fn nice(step: f64) -> f64 {
    let power = 10_f64.powf(step.log10().floor());
    let round = [1.0, 2.0, 5.0]
        .into_iter()
        .find(|factor| step <= factor * power * (1.0 + 1e-9));
    round.unwrap_or(10.0) * power
}

/// A place to a tenth of a pixel: more would only make the file longer.
pub fn round(place: f64) -> f64 {
    (place * 10.0).round() / 10.0
}

/// The data of an SVG path through points; a point with a NaN or an infinity breaks the line, and
/// a point alone between two breaks is drawn as a dot (by a round line cap).
pub fn path(points: impl IntoIterator<Item = (f64, f64)>) -> String {
    let mut path = String::new();
    let mut length = 0;
    for (x, y) in points {
        if !(x.is_finite() && y.is_finite()) {
            end(&mut path, length);
            length = 0;
            continue;
        }
        let command = if length == 0 { 'M' } else { 'L' };
        // Writing to a string cannot fail.
        let _ = write!(path, "{command}{} {}", round(x), round(y));
        length += 1;
    }
    end(&mut path, length);
    path
}

fn end(path: &mut String, length: usize) {
    if length == 1 {
        path.push_str("h0");
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn labels(values: &[f64], parts: usize, least: f64) -> Vec<String> {
        let axis = Axis::around(values.iter().copied(), parts, least).unwrap();
        let scale = Scale {
            values: axis.values,
            places: (0.0, 100.0),
        };
        axis.marks(&scale)
            .into_iter()
            .map(|tick| tick.label)
            .collect()
    }

    #[test]
    fn ticks_are_round_and_hold_all_values() {
        assert_eq!(
            labels(&[0.31, 1.87], 4, 0.0),
            ["0.0", "0.5", "1.0", "1.5", "2.0"]
        );
        assert_eq!(
            labels(&[52.3, 71.9], 4, 0.0),
            ["50", "55", "60", "65", "70", "75"]
        );
        assert_eq!(labels(&[1.0, 3.0], 8, 1.0), ["1", "2", "3"]);
        assert_eq!(
            labels(&[-0.2, 0.2], 4, 0.0),
            ["-0.2", "-0.1", "0.0", "0.1", "0.2"]
        );
        assert_eq!(
            labels(&[0.0, f64::NAN, f64::INFINITY, 100.0], 5, 0.0).len(),
            6
        );
    }

    #[test]
    fn one_value_stands_between_two_ticks() {
        for value in [0.0, 50.0, -3.5, 1e-9, 1e12] {
            let axis = Axis::around([value], 4, 0.0).unwrap();
            assert!(axis.values.0 < axis.values.1, "{value}");
            assert!(axis.values.0 <= value && value <= axis.values.1, "{value}");
            assert!(axis.ticks.len() < 10, "{value}");
        }
        assert_eq!(Axis::around([f64::NAN], 4, 0.0), None);
    }

    #[test]
    fn a_value_that_is_not_finite_breaks_the_line() {
        let nan = f64::NAN;
        let points = [
            (0.0, 1.0),
            (1.0, 2.0),
            (2.0, nan),
            (3.0, 4.26),
            (4.0, f64::INFINITY),
        ];
        assert_eq!(path(points), "M0 1L1 2M3 4.3h0");
        assert_eq!(path([(0.0, nan)]), "");
    }

    #[test]
    fn a_scale_may_run_downwards() {
        let scale = Scale {
            values: (0.0, 10.0),
            places: (200.0, 0.0),
        };
        assert_eq!((scale.place(0.0), scale.place(2.5)), (200.0, 150.0));
        let flat = Scale {
            values: (1.0, 1.0),
            places: (0.0, 10.0),
        };
        assert_eq!(flat.place(1.0), 5.0);
    }
}
