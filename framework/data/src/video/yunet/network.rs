//! The layers that YuNet is made of, on one core, without a tensor library.
//!
//! Maps are `[height, width, channels]`, and the innermost loops run over the channels of slices of
//! one length: the compiler turns those into vector code.

/// Input channels that a pointwise layer takes at a time; with fewer, sums wait for each other.
const TOGETHER: usize = 4;

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
    /// A multiple of [`TOGETHER`].
    inputs: usize,
    /// `[inputs, outputs]`.
    weights: Vec<f32>,
    bias: Vec<f32>,
}

impl Pointwise {
    /// `weights` is `[outputs, inputs]`, `bias` `[outputs]`. Input channels are filled up with zeros to
    /// `inputs`.
    pub(super) fn new(inputs: usize, weights: &[f32], bias: Vec<f32>) -> Self {
        let mut turned = vec![0.0; inputs * bias.len()];
        for (output, row) in weights.chunks_exact(weights.len() / bias.len()).enumerate() {
            for (input, weight) in row.iter().enumerate() {
                turned[input * bias.len() + output] = *weight;
            }
        }
        Self {
            inputs,
            weights: turned,
            bias,
        }
    }

    pub(super) fn apply(&self, input: &Map) -> Map {
        let outputs = self.bias.len();
        let mut out = Map::zeros(input.width, input.height, outputs);
        let pixels = input.values.chunks_exact(self.inputs);
        for (from, to) in pixels.zip(out.values.chunks_exact_mut(outputs)) {
            to.copy_from_slice(&self.bias);
            let weights = self.weights.chunks_exact(TOGETHER * outputs);
            for (from, weights) in from.chunks_exact(TOGETHER).zip(weights) {
                let (ab, cd) = weights.split_at(2 * outputs);
                let ((a, b), (c, d)) = (ab.split_at(outputs), cd.split_at(outputs));
                for ((((to, a), b), c), d) in to.iter_mut().zip(a).zip(b).zip(c).zip(d) {
                    *to += (from[0] * a + from[1] * b) + (from[2] * c + from[3] * d);
                }
            }
        }
        out
    }
}

/// A convolution of 3 x 3 pixels in each channel by itself; beyond the edge is zero.
pub(super) struct Depthwise {
    /// `[3, 3, channels]`.
    weights: Vec<f32>,
    bias: Vec<f32>,
}

impl Depthwise {
    /// `weights` is `[3, 3, channels]`, `bias` `[channels]`.
    pub(super) fn new(weights: Vec<f32>, bias: Vec<f32>) -> Self {
        Self { weights, bias }
    }

    pub(super) fn apply(&self, input: &Map) -> Map {
        let channels = self.bias.len();
        let beyond = vec![0.0; channels];
        let mut out = Map::zeros(input.width, input.height, channels);
        for (index, to) in out.values.chunks_exact_mut(channels).enumerate() {
            let (x, y) = (index % input.width, index / input.width);
            to.copy_from_slice(&self.bias);
            for row in y.saturating_sub(1)..(y + 2).min(input.height) {
                let weights = &self.weights[(row + 1 - y) * 3 * channels..][..3 * channels];
                let (a, bc) = weights.split_at(channels);
                let (b, c) = bc.split_at(channels);
                let left = match x {
                    0 => &beyond,
                    x => input.pixel(x - 1, row),
                };
                let right = match x + 1 {
                    x if x == input.width => &beyond,
                    x => input.pixel(x, row),
                };
                let from = left.iter().zip(input.pixel(x, row)).zip(right);
                let weights = a.iter().zip(b).zip(c);
                for ((to, ((l, m), r)), ((a, b), c)) in to.iter_mut().zip(from).zip(weights) {
                    *to += l * a + m * b + r * c;
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
    pub(super) fn apply(&self, input: &Map) -> Map {
        let mut map = self.depthwise.apply(&self.pointwise.apply(input));
        if self.relu {
            relu(&mut map);
        }
        map
    }
}

/// Negative values become zero.
pub(super) fn relu(map: &mut Map) {
    for value in &mut map.values {
        *value = value.max(0.0);
    }
}

/// Halves both sides; the largest of four values stays.
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
pub(super) fn add_doubled(map: &mut Map, half: &Map) {
    let width = map.width;
    for (index, to) in map.values.chunks_exact_mut(half.channels).enumerate() {
        let from = half.pixel(index % width / 2, index / width / 2);
        for (to, value) in to.iter_mut().zip(from) {
            *to += value;
        }
    }
}
