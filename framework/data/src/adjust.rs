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

/// A turn anticlockwise about a frame's centre: nearest neighbour, size kept, corners black.
///
/// Each output pixel looks up its place in the input in 16.16 fixed point, as Pillow does for images
/// of less than 32768 pixels a side (`src/libImaging/Geometry.c`), so that ties fall the same way.
pub(crate) struct Turn {
    width: usize,
    height: usize,
    /// The place, column and row, that the middle of the first pixel takes its value from.
    origin: [i64; 2],
    /// What one column to the right adds to it.
    across: [i64; 2],
    /// What one row further down adds to it.
    down: [i64; 2],
}

impl Turn {
    /// Of frames of that size.
    pub fn new(width: usize, height: usize, degrees: f64) -> Self {
        // Pillow rounds the matrix to 15 places.
        let round = |value: f64| (value * 1e15).round_ties_even() / 1e15;
        let fixed = |value: f64| (value * 65536.0 + 0.5).floor() as i64;
        let angle = -degrees.rem_euclid(360.0).to_radians();
        let (cos, sin, minus_sin) = (round(angle.cos()), round(angle.sin()), round(-angle.sin()));
        let (centre_x, centre_y) = (width as f64 / 2.0, height as f64 / 2.0);
        let shift_x = cos * -centre_x + sin * -centre_y + centre_x;
        let shift_y = minus_sin * -centre_x + cos * -centre_y + centre_y;
        Self {
            width,
            height,
            origin: [
                fixed(shift_x + cos * 0.5 + sin * 0.5),
                fixed(shift_y + minus_sin * 0.5 + cos * 0.5),
            ],
            across: [fixed(cos), fixed(minus_sin)],
            down: [fixed(sin), fixed(cos)],
        }
    }

    /// Where a pixel of the output comes from, as column or row of the input in 16.16 fixed point.
    fn place(&self, axis: usize, x: usize, y: usize) -> i64 {
        self.origin[axis] + x as i64 * self.across[axis] + y as i64 * self.down[axis]
    }

    /// The part of the input that a rectangle of the output comes from.
    pub fn source(&self, area: CropBox) -> CropBox {
        let area = area.within(self.width, self.height);
        if area.width == 0 || area.height == 0 {
            return area;
        }
        let (right, bottom) = (area.left + area.width - 1, area.top + area.height - 1);
        let reach = |axis: usize, size: usize| {
            let corners = [
                (area.left, area.top),
                (area.left, bottom),
                (right, area.top),
                (right, bottom),
            ]
            .map(|(x, y)| self.place(axis, x, y) >> 16);
            let [first, end] = [
                corners.into_iter().min(),
                corners.into_iter().max().map(|last| last + 1),
            ]
            .map(|place| place.unwrap_or(0).clamp(0, size as i64) as usize);
            (first, end - first)
        };
        let ((left, width), (top, height)) = (reach(0, self.width), reach(1, self.height));
        CropBox {
            left,
            top,
            width,
            height,
        }
    }
}

/// [`cut`] of the frame turned by `degrees`; see [`Turn`].
pub(crate) fn cut_rotated(frame: &Frame, degrees: f64, area: CropBox, out: &mut Vec<Pixel>) {
    let turn = Turn::new(frame.width, frame.height, degrees);
    let (left, right) = (area.left, (area.left + area.width).min(frame.width));
    out.clear();
    for y in area.top..area.top + area.height {
        let length = out.len();
        if y < frame.height {
            let (start_x, start_y) = (turn.place(0, 0, y), turn.place(1, 0, y));
            out.extend((left..right).map(|x| {
                let x = x as i64;
                let (x, y) = (
                    (start_x + x * turn.across[0]) >> 16,
                    (start_y + x * turn.across[1]) >> 16,
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
