//! Random changes of training clips: one draw a clip, the same for all its frames.
//!
//! Order and rules are those of the published DFER-CLIP code: brightness (DFEW) or rotation
//! (FERV39k), then a random resized crop, then a mirror image (Zhao and Patras, "Prompting
//! Visual-Language Models for Dynamic Facial Expression Recognition", BMVC 2023).

use exp_core::experiment::{Augmentation, RandomResizedCrop};
use rand::{Rng, RngExt};

use crate::adjust::{Turn, brighten, cut, cut_rotated};
use crate::decode::Frame;
use crate::resize::{CropBox, Pixel, Scaler, Side, shorter_side_size};

/// Tries to place a random crop before the frame is only scaled and cut.
const CROP_TRIES: usize = 10;

/// Draws what happens to one clip.
///
/// `width` and `height` are those of the clip's first frame, which place the crop; `size` is the
/// side of the model's square input.
pub fn draw(
    augment: &Augmentation,
    rng: &mut impl Rng,
    width: usize,
    height: usize,
    size: usize,
) -> Draw {
    Draw {
        brightness: augment
            .brightness
            .map(|[min, max]| rng.random_range(min..=max)),
        rotation: augment.rotation.map(|most| rng.random_range(-most..=most)),
        part: augment
            .crop
            .map_or(Part::Whole, |crop| part(&crop, rng, width, height, size)),
        mirrored: augment.flip.is_some_and(|share| rng.random_bool(share)),
    }
}

fn part(
    crop: &RandomResizedCrop,
    rng: &mut impl Rng,
    width: usize,
    height: usize,
    size: usize,
) -> Part {
    let [min_area, max_area] = crop.area;
    let [min_aspect, max_aspect] = crop.aspect;
    for _ in 0..CROP_TRIES {
        let area = rng.random_range(min_area..=max_area) * (width * height) as f64;
        let aspect = rng.random_range(min_aspect..=max_aspect);
        let mut crop_width = side(area * aspect);
        let mut crop_height = side(area / aspect);
        if rng.random_bool(0.5) {
            std::mem::swap(&mut crop_width, &mut crop_height);
        }
        if crop_width <= width && crop_height <= height {
            return Part::Box(CropBox {
                left: rng.random_range(0..=width - crop_width),
                top: rng.random_range(0..=height - crop_height),
                width: crop_width,
                height: crop_height,
            });
        }
    }
    let (width, height) = shorter_side_size(width, height, size);
    Part::ShorterSide {
        left: rng.random_range(0..=width - size),
        top: rng.random_range(0..=height - size),
    }
}

/// Side of a square of that area in whole pixels, at least one; a half goes to the even number.
fn side(area: f64) -> usize {
    (area.sqrt().round_ties_even() as usize).max(1)
}

/// What happens to every frame of one clip.
#[derive(Debug, Clone, PartialEq)]
pub struct Draw {
    /// Factor of brightness.
    pub brightness: Option<f64>,
    /// Degrees, anticlockwise.
    pub rotation: Option<f64>,
    /// The part of the frame that the model sees.
    pub part: Part,
    /// Whether left and right change places.
    pub mirrored: bool,
}

/// The part of a frame that the model sees, scaled to its square input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// All of it; the aspect is not kept.
    Whole,
    /// A rectangle of it.
    Box(CropBox),
    /// The shorter side is scaled to the input, and a square is cut from there.
    ShorterSide {
        /// First column of the square, after scaling.
        left: usize,
        /// First row of the square, after scaling.
        top: usize,
    },
}

impl Draw {
    /// Nothing but scaling: evaluation.
    pub const NONE: Draw = Draw {
        brightness: None,
        rotation: None,
        part: Part::Whole,
        mirrored: false,
    };

    /// The part of a frame of that size whose pixels count.
    pub fn needs(&self, width: usize, height: usize) -> CropBox {
        match (self.part, self.rotation) {
            (Part::Box(area), None) => area.within(width, height),
            (Part::Box(area), Some(degrees)) => Turn::new(width, height, degrees).source(area),
            (Part::Whole | Part::ShorterSide { .. }, _) => CropBox::whole(width, height),
        }
    }

    /// Changes one frame and scales it to planes `[3, size, size]`, which must have that length.
    ///
    /// The order of the rules is brightness, rotation, cut, scale, mirror image. Only the cut is
    /// computed: the pixels that it takes of the turned frame are gathered, then made brighter, and
    /// scaling writes its columns from right to left where they are mirrored. No value depends on it.
    pub fn apply(&self, frame: &Frame, size: usize, memory: &mut Memory, planes: &mut [u8]) {
        let whole = CropBox::whole(frame.width, frame.height);
        let (area, mut across, down) = match self.part {
            Part::Whole => (
                whole,
                Side::whole(frame.width, size),
                Side::whole(frame.height, size),
            ),
            Part::Box(area) => (
                area,
                Side::whole(area.width, size),
                Side::whole(area.height, size),
            ),
            Part::ShorterSide { left, top } => {
                let (width, height) = shorter_side_size(frame.width, frame.height, size);
                let side = |input, output, first| Side {
                    input,
                    output,
                    first,
                    kept: size,
                    reversed: false,
                };
                (
                    whole,
                    side(frame.width, width, left),
                    side(frame.height, height, top),
                )
            }
        };
        across.reversed = self.mirrored;
        match self.rotation {
            Some(degrees) => cut_rotated(frame, degrees, area, &mut memory.pixels),
            None => cut(frame, area, &mut memory.pixels),
        }
        if let Some(factor) = self.brightness {
            brighten(&mut memory.pixels, factor);
        }
        // All frames of a clip are scaled alike, but for those of another size.
        let scaler = match &mut memory.scaler {
            Some(scaler) if scaler.sides() == (across, down) => scaler,
            scaler => scaler.insert(Scaler::new(across, down)),
        };
        scaler.scale(&memory.pixels, &mut memory.between, planes);
    }
}

/// Memory that [`Draw::apply`] uses again for the next frame.
#[derive(Debug, Default)]
pub struct Memory {
    pixels: Vec<Pixel>,
    between: Vec<u8>,
    scaler: Option<Scaler>,
}
