//! A clip as one small picture: some of its frames side by side.

use std::path::PathBuf;

use jpeg_encoder::{ColorType, Encoder, EncodingError};

use crate::DataError;
use crate::decode::read_frame;
use crate::resize::resize;

/// Frames in a picture.
const FRAMES: usize = 6;

/// Width and height of each, in pixels.
pub const SIZE: usize = 48;

const QUALITY: u8 = 75;

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub enum StripError {
    /// A frame cannot be read.
    #[error(transparent)]
    Frame(#[from] DataError),
    /// The picture cannot be encoded.
    #[error("a picture of {width} x {SIZE} pixels cannot be encoded: {source}")]
    Encode {
        /// Its width.
        width: usize,
        /// What the encoder said.
        source: EncodingError,
    },
}

/// A JPEG file of frames of a clip, evenly spaced from the first to the last, each scaled to 48 x 48
/// pixels. A clip with fewer than six frames gives as many.
pub fn jpeg(frames: &[PathBuf]) -> Result<Vec<u8>, StripError> {
    let count = frames.len().min(FRAMES);
    let width = count * SIZE;
    let mut picture = vec![0; 3 * width * SIZE];
    for place in 0..count {
        let at = match count {
            1 => 0,
            _ => place * (frames.len() - 1) / (count - 1),
        };
        let frame = resize(&read_frame(&frames[at])?, SIZE, SIZE);
        for (y, row) in frame.rgb.chunks_exact(3 * SIZE).enumerate() {
            let from = 3 * (y * width + place * SIZE);
            picture[from..from + row.len()].copy_from_slice(row);
        }
    }
    let mut file = Vec::new();
    Encoder::new(&mut file, QUALITY)
        .encode(&picture, width as u16, SIZE as u16, ColorType::Rgb)
        .map_err(|source| StripError::Encode { width, source })?;
    Ok(file)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::decode::read_frame;

    /// Files of one grey each, 30 pixels wide and high.
    fn frames(folder: &std::path::Path, greys: &[u8]) -> Vec<PathBuf> {
        let file = |(index, grey): (usize, &u8)| {
            let path = folder.join(format!("{index}.jpg"));
            let encoder = Encoder::new_file(&path, 95).unwrap();
            encoder
                .encode(&[*grey; 3 * 30 * 30], 30, 30, ColorType::Rgb)
                .unwrap();
            path
        };
        greys.iter().enumerate().map(file).collect()
    }

    #[test]
    fn first_and_last_frame_are_in_the_picture() {
        let folder = tempfile::tempdir().unwrap();
        for count in [1, 2, 6, 7, 40] {
            let greys: Vec<u8> = (0..count).map(|index| (index * 6) as u8).collect();
            let path = folder.path().join("strip.jpg");
            std::fs::write(&path, jpeg(&frames(folder.path(), &greys)).unwrap()).unwrap();
            let strip = read_frame(&path).unwrap();
            assert_eq!((strip.width, strip.height), (count.min(6) * SIZE, SIZE));
            let near = |at: usize, grey: u8| strip.rgb[3 * at].abs_diff(grey) <= 3;
            assert!(
                near(10, greys[0]) && near(strip.width - 10, greys[count - 1]),
                "{count}"
            );
        }
    }

    #[test]
    fn a_missing_frame_is_named() {
        let error = jpeg(&[PathBuf::from("nowhere/1.jpg")]).unwrap_err();
        assert!(error.to_string().contains("nowhere/1.jpg"), "{error}");
    }
}
