//! The layers that YuNet is made of, on one core, without a tensor library.
//!
//! Maps are `[height, width, channels]` and every layer but the first has a multiple of 16 channels,
//! so the inner loops run over 16 values at a time and the compiler turns them into vector code.

/// Channels that one inner loop works on.
pub(super) const LANES: usize = 16;
/// Neighbouring pixels that share each weight once it is loaded.
const PIXELS: usize = 4;

/// Values of a layer, `[height, width, channels]`.
pub(super) struct Map {
    pub width: usize,
    pub height: usize,
    pub channels: usize,
    pub values: Vec<f32>,
}

impl Map {
    pub(super) fn zeros(width: usize, height: usize, channels: usize) -> Self {
        Self {
            width,
            height,
            channels,
            values: vec![0.0; width * height * channels],
        }
    }

    /// The channels of one pixel.
    pub(super) fn pixel(&self, x: usize, y: usize) -> &[f32] {
        let start = (y * self.width + x) * self.channels;
        &self.values[start..start + self.channels]
    }
}

/// A convolution of single pixels: a matrix.
pub(super) struct Pointwise {
    inputs: usize,
    outputs: usize,
    /// `[outputs / 16, inputs, 16]`.
    weights: Vec<[f32; LANES]>,
    /// `[outputs / 16, 16]`.
    bias: Vec<[f32; LANES]>,
}

impl Pointwise {
    /// `weights` is `[outputs, inputs]`, `bias` `[outputs]`; both may end early, the rest is zero.
    pub(super) fn new(inputs: usize, outputs: usize, weights: &[f32], bias: &[f32]) -> Self {
        let mut blocks = vec![[0.0; LANES]; outputs / LANES * inputs];
        for (output, row) in weights.chunks_exact(inputs).enumerate() {
            let first = output / LANES * inputs;
            for (block, weight) in blocks[first..].iter_mut().zip(row) {
                block[output % LANES] = *weight;
            }
        }
        Self {
            inputs,
            outputs,
            weights: blocks,
            bias: lanes(bias, outputs),
        }
    }

    #[inline(always)]
    pub(super) fn apply(&self, input: &Map, relu: bool) -> Map {
        let mut out = Map::zeros(input.width, input.height, self.outputs);
        let from = input.values.chunks(PIXELS * self.inputs);
        for (from, to) in from.zip(out.values.chunks_mut(PIXELS * self.outputs)) {
            if from.len() == PIXELS * self.inputs {
                self.pixels::<PIXELS>(from, to);
            } else {
                let from = from.chunks_exact(self.inputs);
                for (from, to) in from.zip(to.chunks_exact_mut(self.outputs)) {
                    self.pixels::<1>(from, to);
                }
            }
        }
        if relu {
            out.values
                .iter_mut()
                .for_each(|value| *value = value.max(0.0));
        }
        out
    }

    #[inline(always)]
    fn pixels<const N: usize>(&self, from: &[f32], to: &mut [f32]) {
        let rows: [&[f32]; N] =
            std::array::from_fn(|pixel| &from[pixel * self.inputs..][..self.inputs]);
        let blocks = self.weights.chunks_exact(self.inputs).zip(&self.bias);
        for (block, (weights, bias)) in blocks.enumerate() {
            let mut sums = [*bias; N];
            for (input, weights) in weights.iter().enumerate() {
                for (sum, row) in sums.iter_mut().zip(rows) {
                    let value = row[input];
                    for (sum, weight) in sum.iter_mut().zip(weights) {
                        *sum += value * weight;
                    }
                }
            }
            for (pixel, sum) in sums.iter().enumerate() {
                to[pixel * self.outputs + block * LANES..][..LANES].copy_from_slice(sum);
            }
        }
    }
}

/// A convolution of 3 x 3 pixels in each channel by itself; beyond the edge is zero.
pub(super) struct Depthwise {
    /// `[3 * 3, channels / 16, 16]`.
    weights: Vec<[f32; LANES]>,
    bias: Vec<[f32; LANES]>,
}

impl Depthwise {
    /// `weights` is `[3 * 3, given]`, `bias` `[given]`; channels beyond `given` get zeros.
    pub(super) fn new(channels: usize, weights: &[f32], bias: &[f32]) -> Self {
        let taps = weights.chunks_exact(bias.len());
        Self {
            weights: taps.flat_map(|tap| lanes(tap, channels)).collect(),
            bias: lanes(bias, channels),
        }
    }

    #[inline(always)]
    pub(super) fn apply(&self, input: &Map, relu: bool) -> Map {
        let floor = if relu { 0.0 } else { f32::NEG_INFINITY };
        let mut out = Map::zeros(input.width, input.height, input.channels);
        for y in 0..input.height {
            let rows = y.saturating_sub(1)..(y + 2).min(input.height);
            for x in 0..input.width {
                let columns = x.saturating_sub(1)..(x + 2).min(input.width);
                let start = (y * input.width + x) * input.channels;
                let to = &mut out.values[start..start + input.channels];
                for (block, to) in to.chunks_exact_mut(LANES).enumerate() {
                    let mut sum = self.bias[block];
                    for row in rows.clone() {
                        for column in columns.clone() {
                            let tap = (row + 1 - y) * 3 + column + 1 - x;
                            let weights = &self.weights[tap * self.bias.len() + block];
                            let from = &input.pixel(column, row)[block * LANES..][..LANES];
                            for ((sum, value), weight) in sum.iter_mut().zip(from).zip(weights) {
                                *sum += value * weight;
                            }
                        }
                    }
                    for (to, sum) in to.iter_mut().zip(sum) {
                        *to = sum.max(floor);
                    }
                }
            }
        }
        out
    }
}

/// The unit that all layers after the first are made of.
pub(super) struct Unit {
    pub pointwise: Pointwise,
    pub depthwise: Depthwise,
    /// Whether negative values become zero at the end.
    pub relu: bool,
}

impl Unit {
    #[inline(always)]
    pub(super) fn apply(&self, input: &Map) -> Map {
        self.depthwise
            .apply(&self.pointwise.apply(input, false), self.relu)
    }
}

/// Halves both sides; the largest of four values stays.
#[inline(always)]
pub(super) fn max_pool(input: &Map) -> Map {
    let mut out = Map::zeros(input.width / 2, input.height / 2, input.channels);
    for (index, to) in out.values.chunks_exact_mut(input.channels).enumerate() {
        let (x, y) = (
            2 * (index % (input.width / 2)),
            2 * (index / (input.width / 2)),
        );
        to.copy_from_slice(input.pixel(x, y));
        for (x, y) in [(x + 1, y), (x, y + 1), (x + 1, y + 1)] {
            for (to, value) in to.iter_mut().zip(input.pixel(x, y)) {
                *to = to.max(*value);
            }
        }
    }
    out
}

/// Adds a map of half the size, each of its pixels four times.
#[inline(always)]
pub(super) fn add_doubled(map: &mut Map, half: &Map) {
    let width = map.width;
    for (index, to) in map.values.chunks_exact_mut(half.channels).enumerate() {
        let from = half.pixel(index % width / 2, index / width / 2);
        for (to, value) in to.iter_mut().zip(from) {
            *to += value;
        }
    }
}

fn lanes(values: &[f32], count: usize) -> Vec<[f32; LANES]> {
    let mut out = vec![[0.0; LANES]; count / LANES];
    for (to, value) in out.iter_mut().flatten().zip(values) {
        *to = *value;
    }
    out
}
