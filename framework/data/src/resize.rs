//! Cutting and scaling frames exactly as Pillow does.
//!
//! Pillow's bilinear filter is a convolution with a triangle that widens when the image shrinks
//! (so it antialiases), first along rows, then along columns, with 22-bit whole-number weights and
//! rounding to 8 bits after each pass (Pillow, `src/libImaging/Resample.c`). We do the same
//! arithmetic, so the result is equal to the last bit; the SIMD crate `fast_image_resize` keeps
//! shorter weights and differs by one grey level in a quarter of the values. Pillow 13 scales some
//! shapes in the other order, columns first, which again moves values by one; the results published
//! in this field are older than that.

use macerator::{AutoArch, Simd, WithSimd};

use crate::decode::Frame;

/// Binary places of a weight: 32 bits less 8 of the value less 2 to spare.
const WEIGHT_BITS: u32 = 32 - 8 - 2;
/// One half in that scale, so that the shift rounds.
const HALF: u32 = 1 << (WEIGHT_BITS - 1);
/// Values that are summed side by side, as many as fit the registers of common processors.
const LANES: usize = 32;

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

impl CropBox {
    /// All of a frame.
    pub fn whole(width: usize, height: usize) -> Self {
        Self {
            left: 0,
            top: 0,
            width,
            height,
        }
    }

    /// What of it lies within a frame.
    pub fn within(self, width: usize, height: usize) -> Self {
        let (left, top) = (self.left.min(width), self.top.min(height));
        Self {
            left,
            top,
            width: self.width.min(width - left),
            height: self.height.min(height - top),
        }
    }
}

/// Scales a whole frame to `width` x `height`; the aspect is not kept.
pub fn resize(frame: &Frame, width: usize, height: usize) -> Frame {
    let whole = CropBox::whole(frame.width, frame.height);
    crop_resize(frame, whole, width, height)
}

/// Cuts a rectangle out of a frame and scales it to `width` x `height`. Only pixels inside the
/// rectangle count, as when the cut is stored and then scaled; what lies beyond the frame is black,
/// as in Pillow.
pub fn crop_resize(frame: &Frame, area: CropBox, width: usize, height: usize) -> Frame {
    let rows = area.top..area.top + area.height;
    let pixels: Vec<Pixel> = rows
        .flat_map(|y| (area.left..area.left + area.width).map(move |x| (x, y)))
        .map(|(x, y)| match x < frame.width && y < frame.height {
            true => {
                let at = 3 * (y * frame.width + x);
                [frame.rgb[at], frame.rgb[at + 1], frame.rgb[at + 2], 0]
            }
            false => [0; 4],
        })
        .collect();
    let mut planes = vec![0; width * height * 3];
    Scaler::new(
        Side::whole(area.width, width),
        Side::whole(area.height, height),
    )
    .scale(&pixels, &mut Vec::new(), &mut planes);
    let (red, rest) = planes.split_at(width * height);
    let (green, blue) = rest.split_at(width * height);
    let colours = red.iter().zip(green).zip(blue);
    Frame {
        width,
        height,
        rgb: colours.flat_map(|((r, g), b)| [*r, *g, *b]).collect(),
    }
}

/// Width and height of a frame scaled so that the shorter side has `size` pixels; the longer one is
/// rounded down.
pub(crate) fn shorter_side_size(width: usize, height: usize, size: usize) -> (usize, usize) {
    if width <= height {
        (size, size * height / width)
    } else {
        (size * width / height, size)
    }
}

/// Red, green, blue and nothing: four bytes are read at once.
pub(crate) type Pixel = [u8; 4];

/// How one side is scaled: `input` pixels become `output`, of which `kept` from `first` on are
/// wanted, last one first where it is `reversed`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Side {
    pub input: usize,
    pub output: usize,
    pub first: usize,
    pub kept: usize,
    pub reversed: bool,
}

impl Side {
    /// All of it.
    pub fn whole(input: usize, output: usize) -> Self {
        Self {
            input,
            output,
            first: 0,
            kept: output,
            reversed: false,
        }
    }
}

/// Scales images of one size to another.
#[derive(Debug)]
pub(crate) struct Scaler {
    across: Side,
    down: Side,
    columns: RowScaler,
    rows: Taps,
}

impl Scaler {
    /// `across` is the width, `down` the height.
    pub fn new(across: Side, down: Side) -> Self {
        Self {
            across,
            down,
            columns: RowScaler::new(Taps::new(across)),
            rows: Taps::new(down),
        }
    }

    /// What it was made for.
    pub fn sides(&self) -> (Side, Side) {
        (self.across, self.down)
    }

    /// Scales an image to planes `[3, height, width]`, which must have that length. `between` is
    /// memory for the pass along rows; its content does not matter.
    pub fn scale(&mut self, pixels: &[Pixel], between: &mut Vec<u8>, planes: &mut [u8]) {
        AutoArch::new().dispatch(Scaling {
            scaler: self,
            pixels,
            between,
            planes,
        });
    }
}

/// The work of [`Scaler::scale`]; inlined whole, it is compiled for each kind of processor.
struct Scaling<'a> {
    scaler: &'a mut Scaler,
    pixels: &'a [Pixel],
    between: &'a mut Vec<u8>,
    planes: &'a mut [u8],
}

impl WithSimd for Scaling<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self) {
        let Scaler { columns, rows, .. } = self.scaler;
        let width = columns.taps.len();
        let stride = (3 * width).next_multiple_of(LANES);
        self.between.resize(rows.input * stride, 0);
        let lines = self.between.chunks_exact_mut(stride);
        for (row, line) in self.pixels.chunks_exact(columns.taps.input).zip(lines) {
            columns.scale(row, line);
        }
        scale_columns(self.between, stride, rows, width, self.planes);
    }
}

/// What the pixels of one side of the output are made of: pixel `i` of `weights[i * reach + k]`
/// times the input at `first[i] + k`.
#[derive(Debug)]
struct Taps {
    input: usize,
    reach: usize,
    first: Vec<usize>,
    weights: Vec<u32>,
}

impl Taps {
    /// The triangle filter's weights.
    fn new(side: Side) -> Self {
        let scale = side.input as f64 / side.output as f64;
        // Half the triangle's base: one input pixel, more when the image shrinks.
        let half = scale.max(1.0);
        let window = |position: usize| {
            let centre = (position as f64 + 0.5) * scale;
            // `as` cuts towards zero and at zero, which is how Pillow bounds the window.
            let first = (centre - half + 0.5) as usize;
            let end = ((centre + half + 0.5) as usize).min(side.input);
            (centre, first, end)
        };
        // Windows at the edges are shorter; they get weights of zero, so that all have one length.
        let kept = side.first..side.first + side.kept;
        let inside = kept.clone().filter(|position| *position < side.output);
        let reach = inside.map(window).map(|(_, first, end)| end - first).max();
        let reach = reach.unwrap_or(1);
        let mut taps = Self {
            input: side.input,
            reach,
            first: vec![0; side.kept],
            weights: vec![0; side.kept * reach],
        };
        for (index, position) in kept.enumerate() {
            let index = if side.reversed {
                side.kept - 1 - index
            } else {
                index
            };
            if position >= side.output {
                // Beyond the edge: all weights stay zero, which is black.
                continue;
            }
            let (centre, first, end) = window(position);
            let height = |x: usize| (1.0 - ((x as f64 - centre + 0.5) / half).abs()).max(0.0);
            let sum: f64 = (first..end).map(height).sum();
            let start = first.min(side.input - reach);
            taps.first[index] = start;
            for x in first..end {
                taps.weights[index * reach + x - start] =
                    (0.5 + height(x) / sum * f64::from(1 << WEIGHT_BITS)) as u32;
            }
        }
        taps
    }

    fn len(&self) -> usize {
        self.first.len()
    }
}

/// Back to 8 bits. The weights of a pixel sum to one but for their rounding, which is far less than
/// the half that is left above 255, so nothing needs to be cut off.
fn to_byte(sum: u32) -> u8 {
    (sum >> WEIGHT_BITS) as u8
}

/// Scales rows of pixels.
///
/// A pixel of the output takes its inputs from where its window lies, which no vector instruction
/// can do at once. So for each place in the windows the inputs of all pixels are first laid side by
/// side, and then all their bytes are multiplied and summed together.
#[derive(Debug)]
struct RowScaler {
    taps: Taps,
    /// Weights of each place in the windows, in turn, each four times: `[reach, width, 4]`.
    weights: Vec<u32>,
    /// Inputs at one place, and at the next one.
    inputs: [Vec<Pixel>; 2],
    sums: Vec<u32>,
    scaled: Vec<Pixel>,
}

impl RowScaler {
    fn new(taps: Taps) -> Self {
        let width = taps.len();
        let place = |k: usize| taps.weights.iter().skip(k).step_by(taps.reach);
        let weights = (0..taps.reach).flat_map(|k| place(k).flat_map(|weight| [*weight; 4]));
        let weights = weights.collect();
        let pixels = vec![[0; 4]; width];
        Self {
            taps,
            weights,
            inputs: [pixels.clone(), pixels.clone()],
            sums: vec![0; width * 4],
            scaled: pixels,
        }
    }

    /// One row of pixels becomes a line of reds, of greens and of blues.
    #[inline(always)]
    fn scale(&mut self, row: &[Pixel], line: &mut [u8]) {
        match self.taps.reach {
            2 => self.scale_two(row),
            _ => self.scale_many(row),
        }
        let (reds, rest) = line.split_at_mut(self.taps.len());
        let (greens, blues) = rest.split_at_mut(self.taps.len());
        for (((pixel, red), green), blue) in self.scaled.iter().zip(reds).zip(greens).zip(blues) {
            [*red, *green, *blue, _] = *pixel;
        }
    }

    /// Windows of two, as wherever a side grows: no sum has to be kept.
    #[inline(always)]
    fn scale_two(&mut self, row: &[Pixel]) {
        let [left, right] = &mut self.inputs;
        for ((left, right), &first) in left.iter_mut().zip(right.iter_mut()).zip(&self.taps.first) {
            let pair = &row[first..first + 2];
            (*left, *right) = (pair[0], pair[1]);
        }
        let (left_weights, right_weights) = self.weights.split_at(self.sums.len());
        let left = left.as_flattened().iter().zip(left_weights);
        let right = right.as_flattened().iter().zip(right_weights);
        let out = self.scaled.as_flattened_mut();
        for ((out, (left, left_weight)), (right, right_weight)) in
            out.iter_mut().zip(left).zip(right)
        {
            let sum = u32::from(*left) * left_weight + u32::from(*right) * right_weight;
            *out = to_byte(HALF + sum);
        }
    }

    #[inline(always)]
    fn scale_many(&mut self, row: &[Pixel]) {
        self.sums.fill(HALF);
        for (k, weights) in self.weights.chunks_exact(self.sums.len()).enumerate() {
            for (input, first) in self.inputs[0].iter_mut().zip(&self.taps.first) {
                *input = row[first + k];
            }
            let values = self.inputs[0].as_flattened();
            for ((sum, value), weight) in self.sums.iter_mut().zip(values).zip(weights) {
                *sum += u32::from(*value) * weight;
            }
        }
        let out = self.scaled.as_flattened_mut();
        for (out, sum) in out.iter_mut().zip(&self.sums) {
            *out = to_byte(*sum);
        }
    }
}

/// Lines of three colours become rows of three planes.
#[inline(always)]
fn scale_columns(lines: &[u8], stride: usize, taps: &Taps, width: usize, planes: &mut [u8]) {
    let plane = width * taps.len();
    let mut line = vec![0; stride];
    let windows = taps.first.iter().zip(taps.weights.chunks_exact(taps.reach));
    for (y, (&first, weights)) in windows.enumerate() {
        let inputs = &lines[first * stride..(first + taps.reach) * stride];
        for (block, out) in line.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
            let mut sums = [HALF; LANES];
            for (input, weight) in inputs.chunks_exact(stride).zip(weights) {
                let input: &[u8; LANES] = &input.as_chunks().0[block];
                for (sum, value) in sums.iter_mut().zip(input) {
                    *sum += u32::from(*value) * weight;
                }
            }
            *out = sums.map(to_byte);
        }
        for channel in 0..3 {
            planes[channel * plane + y * width..][..width]
                .copy_from_slice(&line[channel * width..][..width]);
        }
    }
}
