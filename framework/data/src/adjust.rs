//! Brightness and rotation of a frame by Pillow's rules, for the part of it that is wanted.

use crate::decode::Frame;
use crate::resize::{CropBox, Pixel};

/// What each value becomes when it is multiplied by `factor`, cut off to whole numbers and at 255.
///
/// Pillow's `ImageEnhance.Brightness`: a blend with black in 32-bit floats.
pub(crate) fn brightness(factor: f64) -> [u8; 256] {
    let factor = factor as f32;
    std::array::from_fn(|value| (factor * value as f32) as u8)
}

/// Cuts a rectangle out of a frame, each value replaced by that of `table`. What lies beyond the
/// frame is black, as in Pillow.
pub(crate) fn cut(frame: &Frame, area: CropBox, table: &[u8; 256], out: &mut Vec<Pixel>) {
    out.clear();
    let (pixels, _) = frame.rgb.as_chunks::<3>();
    let end = (area.left + area.width).min(frame.width);
    let columns = end.saturating_sub(area.left);
    for y in area.top..area.top + area.height {
        let length = out.len();
        if y < frame.height && columns > 0 {
            let row = &pixels[y * frame.width + area.left..][..columns];
            out.extend(row.iter().map(|pixel| look_up(pixel, table)));
        }
        out.resize(length + area.width, [0; 4]);
    }
}

/// [`cut`] of the frame turned anticlockwise by `degrees` about its centre: nearest neighbour, size
/// kept, corners black.
///
/// Each output pixel looks up its place in the input in 16.16 fixed point, as Pillow does for images
/// of less than 32768 pixels a side (`src/libImaging/Geometry.c`), so that ties fall the same way.
pub(crate) fn cut_rotated(
    frame: &Frame,
    degrees: f64,
    area: CropBox,
    table: &[u8; 256],
    out: &mut Vec<Pixel>,
) {
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
    let (pixels, _) = frame.rgb.as_chunks::<3>();
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
                    look_up(&pixels[y as usize * frame.width + x as usize], table)
                } else {
                    [0; 4]
                }
            }));
        }
        out.resize(length + area.width, [0; 4]);
    }
}

fn look_up(pixel: &[u8; 3], table: &[u8; 256]) -> Pixel {
    let [red, green, blue] = pixel.map(|value| table[usize::from(value)]);
    [red, green, blue, 0]
}
