//! A clip's files become the values that the model takes.

use std::mem;
use std::sync::Arc;

use exp_core::clip::Clip;
use exp_core::experiment::{Augmentation, DamagedFrame, Normalize};
use macerator::{AutoArch, Simd, WithSimd};
use rand::Rng;

use crate::augment::{Draw, Memory, draw};
use crate::cache::FrameCache;
use crate::decode::{Frame, FrameReader};
use crate::error::DataError;
use crate::resize::CropBox;

/// Mean of red, green and blue in CLIP's training images, and their standard deviation, of values
/// in 0 to 1. Source: `_transform` in `clip/clip.py` of OpenAI's CLIP repository
/// (<https://github.com/openai/CLIP>).
pub const CLIP_MEAN: [f32; 3] = [0.481_454_66, 0.457_827_5, 0.408_210_73];
/// See [`CLIP_MEAN`].
pub const CLIP_STD: [f32; 3] = [0.268_629_54, 0.261_302_6, 0.275_777_1];

/// Writes pixels as 32-bit floats, normalised as settings say, to as many places.
///
/// `pixels` holds values 0 to 255 as `[frames, 3, size, size]`; `plane` is `size * size`.
pub fn normalized(normalize: Normalize, pixels: &[u8], plane: usize, out: &mut [f32]) {
    let channels = pixels.chunks(plane).zip(out.chunks_mut(plane));
    for (channel, (values, out)) in channels.enumerate() {
        AutoArch::new().dispatch(Normalizing {
            values,
            scale: match normalize {
                Normalize::None => None,
                Normalize::Clip => Some((CLIP_MEAN[channel % 3], CLIP_STD[channel % 3])),
            },
            out,
        });
    }
}

/// One channel of one frame on its way to floats; a plain loop for the widest vector unit there is.
struct Normalizing<'a> {
    values: &'a [u8],
    /// Mean and standard deviation.
    scale: Option<(f32, f32)>,
    out: &'a mut [f32],
}

impl WithSimd for Normalizing<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self) {
        let pairs = self.out.iter_mut().zip(self.values);
        match self.scale {
            None => pairs.for_each(|(out, value)| *out = f32::from(*value) / 255.0),
            Some((mean, std)) => {
                pairs.for_each(|(out, value)| *out = (f32::from(*value) / 255.0 - mean) / std);
            }
        }
    }
}

/// What was read of a clip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClipPixels {
    /// Values 0 to 255, `[indices, 3, size, size]`.
    pub values: Vec<u8>,
    /// Frames that could not be decoded and were replaced by a neighbour.
    pub damaged: usize,
}

/// Reads clips one after the other, in the same memory.
#[derive(Debug)]
pub struct ClipReader {
    size: usize,
    damaged: DamagedFrame,
    frames: FrameReader,
    memory: Memory,
    spare: Vec<u8>,
}

impl ClipReader {
    /// A reader that scales frames to `size` x `size`; decoded ones may come from a cache.
    pub fn new(size: usize, damaged: DamagedFrame, cache: Option<Arc<FrameCache>>) -> Self {
        Self {
            size,
            damaged,
            frames: FrameReader::new(cache),
            memory: Memory::default(),
            spare: Vec::new(),
        }
    }

    /// Gives the memory of earlier pixels to the next ones.
    pub fn reuse(&mut self, values: Vec<u8>) {
        self.spare = values;
    }

    /// Reads frames of a clip for evaluation: scaled, nothing else. The indices are those of
    /// [`sampling`](crate::sampling), ascending.
    pub fn evaluation(&mut self, clip: &Clip, indices: &[usize]) -> Result<ClipPixels, DataError> {
        self.read(clip, indices, |_| Draw::NONE)
    }

    /// Reads frames of a clip for training, all changed by the same draw from `rng`.
    pub fn training(
        &mut self,
        clip: &Clip,
        indices: &[usize],
        augment: &Augmentation,
        rng: &mut impl Rng,
    ) -> Result<ClipPixels, DataError> {
        let size = self.size;
        self.read(clip, indices, |frame| {
            draw(augment, rng, frame.width, frame.height, size)
        })
    }

    /// `draw` is asked once, with the first frame, which is therefore read whole.
    fn read(
        &mut self,
        clip: &Clip,
        indices: &[usize],
        mut draw: impl FnMut(&Frame) -> Draw,
    ) -> Result<ClipPixels, DataError> {
        if indices.is_empty() {
            return Err(DataError::EmptyClip.in_clip(&clip.name));
        }
        let planes = 3 * self.size * self.size;
        let mut values = mem::take(&mut self.spare);
        values.resize(indices.len() * planes, 0);
        let (mut damaged, mut drawn): (_, Option<Draw>) = (0, None);
        for (position, index) in indices.iter().enumerate() {
            let (done, rest) = values.split_at_mut(position * planes);
            if position > 0 && indices[position - 1] == *index {
                // A short clip repeats a frame; reading it once is enough.
                rest[..planes].copy_from_slice(&done[done.len() - planes..]);
                continue;
            }
            let mut part = |width, height| match &drawn {
                Some(drawn) => drawn.needs(width, height),
                None => CropBox::whole(width, height),
            };
            let (frame, replaced) =
                readable(&mut self.frames, clip, *index, self.damaged, &mut part)
                    .map_err(|error| error.in_clip(&clip.name))?;
            let draw = drawn.get_or_insert_with(|| draw(frame));
            draw.apply(frame, self.size, &mut self.memory, &mut rest[..planes]);
            damaged += usize::from(replaced);
        }
        Ok(ClipPixels { values, damaged })
    }
}

/// Reads a clip's frame, or where it is damaged and the rule allows, the nearest that can be read;
/// says whether it is another. At least the part that `part` asks for is read.
fn readable<'a>(
    frames: &'a mut FrameReader,
    clip: &Clip,
    index: usize,
    rule: DamagedFrame,
    part: &mut dyn FnMut(usize, usize) -> CropBox,
) -> Result<(&'a Frame, bool), DataError> {
    let path = clip.frames.get(index).ok_or(DataError::EmptyClip)?;
    let Err(damage) = frames.read_part(path, part) else {
        return Ok((frames.frame(), false));
    };
    let is_damage = |error: &DataError| matches!(error, DataError::Decode { .. });
    if !is_damage(&damage) {
        return Err(damage);
    }
    if rule == DamagedFrame::Stop {
        return Err(DataError::Damaged(Box::new(damage)));
    }
    let before = |distance| index.checked_sub(distance);
    let after = |distance| Some(index + distance);
    let neighbours = (1..clip.frames.len())
        .flat_map(|distance| [before(distance), after(distance)])
        .flatten()
        .filter_map(|neighbour| clip.frames.get(neighbour));
    for neighbour in neighbours {
        match frames.read_part(neighbour, part) {
            Ok(()) => return Ok((frames.frame(), true)),
            Err(error) if is_damage(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Err(damage)
}
