//! Which frames of a clip the model sees.
//!
//! Both rules cut a clip of `n` frames into `k` equal parts and take one frame of each; training
//! takes a random frame of the part, evaluation its middle. A clip without a frame has nothing to
//! choose from: both return an empty list for it, and reading the clip reports it
//! ([`DataError::EmptyClip`](crate::DataError::EmptyClip)).

use rand::{Rng, RngExt};

/// Frame indices for training, `segments` of them in the order of time.
///
/// With `len = n_frames / segments` (integer division) at least 1, index `i` is drawn uniformly from
/// `i * len .. (i + 1) * len`; the `n_frames % segments` frames at the end are never drawn. A clip
/// with fewer frames than segments gives all its frames, then the last one again.
pub fn segment_sample(n_frames: usize, segments: usize, rng: &mut impl Rng) -> Vec<usize> {
    match n_frames.checked_div(segments) {
        None => Vec::new(),
        Some(0) => all_then_last(n_frames, segments),
        Some(len) => (0..segments)
            .map(|i| i * len + rng.random_range(0..len))
            .collect(),
    }
}

/// Frame indices for evaluation, `segments` of them in the order of time.
///
/// With `tick = n_frames / segments` (a real number), index `i` is `floor(tick / 2 + tick * i)` when
/// there are more frames than segments; otherwise all frames, then the last one again.
pub fn segment_centres(n_frames: usize, segments: usize) -> Vec<usize> {
    if n_frames <= segments {
        return all_then_last(n_frames, segments);
    }
    // floor(n / 2k + n * i / k) over whole numbers, so that no rounding can move a frame.
    (0..segments)
        .map(|i| n_frames * (2 * i + 1) / (2 * segments))
        .collect()
}

fn all_then_last(n_frames: usize, segments: usize) -> Vec<usize> {
    let Some(last) = n_frames.checked_sub(1) else {
        return Vec::new();
    };
    (0..segments).map(|i| i.min(last)).collect()
}
