//! Cutting and scaling frames exactly as Pillow does.
//!
//! Pillow's bilinear filter is a convolution with a triangle that widens when the image shrinks
//! (so it antialiases), first along rows, then along columns, with 22-bit whole-number weights and
//! rounding to 8 bits after each pass (Pillow, `src/libImaging/Resample.c`). We do the same
//! arithmetic, so the result is equal to the last bit; the SIMD crate `fast_image_resize` keeps
//! shorter weights and differs by one grey level in a quarter of the values. Pillow 13 scales some
//! shapes in the other order, columns first, which again moves values by one; the results published
//! in this field are older than that.

use crate::decode::Frame;

/// Binary places of a weight: 32 bits less 8 of the value less 2 to spare.
const WEIGHT_BITS: u32 = 32 - 8 - 2;
/// One half in that scale, so that the shift rounds.
const HALF: i32 = 1 << (WEIGHT_BITS - 1);

/// A rectangle of a frame, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CropBox {
    /// First column.
    pub left: usize,
    /// First row.
    pub top: usize,
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

/// Cuts a rectangle out of a frame. What lies beyond the frame is black, as in Pillow.
pub fn crop(frame: &Frame, area: CropBox) -> Frame {
    let mut out = Frame::black(area.width, area.height);
    let columns = area.width.min(frame.width.saturating_sub(area.left));
    let rows = area.height.min(frame.height.saturating_sub(area.top));
    // Nothing of a row is inside where the box begins beyond the edge.
    for y in (0..rows).filter(|_| columns > 0) {
        let from = ((area.top + y) * frame.width + area.left) * 3;
        let to = y * area.width * 3;
        out.rgb[to..to + columns * 3].copy_from_slice(&frame.rgb[from..from + columns * 3]);
    }
    out
}

/// Cuts a rectangle out of a frame and scales it to `width` x `height`.
///
/// Only pixels inside the rectangle count, as when the cut is stored and then scaled.
pub fn crop_resize(frame: &Frame, area: CropBox, width: usize, height: usize) -> Frame {
    resize(&crop(frame, area), width, height)
}

/// Scales a whole frame to `width` x `height`; the aspect is not kept.
pub fn resize(frame: &Frame, width: usize, height: usize) -> Frame {
    if (frame.width, frame.height) == (width, height) {
        return frame.clone();
    }
    scale_columns(&scale_rows(frame, width), height)
}

/// Scales so that the shorter side has `size` pixels; the longer one is rounded down.
pub fn resize_shorter_side(frame: &Frame, size: usize) -> Frame {
    let (width, height) = shorter_side_size(frame.width, frame.height, size);
    resize(frame, width, height)
}

/// Width and height of [`resize_shorter_side`].
pub(crate) fn shorter_side_size(width: usize, height: usize, size: usize) -> (usize, usize) {
    if width <= height {
        (size, size * height / width)
    } else {
        (size * width / height, size)
    }
}

/// What one pixel of the output is made of: `weights[i]` times the input at `first + i`.
struct Taps {
    first: usize,
    weights: Vec<i32>,
}

/// The triangle filter's weights along one side of `input` pixels that becomes `output` pixels.
fn taps(input: usize, output: usize) -> Vec<Taps> {
    let scale = input as f64 / output as f64;
    // Half the triangle's base: one input pixel, more when the image shrinks.
    let reach = scale.max(1.0);
    (0..output)
        .map(|position| {
            let centre = (position as f64 + 0.5) * scale;
            // `as` cuts towards zero and at zero, which is how Pillow bounds the window.
            let first = (centre - reach + 0.5) as usize;
            let end = ((centre + reach + 0.5) as usize).min(input);
            let heights: Vec<f64> = (first..end)
                .map(|x| (1.0 - ((x as f64 - centre + 0.5) / reach).abs()).max(0.0))
                .collect();
            let sum: f64 = heights.iter().sum();
            let weights = heights
                .iter()
                .map(|height| (0.5 + height / sum * f64::from(1 << WEIGHT_BITS)) as i32)
                .collect();
            Taps { first, weights }
        })
        .collect()
}

/// Back to 8 bits; the weights sum to one but for rounding, hence the clamp.
fn to_byte(sum: i32) -> u8 {
    (sum >> WEIGHT_BITS).clamp(0, 255) as u8
}

fn scale_rows(frame: &Frame, width: usize) -> Frame {
    if frame.width == width {
        return frame.clone();
    }
    let taps = taps(frame.width, width);
    let mut out = Frame::black(width, frame.height);
    for (from, to) in frame
        .rgb
        .chunks_exact(frame.width * 3)
        .zip(out.rgb.chunks_exact_mut(width * 3))
    {
        for (pixel, tap) in to.chunks_exact_mut(3).zip(&taps) {
            let mut sums = [HALF; 3];
            for (input, weight) in from[tap.first * 3..].chunks_exact(3).zip(&tap.weights) {
                for (sum, value) in sums.iter_mut().zip(input) {
                    *sum += i32::from(*value) * weight;
                }
            }
            for (value, sum) in pixel.iter_mut().zip(sums) {
                *value = to_byte(sum);
            }
        }
    }
    out
}

fn scale_columns(frame: &Frame, height: usize) -> Frame {
    if frame.height == height {
        return frame.clone();
    }
    let row = frame.width * 3;
    let mut sums = vec![HALF; row];
    let mut out = Frame::black(frame.width, height);
    for (to, tap) in out
        .rgb
        .chunks_exact_mut(row)
        .zip(taps(frame.height, height))
    {
        sums.fill(HALF);
        for (input, weight) in frame.rgb[tap.first * row..]
            .chunks_exact(row)
            .zip(&tap.weights)
        {
            for (sum, value) in sums.iter_mut().zip(input) {
                *sum += i32::from(*value) * weight;
            }
        }
        for (value, sum) in to.iter_mut().zip(&sums) {
            *value = to_byte(*sum);
        }
    }
    out
}
