//! Statistics of paired figures: pure functions over slices, each with its source.
//!
//! The figures of these functions were compared with those of SciPy and statsmodels
//! (`tests/statistics/`), and how often their intervals hold what they should was counted in
//! simulated experiments (`examples/coverage.rs`; what it gave stands in `examples/coverage.txt`).

pub mod bootstrap;
pub mod folds;
pub mod holm;
pub mod mcnemar;
pub mod paired;
pub mod sign_flip;
pub mod student;

use serde::Serialize;

/// The level of all intervals: in the long run this share of them holds the true value.
pub const CONFIDENCE: f64 = 0.95;

/// The chance with which a difference of the smallest visible size is seen.
pub const POWER: f64 = 0.8;

/// A range of values, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Interval {
    /// Whether the value lies in it.
    pub fn holds(&self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }
}
