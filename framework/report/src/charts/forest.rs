//! The forest plot: differences with their intervals, one below the other, and where zero is.
//! Places across are percent of the width, so that the chart fits any page.

use serde::Serialize;

use super::{Axis, Scale, Tick, round};

/// One difference, in points.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Whether the experiment's question is about it.
    pub primary: bool,
    /// What is compared.
    pub label: String,
    /// The figure that is compared.
    pub metric: &'static str,
    /// The mean difference.
    pub mean: f64,
    /// Its interval.
    pub interval: Option<(f64, f64)>,
    /// All of it as text.
    pub figure: String,
}

/// The chart.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Forest {
    /// The axis.
    pub ticks: Vec<Tick>,
    /// Where no difference lies.
    pub zero: f64,
    /// A line a difference.
    pub lines: Vec<Line>,
}

/// One difference in its place.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Line {
    /// Whether the experiment's question is about it.
    pub primary: bool,
    /// What is compared.
    pub label: String,
    /// The figure that is compared.
    pub metric: &'static str,
    /// The place of the mean.
    pub mean: f64,
    /// The places of the interval's ends.
    pub interval: Option<(f64, f64)>,
    /// All of it as text.
    pub figure: String,
}

/// The chart of some differences; `None` without any.
pub fn forest(rows: Vec<Row>) -> Option<Forest> {
    let ends = |row: &Row| {
        row.interval
            .map_or([row.mean; 2], |(low, high)| [low, high])
    };
    if rows.is_empty() {
        return None;
    }
    let values = rows.iter().flat_map(ends).chain([0.0]);
    let axis = Axis::around(values, 5, 0.0)?;
    let scale = Scale {
        values: axis.values,
        places: (0.0, 100.0),
    };
    let place = |value: f64| round(scale.place(value));
    let line = |row: Row| Line {
        primary: row.primary,
        label: row.label,
        metric: row.metric,
        mean: place(row.mean),
        interval: row.interval.map(|(low, high)| (place(low), place(high))),
        figure: row.figure,
    };
    Some(Forest {
        ticks: axis.marks(&scale),
        zero: place(0.0),
        lines: rows.into_iter().map(line).collect(),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn row(mean: f64, interval: Option<(f64, f64)>) -> Row {
        Row {
            primary: true,
            label: String::new(),
            metric: "UAR",
            mean,
            interval,
            figure: String::new(),
        }
    }

    #[test]
    fn zero_is_always_in_view() {
        let chart = forest(vec![row(6.0, Some((4.0, 8.0))), row(3.0, None)]).unwrap();
        assert_eq!(chart.zero, 0.0);
        assert_eq!(
            (chart.lines[0].mean, chart.lines[0].interval),
            (75.0, Some((50.0, 100.0)))
        );
        assert_eq!((chart.lines[1].mean, chart.lines[1].interval), (37.5, None));
        let below = forest(vec![row(-1.0, Some((-2.0, 0.5)))]).unwrap();
        assert!(below.zero > 50.0 && below.zero < 100.0);
        assert_eq!(forest(Vec::new()), None);
    }
}
