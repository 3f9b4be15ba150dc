//! McNemar's exact test on two trained models' predictions.

use serde::Serialize;
use statrs::function::gamma::ln_gamma;

/// What the test says.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct McNemar {
    /// Clips that the first model alone has right.
    pub first_only: u64,
    /// Clips that the second model alone has right.
    pub second_only: u64,
    /// The two-sided p of the hypothesis that both are right equally often.
    pub p: f64,
}

/// Of the clips that exactly one of two models has right, each model has half under the hypothesis
/// that they are equally good: p = min(1, 2 P(X <= smaller)), X binomial with chance 1/2 (Q.
/// McNemar, "Note on the sampling error of the difference between correlated proportions",
/// Psychometrika 12, 1947, with the exact distribution; T. Dietterich, Neural Computation 10, 1998,
/// on what it says: these two trained models, not the settings they were trained with). 1 without
/// such a clip.
pub fn mcnemar(first_only: u64, second_only: u64) -> McNemar {
    let n = (first_only + second_only) as f64;
    let smaller = first_only.min(second_only);
    let k = smaller as f64;
    let ln_term =
        ln_gamma(n + 1.0) - ln_gamma(k + 1.0) - ln_gamma(n - k + 1.0) - n * std::f64::consts::LN_2;
    let mut term = ln_term.exp();
    let mut sum = term;
    for i in (1..=smaller).rev() {
        let i = i as f64;
        term *= i / (n - i + 1.0);
        sum += term;
    }
    McNemar {
        first_only,
        second_only,
        p: (2.0 * sum).min(1.0),
    }
}
