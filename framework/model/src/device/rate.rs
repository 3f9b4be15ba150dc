//! How fast a device multiplies matrices.

use std::time::{Duration, Instant};

use burn::tensor::{DType, Device, Distribution, Tensor};
use exp_core::experiment::Precision;

/// A product is large enough when it takes this long, or has this many rows and columns.
const LONG: Duration = Duration::from_millis(100);
const LARGEST: usize = 8192;

/// Floating-point operations a second of the best of five products of large square matrices in a
/// precision, counting a multiplication and its addition as two. `device` is without gradients.
pub fn product_rate(device: &Device, precision: Precision) -> f64 {
    let mut size = 1024;
    loop {
        let best = best_product(size, device, precision);
        if best >= LONG || size >= LARGEST {
            return 2.0 * (size as f64).powi(3) / best.as_secs_f64();
        }
        size *= 2;
    }
}

fn best_product(size: usize, device: &Device, precision: Precision) -> Duration {
    let numbers = match precision {
        Precision::F32 | Precision::Tf32 => DType::F32,
        Precision::Bf16 => DType::BF16,
    };
    let draw = || Tensor::<2>::random([size, size], Distribution::Default, device).cast(numbers);
    let (left, right) = (draw(), draw());
    // The first one compiles, or tunes, what the others use.
    let times = (0..6).map(|_| {
        // A device that failed would have said so when it was opened.
        let _ = device.sync();
        let start = Instant::now();
        let product = left.clone().matmul(right.clone());
        let _ = device.sync();
        let taken = start.elapsed();
        drop(product);
        taken
    });
    times.skip(1).min().unwrap_or_default()
}
