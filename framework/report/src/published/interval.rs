//! Our interval against their point.

use crate::figure::Figure;
use crate::statistics::Interval;
use crate::statistics::paired::Paired;

/// Where a published point lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Below our interval.
    Below,
    /// In our interval.
    Within,
    /// Above our interval.
    Above,
}

impl Standing {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Below => "below",
            Self::Within => "within",
            Self::Above => "above",
        }
    }
}

/// The t interval of our mean over seeds; `None` below three seeds.
pub fn our_interval(figure: &Figure) -> Option<Interval> {
    let values: Vec<f64> = figure.values.iter().map(|seed| seed.value).collect();
    Some(Paired::new(&values)?.test?.interval)
}

/// Where a published point lies against our interval. The interval tells how our seeds vary; nothing
/// is known of theirs.
pub fn standing(ours: Interval, published: f64) -> Standing {
    match published {
        point if point < ours.low => Standing::Below,
        point if point > ours.high => Standing::Above,
        _ => Standing::Within,
    }
}
