//! Which of several rows may stand in bold.

use crate::figure::Figure;
use crate::statistics::CONFIDENCE;
use crate::statistics::paired::Paired;

/// The place of the row with the highest mean, if it can be told from the one with the next highest:
/// a t test of the seeds that both have, from three seeds on, gives p below 0.05. `None` otherwise,
/// and for fewer than two rows with a mean.
pub fn best(rows: &[&Figure]) -> Option<usize> {
    let mean = |place: &usize| rows[*place].mean.unwrap_or(f64::NEG_INFINITY);
    let mut order: Vec<usize> = (0..rows.len())
        .filter(|&place| rows[place].mean.is_some())
        .collect();
    order.sort_by(|a, b| mean(b).total_cmp(&mean(a)));
    let [first, second, ..] = order[..] else {
        return None;
    };
    let differences: Vec<f64> = rows[first]
        .values
        .iter()
        .filter_map(|own| {
            let other = rows[second]
                .values
                .iter()
                .find(|other| other.seed == own.seed)?;
            Some(own.value - other.value)
        })
        .collect();
    let paired = Paired::new(&differences)?;
    let shown = paired.test?.p < 1.0 - CONFIDENCE && paired.mean > 0.0;
    shown.then_some(first)
}
