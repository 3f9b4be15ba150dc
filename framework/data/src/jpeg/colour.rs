//! Brightness, blue and red become RGB, to the last bit as libjpeg does it.

use super::header::Sampling;

/// One colour of an image.
#[derive(Debug, Default)]
pub(super) struct Plane {
    pub values: Vec<u8>,
    /// Values from one row to the next.
    pub stride: usize,
}

impl Plane {
    fn row(&self, y: usize) -> &[u8] {
        &self.values[y * self.stride..][..self.stride]
    }
}

/// Rows of blue and red at the full width, used again for the next row.
#[derive(Debug, Default)]
pub(super) struct Lines {
    sums: Vec<u16>,
    colours: [Vec<u8>; 2],
}

/// Writes the columns `left..right` of row `y` as RGB to `out`, which is that long.
#[inline(always)]
pub(super) fn row(
    planes: &[Plane; 3],
    sampling: Sampling,
    (width, height): (usize, usize),
    y: usize,
    (left, right): (usize, usize),
    lines: &mut Lines,
    out: &mut [u8],
) {
    let [brightness, blue, red] = planes;
    let brightness = &brightness.row(y)[left..right];
    let out = out.as_chunks_mut::<3>().0;
    // Half the columns, from the one that the first pixel belongs to.
    let half = (left / 2, right.div_ceil(2));
    let Lines { sums, colours } = lines;
    let (blue, red) = match sampling {
        Sampling::Grey => {
            for (pixel, value) in out.iter_mut().zip(brightness) {
                *pixel = [*value; 3];
            }
            return;
        }
        Sampling::Full => (&blue.row(y)[left..right], &red.row(y)[left..right]),
        Sampling::HalfAcross => {
            for (plane, line) in [blue, red].into_iter().zip(&mut *colours) {
                let row = &plane.row(y)[..width.div_ceil(2)];
                spread(row.iter().map(|value| u16::from(*value)), half, sums);
                double(sums, line, |near, before, after| {
                    ((3 * near + before + 1) >> 2, (3 * near + after + 2) >> 2)
                });
            }
            (&colours[0][left % 2..], &colours[1][left % 2..])
        }
        Sampling::Half => {
            let (near, last) = (y / 2, height.div_ceil(2) - 1);
            let far = if y.is_multiple_of(2) {
                near.saturating_sub(1)
            } else {
                (near + 1).min(last)
            };
            for (plane, line) in [blue, red].into_iter().zip(&mut *colours) {
                let near = &plane.row(near)[..width.div_ceil(2)];
                let both = near.iter().zip(plane.row(far));
                let sum = both.map(|(near, far)| 3 * u16::from(*near) + u16::from(*far));
                spread(sum, half, sums);
                double(sums, line, |near, before, after| {
                    ((3 * near + before + 8) >> 4, (3 * near + after + 7) >> 4)
                });
            }
            (&colours[0][left % 2..], &colours[1][left % 2..])
        }
    };
    for (((pixel, brightness), blue), red) in out.iter_mut().zip(brightness).zip(blue).zip(red) {
        *pixel = rgb(*brightness, *blue, *red);
    }
}

/// The values in `start..end` with a neighbour on each side; at the edge a value is its own.
#[inline(always)]
fn spread(
    values: impl ExactSizeIterator<Item = u16> + Clone,
    (start, end): (usize, usize),
    out: &mut Vec<u16>,
) {
    let before = start.saturating_sub(1);
    out.clear();
    if start == 0 {
        out.extend(values.clone().next());
    }
    let last = values.len();
    out.extend(values.skip(before).take(end + 1 - before));
    if end == last {
        out.extend(out.last().copied());
    }
}

/// Each value becomes two: libjpeg's "fancy upsampling", three quarters of a value and one quarter
/// of the nearer neighbour (`jdsample.c`).
#[inline(always)]
fn double(values: &[u16], out: &mut Vec<u8>, weigh: impl Fn(u16, u16, u16) -> (u16, u16)) {
    let count = values.len().saturating_sub(2);
    out.resize(2 * count, 0);
    let (before, after) = (&values[..count], &values[values.len() - count..]);
    let near = &values[1..][..count];
    let pairs = out.as_chunks_mut::<2>().0.iter_mut();
    for (((pair, near), before), after) in pairs.zip(near).zip(before).zip(after) {
        let (left, right) = weigh(*near, *before, *after);
        *pair = [left as u8, right as u8];
    }
}

/// JFIF's colours, with 16 binary places as in libjpeg (`jdcolor.c`).
#[inline(always)]
fn rgb(brightness: u8, blue: u8, red: u8) -> [u8; 3] {
    const HALF: i32 = 1 << 15;
    let (y, blue, red) = (
        i32::from(brightness),
        i32::from(blue) - 128,
        i32::from(red) - 128,
    );
    [
        y + ((91881 * red + HALF) >> 16),
        y + ((-22554 * blue - 46802 * red + HALF) >> 16),
        y + ((116130 * blue + HALF) >> 16),
    ]
    .map(|value| value.clamp(0, 255) as u8)
}
