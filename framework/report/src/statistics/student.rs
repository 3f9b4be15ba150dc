//! Student's t distribution.

use std::f64::consts::PI;

use statrs::function::beta::{checked_beta_reg, inv_beta_reg};
use statrs::function::gamma::ln_gamma;

/// The chance of a value at least as far from 0 as `t`: I_x(df/2, 1/2) at x = df / (df + t²)
/// (M. Abramowitz and I. Stegun, "Handbook of Mathematical Functions", 1964, 26.7.1 and 26.5.27).
/// NaN where `t` is NaN or `df` is not a positive finite number.
pub fn two_sided(t: f64, df: f64) -> f64 {
    if t.is_nan() || !df.is_finite() {
        return f64::NAN;
    }
    // An infinite t gives 0.
    checked_beta_reg(df / 2.0, 0.5, df / (df + t * t)).unwrap_or(f64::NAN)
}

/// The chance of a value of at most `t`.
pub fn cdf(t: f64, df: f64) -> f64 {
    let tail = two_sided(t, df) / 2.0;
    if t > 0.0 { 1.0 - tail } else { tail }
}

/// The value that is exceeded with chance 1 - `p`, for `p` in 0.5 to 1. NaN for another `p`, or
/// where `df` is not a positive finite number.
///
/// The library's inverse gives a first value; Newton's steps bring it to the precision of
/// [`two_sided`].
pub fn quantile(p: f64, df: f64) -> f64 {
    let positive = df > 0.0 && df.is_finite();
    if !(0.5..1.0).contains(&p) || !positive {
        return f64::NAN;
    }
    let tails = 2.0 * (1.0 - p);
    let x = inv_beta_reg(df / 2.0, 0.5, tails);
    let mut t = (df * (1.0 - x) / x).sqrt();
    for _ in 0..4 {
        let step = (two_sided(t, df) - tails) / (2.0 * density(t, df));
        if !step.is_finite() || step.abs() > 0.5 * (1.0 + t) {
            break;
        }
        t += step;
    }
    t
}

/// The density at `t` (Abramowitz and Stegun, 26.7.1, differentiated).
fn density(t: f64, df: f64) -> f64 {
    let scale = ln_gamma((df + 1.0) / 2.0) - ln_gamma(df / 2.0) - 0.5 * (df * PI).ln();
    (scale - 0.5 * (df + 1.0) * (t * t / df).ln_1p()).exp()
}
