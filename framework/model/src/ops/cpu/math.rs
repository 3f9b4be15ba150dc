//! Functions that compilers turn into vector code.

/// The natural exponential, within 1e-7 of it in relative error (tested); beyond -87 and 88, where 32-bit
/// floats end, the value there.
///
/// x = n ln 2 + r, and a polynomial for e^r: the reduction and the coefficients of `expf` in
/// S. L. Moshier's Cephes library (<https://www.netlib.org/cephes/>, `single/expf.c`), which states
/// a relative error of at most 1.7e-7.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    /// Added to a number it leaves the nearest whole number in the lowest bits.
    const WHOLE: f32 = 12_582_912.0;
    let x = x.clamp(-87.0, 88.0);
    let shifted = x.mul_add(std::f32::consts::LOG2_E, WHOLE);
    let n = shifted - WHOLE;
    // ln 2 in two parts, the first with few digits, so that its product with n is exact.
    let r = n.mul_add(-0.693_359_4, x);
    let r = n.mul_add(2.121_944_4e-4, r);
    let p = 1.987_569_1e-4_f32;
    let p = p.mul_add(r, 1.398_199_9e-3);
    let p = p.mul_add(r, 8.333_452e-3);
    let p = p.mul_add(r, 4.166_579_6e-2);
    let p = p.mul_add(r, 1.666_666_5e-1);
    let p = p.mul_add(r, 0.5);
    let p = p.mul_add(r * r, r) + 1.0;
    // 2^n: its exponent's bits.
    let power = (shifted.to_bits() << 23).wrapping_add(127 << 23);
    p * f32::from_bits(power)
}

/// 1 / (1 + e^-x).
#[inline(always)]
pub(super) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// Sums kept side by side, so that they can be computed in vectors: so many that a compiler keeps
/// the loop over them.
const LANES: usize = 64;

/// The sum of a function of the pairs.
#[inline(always)]
pub(super) fn sum(left: &[f32], right: &[f32], of: impl Fn(f32, f32) -> f32) -> f32 {
    let mut lanes = [0.0; LANES];
    for (left, right) in left.chunks(LANES).zip(right.chunks(LANES)) {
        for ((lane, left), right) in lanes.iter_mut().zip(left).zip(right) {
            *lane += of(*left, *right);
        }
    }
    folded(lanes, |one, other| one + other)
}

/// The largest value.
#[inline(always)]
pub(super) fn largest(values: &[f32]) -> f32 {
    let mut lanes = [f32::NEG_INFINITY; LANES];
    for values in values.chunks(LANES) {
        for (lane, value) in lanes.iter_mut().zip(values) {
            *lane = lane.max(*value);
        }
    }
    folded(lanes, f32::max)
}

/// Halves folded onto each other until one number is left.
#[inline(always)]
fn folded(mut lanes: [f32; LANES], fold: impl Fn(f32, f32) -> f32) -> f32 {
    let mut half = LANES / 2;
    while half > 0 {
        let (left, right) = lanes.split_at_mut(half);
        for (left, right) in left.iter_mut().zip(right) {
            *left = fold(*left, *right);
        }
        half /= 2;
    }
    lanes[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponential_is_exact_to_the_rounding_of_32_bits() {
        let mut worst = 0.0_f64;
        for step in -870_000..=880_000 {
            let x = step as f32 / 10_000.0;
            let exact = f64::from(x).exp();
            worst = worst.max((f64::from(exp(x)) - exact).abs() / exact);
        }
        println!("largest relative error {worst:.3e}");
        assert!(worst < 1e-7);
        assert_eq!(exp(0.0), 1.0);
        assert_eq!(exp(-1e9), exp(-87.0));
        assert_eq!(exp(1e9), exp(88.0));
        assert!(exp(f32::NAN).is_nan());
    }

    #[test]
    fn sums_and_maxima_take_every_value() {
        let values: Vec<f32> = (0..101).map(|value| value as f32).collect();
        assert_eq!(sum(&values, &values, |left, _| left), 5050.0);
        assert_eq!(largest(&values), 100.0);
        assert_eq!(largest(&[-3.0, -2.0]), -2.0);
    }
}
