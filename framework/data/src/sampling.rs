//! Which frames of a clip the model sees.
//!
//! Both rules cut a clip of `n` frames into `k` equal parts and take one frame of each; training
//! takes a random frame of the part, evaluation its middle. A clip without a frame has nothing to
//! choose from: both return an empty list for it, and reading the clip reports it
//! ([`DataError::EmptyClip`](crate::DataError::EmptyClip)).

use exp_core::experiment::ShortClip;
use rand::{Rng, RngExt};

/// Frame indices for training, `segments` of them in the order of time.
///
/// With `len = n_frames / segments` (integer division) at least 1, index `i` is drawn uniformly from
/// `i * len .. (i + 1) * len`; the `n_frames % segments` frames at the end are never drawn. A clip
/// with fewer frames than segments follows the rule `short`.
pub fn segment_sample(
    n_frames: usize,
    segments: usize,
    short: ShortClip,
    rng: &mut impl Rng,
) -> Vec<usize> {
    match n_frames.checked_div(segments) {
        None => Vec::new(),
        Some(0) => short_clip(n_frames, segments, short),
        Some(len) => (0..segments)
            .map(|i| i * len + rng.random_range(0..len))
            .collect(),
    }
}

/// Frame indices for evaluation, `segments` of them in the order of time.
///
/// With `tick = n_frames / segments` (a real number), index `i` is `floor(tick / 2 + tick * i)` when
/// there are at least as many frames as segments; otherwise the clip follows the rule `short`.
pub fn segment_centres(n_frames: usize, segments: usize, short: ShortClip) -> Vec<usize> {
    if n_frames < segments {
        return short_clip(n_frames, segments, short);
    }
    // floor(n / 2k + n * i / k) over whole numbers, so that no rounding can move a frame.
    (0..segments)
        .map(|i| n_frames * (2 * i + 1) / (2 * segments))
        .collect()
}

/// A clip that is to be left out has been before; if one comes here, it shows its last frame again.
fn short_clip(n_frames: usize, segments: usize, short: ShortClip) -> Vec<usize> {
    let Some(last) = n_frames.checked_sub(1) else {
        return Vec::new();
    };
    match short {
        ShortClip::RepeatLast | ShortClip::Drop => (0..segments).map(|i| i.min(last)).collect(),
        ShortClip::RepeatFirst => vec![0; segments],
    }
}
