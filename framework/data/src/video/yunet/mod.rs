//! YuNet, a small face detector (Wu, Peng and Yu, "YuNet: A Tiny Millisecond-level Face Detector",
//! Machine Intelligence Research 20, 656-665, 2023).
//!
//! Chosen since its weights are 0.2 MB under a free licence (`README.md` beside this file), and it
//! finds faces that look away: of 23 faces on seven photographs, scaled to 320 pixels, it found all
//! with a score above 0.8, a full profile too, in 10 ms of one core each. The crate `rustface`, the
//! other detector in pure Rust that brings its weights (1.2 MB), found 13 of them in 20 ms; on the
//! photographs as they were, 1900 pixels wide, it found 22 in half a second, missed the profile, and
//! scored a tilted face lower than an arm. The example `faces` repeats our side of this.

mod network;

use safetensors::SafeTensors;

use self::network::{Depthwise, Map, Pointwise, Unit, add_doubled, max_pool, relu};
use super::error::VideoError;
use super::face::{Face, overlap};
use crate::decode::Frame;
use crate::resize::resize;

/// The longer side of the picture that the network sees: larger frames are scaled down to it. Faces
/// of 10 pixels and more are found in it (its model card in OpenCV's model zoo), so those of a 32nd of
/// the longer side.
const LONGER_SIDE: usize = 320;
/// Sides are filled up with black to a multiple of this, the stride of the last level.
const STRIDE: usize = 32;
/// What the first layer sees of a place: 3 x 3 pixels of 3 colours, and a zero.
const WINDOW: usize = 3 * 3 * 3 + 1;
/// A face is one from this score (0 to 1). On the photographs above no face scored less than 0.8, and
/// nothing else more than 0.52.
const SCORE: f32 = 0.6;
/// Of two boxes that overlap (intersection over union) by more, the one with the lower score goes.
const OVERLAP: f64 = 0.3;

/// The detector with its weights.
pub struct FaceDetector {
    first: Pointwise,
    /// The unit behind the first layer, then two units for each of the five stages.
    backbone: Vec<Unit>,
    /// For the levels of stride 8, 16 and 32.
    neck: Vec<Unit>,
    /// Likewise; their channels are face or not, object or not, and the box's four numbers.
    heads: Vec<Unit>,
}

impl FaceDetector {
    /// Reads the built-in weights.
    pub fn new() -> Result<Self, VideoError> {
        let weights = include_bytes!("yunet.safetensors");
        SafeTensors::deserialize(weights)
            .and_then(|file| Self::read(&file))
            .map_err(|error| VideoError::Detector(error.to_string()))
    }

    fn read(file: &SafeTensors) -> Result<Self, safetensors::SafeTensorError> {
        let values = |name: String| -> Result<Vec<f32>, safetensors::SafeTensorError> {
            let bytes = file.tensor(&name)?.data().chunks_exact(4);
            Ok(bytes
                .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
                .collect())
        };
        // Several units side by side that see the same input: their outputs follow each other.
        let unit = |names: &[String], inputs: usize, relu: bool| {
            let (mut pw, mut pw_bias, mut taps, mut dw_bias) = (vec![], vec![], vec![], vec![]);
            for name in names {
                pw.extend(values(format!("{name}_pw_weight"))?);
                pw_bias.extend(values(format!("{name}_pw_bias"))?);
                taps.push(values(format!("{name}_dw_weight"))?);
                dw_bias.extend(values(format!("{name}_dw_bias"))?);
            }
            let mut dw = Vec::new();
            for tap in 0..9 {
                for weights in &taps {
                    let channels = weights.len() / 9;
                    dw.extend_from_slice(&weights[tap * channels..][..channels]);
                }
            }
            Ok::<_, safetensors::SafeTensorError>(Unit {
                pointwise: Pointwise::new(inputs, &pw, pw_bias),
                depthwise: Depthwise::new(dw, dw_bias),
                relu,
            })
        };
        let first = Pointwise::new(
            WINDOW,
            &values("backbone__model0_pw_weight".into())?,
            values("backbone__model0_pw_bias".into())?,
        );
        let mut backbone = vec![unit(&["backbone__model0_dp".into()], 16, true)?];
        for (stage, inputs) in [16, 32, 64, 64, 64].into_iter().enumerate() {
            let name = format!("backbone__model{}", stage + 1);
            backbone.push(unit(&[format!("{name}_dp1")], inputs, true)?);
            backbone.push(unit(&[format!("{name}_dp2")], inputs, true)?);
        }
        let (mut neck, mut heads) = (Vec::new(), Vec::new());
        for level in 0..3 {
            neck.push(unit(&[format!("neck__lateral_convs__{level}")], 64, true)?);
            let names = ["cls", "obj", "bbox"]
                .map(|head| format!("bbox_head__multi_level_{head}__{level}"));
            heads.push(unit(&names, 64, false)?);
        }
        Ok(Self {
            first,
            backbone,
            neck,
            heads,
        })
    }

    /// The faces of a frame, best first, in the frame's pixels. Boxes may reach beyond its edges.
    pub fn detect(&self, frame: &Frame) -> Vec<Face> {
        let longer = frame.width.max(frame.height);
        let scaled = |side: usize| (side * LONGER_SIDE).div_ceil(longer).max(1);
        let small = match longer > LONGER_SIDE {
            true => resize(frame, scaled(frame.width), scaled(frame.height)),
            false => frame.clone(),
        };
        let to_x = frame.width as f64 / small.width as f64;
        let to_y = frame.height as f64 / small.height as f64;
        let mut found: Vec<Face> = self
            .levels(&small)
            .iter()
            .enumerate()
            .flat_map(|(level, map)| faces(map, (8 << level) as f32))
            .map(|face| Face {
                left: face.left * to_x,
                top: face.top * to_y,
                width: face.width * to_x,
                height: face.height * to_y,
                score: face.score,
            })
            .collect();
        found.sort_by(|a, b| b.score.total_cmp(&a.score));
        let mut kept: Vec<Face> = Vec::new();
        for face in found {
            if kept.iter().all(|other| overlap(other, &face) <= OVERLAP) {
                kept.push(face);
            }
        }
        kept
    }

    /// The heads' maps at strides 8, 16 and 32.
    fn levels(&self, frame: &Frame) -> Vec<Map> {
        let mut map = self.first.apply(&windows(frame));
        relu(&mut map);
        let mut levels = Vec::new();
        for (index, unit) in self.backbone.iter().enumerate() {
            // The first stage begins at half its input's size, the last three likewise.
            if matches!(index, 1 | 5 | 7 | 9) {
                map = max_pool(&map);
            }
            map = unit.apply(&map);
            if matches!(index, 6 | 8) {
                levels.push(Map {
                    values: map.values.clone(),
                    ..map
                });
            }
        }
        levels.push(map);
        let mut out = Vec::new();
        for level in (0..3).rev() {
            let map = self.neck[level].apply(&levels[level]);
            if let Some(finer) = level.checked_sub(1) {
                add_doubled(&mut levels[finer], &map);
            }
            out.push(self.heads[level].apply(&map));
        }
        out.reverse();
        out
    }
}

/// What the first layer sees: at every second pixel the 3 x 3 pixels around, `[height / 2,
/// width / 2, 3 * 3 * 3 + 1]`, blue first, 0 to 255; black beyond the edge.
fn windows(frame: &Frame) -> Map {
    let width = frame.width.next_multiple_of(STRIDE) / 2;
    let height = frame.height.next_multiple_of(STRIDE) / 2;
    let mut map = Map::zeros(width, height, WINDOW);
    for (index, window) in map.values.chunks_exact_mut(WINDOW).enumerate() {
        let (x, y) = (2 * (index % width), 2 * (index / width));
        for (tap, to) in window.chunks_exact_mut(3).enumerate() {
            let (column, row) = (x + tap % 3, y + tap / 3);
            // The window begins one pixel before its centre.
            if (1..=frame.width).contains(&column) && (1..=frame.height).contains(&row) {
                let from = ((row - 1) * frame.width + column - 1) * 3;
                for (to, value) in to.iter_mut().zip(frame.rgb[from..from + 3].iter().rev()) {
                    *to = f32::from(*value);
                }
            }
        }
    }
    map
}

/// The boxes that one level found, in pixels of the network's input.
fn faces(map: &Map, stride: f32) -> impl Iterator<Item = Face> {
    let sigmoid = |value: f32| 1.0 / (1.0 + (-value).exp());
    (0..map.width * map.height).filter_map(move |index| {
        let (x, y) = (index % map.width, index / map.width);
        let values = map.pixel(x, y);
        let score = (sigmoid(values[0]) * sigmoid(values[1])).sqrt();
        let (width, height) = (values[4].exp() * stride, values[5].exp() * stride);
        (score >= SCORE).then(|| Face {
            left: f64::from((x as f32 + values[2]) * stride - width / 2.0),
            top: f64::from((y as f32 + values[3]) * stride - height / 2.0),
            width: f64::from(width),
            height: f64::from(height),
            score: f64::from(score),
        })
    })
}
