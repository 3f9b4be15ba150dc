//! Holm's correction for several tests.

/// The p values so corrected that the chance of one or more false findings among all of them stays
/// below the level each is held against: the i-th smallest of m, counted from 0, times m - i, at
/// least as large as the one before, at most 1 (S. Holm, "A simple sequentially rejective multiple
/// test procedure", Scandinavian Journal of Statistics 6, 1979). In the order given; a NaN is no
/// test, and stays.
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).filter(|&index| !p[index].is_nan()).collect();
    order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
    let mut corrected = p.to_vec();
    let mut least = 0.0_f64;
    for (rank, &index) in order.iter().enumerate() {
        least = least.max((p[index] * (order.len() - rank) as f64).min(1.0));
        corrected[index] = least;
    }
    corrected
}
