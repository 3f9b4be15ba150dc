//! Brightness, rotation and mirroring of a frame by Pillow's rules.

use crate::decode::Frame;

/// Multiplies every value by `factor`, cut off to whole numbers and at 255.
///
/// Pillow's `ImageEnhance.Brightness`: a blend with black in 32-bit floats.
pub fn brighten(frame: &mut Frame, factor: f64) {
    let factor = factor as f32;
    let table: [u8; 256] = std::array::from_fn(|value| (factor * value as f32) as u8);
    for value in &mut frame.rgb {
        *value = table[usize::from(*value)];
    }
}

/// Turns a frame anticlockwise by `degrees` about its centre: nearest neighbour, size kept, corners black.
///
/// Each output pixel looks up its place in the input in 16.16 fixed point, as Pillow does for images
/// of less than 32768 pixels a side (`src/libImaging/Geometry.c`), so that ties fall the same way.
pub fn rotate(frame: &Frame, degrees: f64) -> Frame {
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
    let mut row_start = [
        fixed(shift_x + cos * 0.5 + sin * 0.5),
        fixed(shift_y + minus_sin * 0.5 + cos * 0.5),
    ];
    let mut out = Frame::black(frame.width, frame.height);
    for row in out.rgb.chunks_exact_mut(frame.width * 3) {
        let mut place = row_start;
        for pixel in row.chunks_exact_mut(3) {
            if let (Ok(x), Ok(y)) = (
                usize::try_from(place[0] >> 16),
                usize::try_from(place[1] >> 16),
            ) && x < frame.width
                && y < frame.height
            {
                let from = (y * frame.width + x) * 3;
                pixel.copy_from_slice(&frame.rgb[from..from + 3]);
            }
            place = [place[0] + step_x[0], place[1] + step_x[1]];
        }
        row_start = [row_start[0] + step_y[0], row_start[1] + step_y[1]];
    }
    out
}

/// Mirrors a frame, left to right.
pub fn mirror(frame: &mut Frame) {
    for row in frame.rgb.chunks_exact_mut(frame.width * 3) {
        let pixels = frame.width;
        for x in 0..pixels / 2 {
            for channel in 0..3 {
                row.swap(x * 3 + channel, (pixels - 1 - x) * 3 + channel);
            }
        }
    }
}
