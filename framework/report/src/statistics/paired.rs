//! Paired differences: mean, spread, t interval and t test, and the smallest visible difference.

use serde::Serialize;

use super::{CONFIDENCE, Interval, POWER, student};
use crate::figure::mean;

/// Below this number of differences there is no interval: with two, its half is 12.7 standard errors.
pub const LEAST: usize = 3;

/// A spread below this many points is what rounding leaves of none.
const NOTHING: f64 = 1e-9;

/// What a t test says of a mean.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TTest {
    /// The mean's standard error.
    pub standard_error: f64,
    /// Degrees of freedom.
    pub df: f64,
    /// The interval of the mean at level [`CONFIDENCE`].
    pub interval: Interval,
    /// The two-sided p of the hypothesis that the mean is 0.
    pub p: f64,
    /// The smallest true difference that such an experiment shows (p below 0.05) with chance
    /// [`POWER`].
    pub smallest_visible: f64,
}

impl TTest {
    /// The test of a mean with a standard error: mean ± t(0.975) × standard error (Student, "The
    /// probable error of a mean", Biometrika 6, 1908).
    ///
    /// The smallest visible difference is (t(0.975) + t(0.8)) × standard error (H. Bloom, "Minimum
    /// detectable effects", Evaluation Review 19, 1995).
    ///
    /// The interval takes the differences as normally distributed. In 20,000 simulated experiments a
    /// case it held the true value in 94.7 to 95.1 % with normal differences of 3, 5 and 10 seeds, but
    /// in 88.3 to 90.1 % where they were exponential, and in 89.7 to 93.7 % where 1 in 10 was off by 5
    /// deviations (`examples/coverage.txt`).
    ///
    /// A standard error of 0 gives an interval without width, and p is 1 for a mean of 0, else 0.
    pub fn new(mean: f64, standard_error: f64, df: f64) -> Self {
        let within = student::quantile(0.5 + CONFIDENCE / 2.0, df);
        let half = within * standard_error;
        let p = match (standard_error > 0.0, mean == 0.0) {
            (true, _) => student::two_sided(mean / standard_error, df),
            (false, true) => 1.0,
            (false, false) => 0.0,
        };
        Self {
            standard_error,
            df,
            interval: Interval {
                low: mean - half,
                high: mean + half,
            },
            p,
            smallest_visible: (within + student::quantile(POWER, df)) * standard_error,
        }
    }
}

/// What paired differences say.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Paired {
    /// How many there are.
    pub n: usize,
    /// Their mean.
    pub mean: f64,
    /// Their sample standard deviation (divisor n - 1); `None` below two.
    pub sd: Option<f64>,
    /// Interval and test of the mean, taking the differences as independent; `None` below
    /// [`LEAST`].
    pub test: Option<TTest>,
}

impl Paired {
    /// `None` without a difference.
    pub fn new(differences: &[f64]) -> Option<Self> {
        let n = differences.len();
        let mean = snapped(mean(differences.iter().copied())?);
        let sd = deviation(differences, mean);
        let test = sd.filter(|_| n >= LEAST).map(|sd| {
            let standard_error = sd / (n as f64).sqrt();
            TTest::new(mean, standard_error, (n - 1) as f64)
        });
        Some(Self { n, mean, sd, test })
    }
}

/// The sample standard deviation; `None` below two values.
pub(super) fn deviation(values: &[f64], mean: f64) -> Option<f64> {
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (values.len() > 1).then(|| snapped((squares / (values.len() - 1) as f64).sqrt()))
}

/// The value, or 0 where it is nothing but what rounding leaves.
pub(super) fn snapped(value: f64) -> f64 {
    if value.abs() < NOTHING { 0.0 } else { value }
}
