//! Figures of sentences: rounded, and never to a sign that they do not have.

/// The decimals that a group of values needs: one, or as many more (three at most) as keep the
/// smallest of them from being rounded to zero. A zero needs none.
pub(crate) fn decimals(values: &[f64]) -> usize {
    let vanishes = |decimals: usize| {
        let half = 0.5 * 0.1_f64.powi(decimals as i32);
        values
            .iter()
            .any(|value| *value != 0.0 && value.abs() < half)
    };
    (1..3).find(|&decimals| !vanishes(decimals)).unwrap_or(3)
}

/// A value with so many decimals; what is rounded to zero has no sign.
pub(crate) fn points(value: f64, decimals: usize) -> String {
    let shown = format!("{value:.decimals$}");
    let zero = shown.chars().all(|c| matches!(c, '-' | '0' | '.'));
    match shown.strip_prefix('-') {
        Some(rest) if zero => rest.to_owned(),
        Some(rest) => format!("−{rest}"),
        None => shown,
    }
}

/// The same with a plus sign where it is above zero.
pub(crate) fn signed(value: f64, decimals: usize) -> String {
    let shown = points(value, decimals);
    match value > 0.0 && shown.chars().any(|c| c.is_ascii_digit() && c != '0') {
        true => format!("+{shown}"),
        false => shown,
    }
}

/// `p = 0.031`, `p = 0.42`, `p < 0.001`; near 0.05 with as many decimals as tell its side.
pub fn p(p: f64) -> String {
    match p {
        p if p < 0.001 => "p < 0.001".to_owned(),
        p if (0.0495..0.0505).contains(&p) => format!("p = {p:.4}"),
        p if p < 0.0995 => format!("p = {p:.3}"),
        p => format!("p = {p:.2}"),
    }
}

/// A range of values with so many decimals each: `−0.9 to 1.7`.
pub(super) fn range(low: f64, high: f64, decimals: usize) -> String {
    format!("{} to {}", points(low, decimals), points(high, decimals))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_rounded_to_zero_claims_no_sign() {
        assert_eq!(points(-0.04, 1), "0.0");
        assert_eq!(points(-0.06, 1), "−0.1");
        assert_eq!(
            (signed(0.04, 1), signed(0.4, 1)),
            ("0.0".to_owned(), "+0.4".to_owned())
        );
        assert_eq!(
            (signed(-2.0, 1), signed(0.0, 1)),
            ("−2.0".to_owned(), "0.0".to_owned())
        );
        assert_eq!(range(-0.9, 1.7, 1), "−0.9 to 1.7");
    }

    #[test]
    fn a_bound_near_zero_takes_more_decimals() {
        assert_eq!(decimals(&[2.1, 0.9, 3.3]), 1);
        assert_eq!(decimals(&[2.1, 0.03, 4.2]), 2);
        assert_eq!(decimals(&[2.1, -0.004, 4.2]), 3);
        assert_eq!(decimals(&[2.1, 0.0001, 4.2]), 3);
        assert_eq!(decimals(&[0.0, 1.0]), 1);
    }

    #[test]
    fn a_p_never_looks_like_zero_and_keeps_its_side_of_5_percent() {
        let shown = [0.0, 0.000_4, 0.031_25, 0.0496, 0.0504, 0.42, 1.0].map(p);
        let expected = [
            "p < 0.001",
            "p < 0.001",
            "p = 0.031",
            "p = 0.0496",
            "p = 0.0504",
            "p = 0.42",
            "p = 1.00",
        ];
        assert_eq!(shown, expected);
    }
}
