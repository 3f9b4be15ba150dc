//! The sizes of a CLIP, read from its tensors.

use exp_weights::Weights;

use crate::ops::HEAD_WIDTH;
use crate::parameters::{nearest, perhaps};

/// The sizes of a CLIP with a vision transformer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClipSizes {
    /// Width of the features that images and texts are compared by.
    pub embed: usize,
    /// Height and width of an image in pixels.
    pub image: usize,
    /// Height and width of a patch in pixels.
    pub patch: usize,
    /// Width of the image encoder; its heads are 64 wide.
    pub vision_width: usize,
    /// Blocks of the image encoder.
    pub vision_layers: usize,
    /// Positions of the text encoder.
    pub context: usize,
    /// Rows of the token table: the vocabulary, or the part of it that a small file keeps.
    pub tokens: usize,
    /// Width of the text encoder; its heads are 64 wide.
    pub text_width: usize,
    /// Blocks of the text encoder.
    pub text_layers: usize,
}

/// Widths of OpenCLIP's image encoders with other heads: ViT-H/14, ViT-g/14 and ViT-bigG/14 (the
/// model configurations of <https://github.com/mlfoundations/open_clip>).
const OTHER_HEADS: [usize; 3] = [1280, 1408, 1664];

/// Tensors that are not a CLIP with a vision transformer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SizeError {
    /// A tensor that every CLIP has is not there.
    #[error(
        "there is no tensor `{name}`{}, which every CLIP with a vision transformer has",
        perhaps(.nearest)
    )]
    Missing {
        /// Its name here; files under other layouts have other names for it.
        name: &'static str,
        /// Tensors that it may be.
        nearest: Vec<String>,
    },
    /// A width with heads that are not 64 wide.
    #[error(
        "the image encoder is {0} wide: OpenCLIP's models of this width have heads that are not 64 \
         wide, which is not supported"
    )]
    Heads(usize),
    /// A tensor has a shape that no CLIP has.
    #[error("tensor `{name}` has shape {shape:?}; expected {expected}")]
    Shape {
        /// Its name.
        name: &'static str,
        /// Its shape.
        shape: Vec<usize>,
        /// What it should be.
        expected: &'static str,
    },
}

impl ClipSizes {
    /// Reads the sizes from tensors under OpenAI's names.
    pub fn of(weights: &Weights) -> Result<Self, SizeError> {
        let conv = shape::<4>(weights, "visual.conv1.weight", "[width, 3, patch, patch]")?;
        let positions = shape::<2>(
            weights,
            "visual.positional_embedding",
            "[patches + 1, width]",
        )?;
        let projection = shape::<2>(weights, "text_projection", "[text width, features]")?;
        let text = shape::<2>(weights, "positional_embedding", "[positions, text width]")?;
        let table = shape::<2>(weights, "token_embedding.weight", "[tokens, text width]")?;
        let side = (positions[0] - 1).isqrt();
        if conv[1] != 3 || conv[2] != conv[3] {
            return Err(SizeError::Shape {
                name: "visual.conv1.weight",
                shape: conv.to_vec(),
                expected: "[width, 3, patch, patch]",
            });
        }
        if OTHER_HEADS.contains(&conv[0]) {
            return Err(SizeError::Heads(conv[0]));
        }
        if side * side + 1 != positions[0] {
            return Err(SizeError::Shape {
                name: "visual.positional_embedding",
                shape: positions.to_vec(),
                expected: "a square of patches and one class token",
            });
        }
        for (name, width) in [
            ("visual.conv1.weight", conv[0]),
            ("positional_embedding", text[1]),
        ] {
            if width % HEAD_WIDTH != 0 {
                return Err(SizeError::Shape {
                    name,
                    shape: vec![width],
                    expected: "a width that is a multiple of 64",
                });
            }
        }
        Ok(Self {
            embed: projection[1],
            image: side * conv[2],
            patch: conv[2],
            vision_width: conv[0],
            vision_layers: weights.layers("visual.transformer.resblocks."),
            context: text[0],
            tokens: table[0],
            text_width: text[1],
            text_layers: weights.layers("transformer.resblocks."),
        })
    }
}

fn shape<const D: usize>(
    weights: &Weights,
    name: &'static str,
    expected: &'static str,
) -> Result<[usize; D], SizeError> {
    let shape = weights.shape(name).ok_or_else(|| SizeError::Missing {
        name,
        nearest: nearest(name, weights.unmapped().iter().map(String::as_str)),
    })?;
    let wrong = || SizeError::Shape {
        name,
        shape: shape.to_vec(),
        expected,
    };
    let sizes: [usize; D] = shape.try_into().map_err(|_| wrong())?;
    if sizes.contains(&0) {
        Err(wrong())
    } else {
        Ok(sizes)
    }
}
