//! A clip's files become the values that the model takes.

use rand::Rng;

use exp_core::clip::Clip;
use exp_core::experiment::{Augmentation, Normalize};

use crate::augment::{Draw, draw};
use crate::decode::{Frame, read_frame};
use crate::error::DataError;

/// Mean of red, green and blue in CLIP's training images, and their standard deviation, of values
/// in 0 to 1. Source: `_transform` in `clip/clip.py` of OpenAI's CLIP repository
/// (<https://github.com/openai/CLIP>).
pub const CLIP_MEAN: [f32; 3] = [0.481_454_66, 0.457_827_5, 0.408_210_73];
/// See [`CLIP_MEAN`].
pub const CLIP_STD: [f32; 3] = [0.268_629_54, 0.261_302_6, 0.275_777_1];

/// Appends pixels as 32-bit floats, normalised as settings say.
///
/// `pixels` holds values 0 to 255 as `[frames, 3, size, size]`; `plane` is `size * size`.
pub fn append_normalized(normalize: Normalize, pixels: &[u8], plane: usize, out: &mut Vec<f32>) {
    match normalize {
        Normalize::None => out.extend(pixels.iter().map(|value| f32::from(*value) / 255.0)),
        Normalize::Clip => {
            for (channel, values) in pixels.chunks(plane).enumerate() {
                let (mean, std) = (CLIP_MEAN[channel % 3], CLIP_STD[channel % 3]);
                out.extend(
                    values
                        .iter()
                        .map(|value| (f32::from(*value) / 255.0 - mean) / std),
                );
            }
        }
    }
}

/// Reads frames of a clip for evaluation: scaled, nothing else. Returns values 0 to 255 as
/// `[indices, 3, size, size]`. The indices are those of [`sampling`](crate::sampling), ascending.
pub fn evaluation_pixels(
    clip: &Clip,
    indices: &[usize],
    size: usize,
) -> Result<Vec<u8>, DataError> {
    read_pixels(clip, indices, size, |_| Draw::NONE)
}

/// Reads frames of a clip for training, all changed by the same draw from `rng`. Shape as in
/// [`evaluation_pixels`].
pub fn training_pixels(
    clip: &Clip,
    indices: &[usize],
    size: usize,
    augment: &Augmentation,
    rng: &mut impl Rng,
) -> Result<Vec<u8>, DataError> {
    read_pixels(clip, indices, size, |frame| {
        draw(augment, rng, frame.width, frame.height, size)
    })
}

/// `draw` is asked once, with the first frame.
fn read_pixels(
    clip: &Clip,
    indices: &[usize],
    size: usize,
    draw: impl FnOnce(&Frame) -> Draw,
) -> Result<Vec<u8>, DataError> {
    let read = |index: &usize| {
        let path = clip.frames.get(*index).ok_or(DataError::EmptyClip)?;
        read_frame(path)
    };
    let pixels = || {
        let first = read(indices.first().ok_or(DataError::EmptyClip)?)?;
        let draw = draw(&first);
        let mut pixels = Vec::with_capacity(indices.len() * 3 * size * size);
        append_planes(&draw.apply(first, size), &mut pixels);
        for pair in indices.windows(2) {
            if pair[0] == pair[1] {
                // A short clip repeats its last frame; reading it once is enough.
                pixels.extend_from_within(pixels.len() - 3 * size * size..);
            } else {
                append_planes(&draw.apply(read(&pair[1])?, size), &mut pixels);
            }
        }
        Ok(pixels)
    };
    pixels().map_err(|error: DataError| error.in_clip(&clip.name))
}

/// `[height, width, 3]` to `[3, height, width]`.
fn append_planes(frame: &Frame, out: &mut Vec<u8>) {
    for channel in 0..3 {
        out.extend(frame.rgb.iter().skip(channel).step_by(3));
    }
}
