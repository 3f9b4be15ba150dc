//! One figure of one setting: a value a seed, their mean and their spread.

use serde::Serialize;

/// The value of one seed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SeedValue {
    /// The seed.
    pub seed: u64,
    /// The value, in percent; with folds, the mean over the seed's folds.
    pub value: f64,
}

/// A figure over seeds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figure {
    /// What each seed gave, in the order of the plan.
    pub values: Vec<SeedValue>,
    /// The mean over seeds; `None` without a seed.
    pub mean: Option<f64>,
    /// The sample standard deviation over seeds (divisor n - 1); `None` below two seeds.
    pub sd: Option<f64>,
    /// The number of seeds.
    pub n: usize,
}

impl Figure {
    /// Mean and standard deviation of what the seeds gave.
    pub fn new(values: Vec<SeedValue>) -> Self {
        let n = values.len();
        let average = mean(values.iter().map(|seed| seed.value));
        let sd = match average {
            Some(mean) if n > 1 => {
                let squares: f64 = values.iter().map(|seed| (seed.value - mean).powi(2)).sum();
                Some((squares / (n - 1) as f64).sqrt())
            }
            _ => None,
        };
        Self {
            values,
            mean: average,
            sd,
            n,
        }
    }
}

/// The arithmetic mean; `None` of nothing.
pub fn mean(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let (sum, n) = values
        .into_iter()
        .fold((0.0, 0_usize), |(sum, n), value| (sum + value, n + 1));
    (n > 0).then(|| sum / n as f64)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn figure(values: &[f64]) -> Figure {
        let seeds = values.iter().zip(1..);
        Figure::new(
            seeds
                .map(|(&value, seed)| SeedValue { seed, value })
                .collect(),
        )
    }

    #[test]
    fn the_deviation_is_that_of_a_sample() {
        // Squares of 2, 4, 4, 4, 5, 5, 7, 9 about 5 sum to 32.
        let figure = figure(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]);
        assert_eq!((figure.mean, figure.n), (Some(5.0), 8));
        assert!((figure.sd.unwrap() - (32.0_f64 / 7.0).sqrt()).abs() < 1e-12);
    }

    #[test]
    fn one_seed_has_no_spread_and_none_has_no_mean() {
        let one = figure(&[61.5]);
        assert_eq!((one.mean, one.sd, one.n), (Some(61.5), None, 1));
        let none = figure(&[]);
        assert_eq!((none.mean, none.sd, none.n), (None, None, 0));
    }

    #[test]
    fn equal_seeds_spread_by_zero() {
        assert_eq!(figure(&[50.0, 50.0]).sd, Some(0.0));
    }
}
