//! Brightness and rotation of a frame by Pillow's rules, for the part of it that is wanted.

use macerator::{AutoArch, Simd, WithSimd};

use crate::decode::Frame;
use crate::resize::{CropBox, Pixel};

/// Multiplies every value by `factor`, cut off to whole numbers and at 255.
///
/// Pillow's `ImageEnhance.Brightness`: a blend with black in 32-bit floats.
pub(crate) fn brighten(pixels: &mut [Pixel], factor: f64) {
    AutoArch::new().dispatch(Brighten {
        values: pixels.as_flattened_mut(),
        factor: factor as f32,
    });
}

struct Brighten<'a> {
    values: &'a mut [u8],
    factor: f32,
}

impl WithSimd for Brighten<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self) {
        /// From here on a 32-bit float has no places behind the point, and its last bits count up:
        /// `as u8` says the same as what is below, but is compiled to one value at a time.
        const WHOLE: f32 = (1 << 23) as f32;
        for value in self.values {
            let product = (self.factor * f32::from(*value)).min(255.0).floor();
            *value = (product + WHOLE).to_bits() as u8;
        }
    }
}

/// Cuts a rectangle out of a frame. What lies beyond the frame is black, as in Pillow.
pub(crate) fn cut(frame: &Frame, area: CropBox, out: &mut Vec<Pixel>) {
    out.clear();
    let end = (area.left + area.width).min(frame.width);
    let columns = end.saturating_sub(area.left);
    for y in area.top..area.top + area.height {
        let length = out.len();
        if y < frame.height && columns > 0 {
            let start = y * frame.width + area.left;
            out.extend((start..start + columns).map(|index| pixel(&frame.rgb[index * 3..])));
        }
        out.resize(length + area.width, [0; 4]);
    }
}

/// [`cut`] of the frame turned anticlockwise by `degrees` about its centre: nearest neighbour, size
/// kept, corners black.
///
/// Each output pixel looks up its place in the input in 16.16 fixed point, as Pillow does for images
/// of less than 32768 pixels a side (`src/libImaging/Geometry.c`), so that ties fall the same way.
pub(crate) fn cut_rotated(frame: &Frame, degrees: f64, area: CropBox, out: &mut Vec<Pixel>) {
    // Pillow rounds the matrix to 15 places.
    let round = |value: f64| (value * 1e15).round_ties_even() / 1e15;
    let fixed = |value: f64| (value * 65536.0 + 0.5).floor() as i64;
    let angle = -degrees.rem_euclid(360.0).to_radians();
    let (cos, sin, minus_sin) = (round(angle.cos()), round(angle.sin()), round(-angle.sin()));
    let (centre_x, centre_y) = (frame.width as f64 / 2.0, frame.height as f64 / 2.0);
    let shift_x = cos * -centre_x + sin * -centre_y + centre_x;
    let shift_y = minus_sin * -centre_x + cos * -centre_y + centre_y;

    let (step_x, step_y) = ([fixed(cos), fixed(minus_sin)], [fixed(sin), fixed(cos)]);
    // Of the middle of the first pixel.
    let origin = [
        fixed(shift_x + cos * 0.5 + sin * 0.5),
        fixed(shift_y + minus_sin * 0.5 + cos * 0.5),
    ];
    let (left, right) = (area.left, (area.left + area.width).min(frame.width));
    out.clear();
    for y in area.top..area.top + area.height {
        let length = out.len();
        if y < frame.height {
            let place = |axis: usize| origin[axis] + y as i64 * step_y[axis];
            let (start_x, start_y) = (place(0), place(1));
            out.extend((left..right).map(|x| {
                let x = x as i64;
                let (x, y) = (
                    (start_x + x * step_x[0]) >> 16,
                    (start_y + x * step_x[1]) >> 16,
                );
                // A negative place is far beyond any width once its sign is dropped.
                if (x as u64) < frame.width as u64 && (y as u64) < frame.height as u64 {
                    pixel(&frame.rgb[(y as usize * frame.width + x as usize) * 3..])
                } else {
                    [0; 4]
                }
            }));
        }
        out.resize(length + area.width, [0; 4]);
    }
}

/// The first pixel of some values.
fn pixel(values: &[u8]) -> Pixel {
    match values.first_chunk() {
        // One load of four bytes, which all pixels but the last allow.
        Some(&[red, green, blue, _]) => [red, green, blue, 0],
        None => [values[0], values[1], values[2], 0],
    }
}
