//! An image file becomes a frame of RGB values.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use crate::cache::FrameCache;
use crate::error::DataError;
use crate::format::Format;
use crate::resize::CropBox;
use crate::{jpeg, png};

/// One decoded image.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frame {
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Values 0 to 255, `[height, width, 3]`, red first.
    pub rgb: Vec<u8>,
}

/// Reads and decodes frames one after the other, in the same memory.
#[derive(Debug, Default)]
pub struct FrameReader {
    file: Vec<u8>,
    frame: Frame,
    jpeg: jpeg::Memory,
    cache: Option<Arc<FrameCache>>,
}

impl FrameReader {
    /// A reader that asks a cache first.
    pub fn new(cache: Option<Arc<FrameCache>>) -> Self {
        Self {
            cache,
            ..Self::default()
        }
    }

    /// Reads and decodes one JPEG or PNG file; its first bytes tell which it is, not its name.
    ///
    /// Grey images get three equal channels, transparency is dropped, and an orientation in EXIF data
    /// is not applied, all as in Pillow's `convert("RGB")`. A file that breaks off is an error.
    ///
    /// The values of a JPEG file are those of libjpeg, which Pillow uses, to the last bit. Those of
    /// uncommon kinds (progressive, more than one scan, 4:4:0, 4:1:1, fewer than five columns) are not:
    /// rounding of the cosine transform and of colours that are enlarged makes up to 3 of 255.
    ///
    /// JPEG's scaled decoding, which gives an image of half the size or less, is not used: what it
    /// gives is not what scaling the whole image gives.
    pub fn read(&mut self, path: &Path) -> Result<(), DataError> {
        self.read_part(path, &mut CropBox::whole)
    }

    /// Like [`FrameReader::read`] for the part of the frame that `part` asks for, given width and
    /// height; other pixels may have any values. Damage elsewhere in a file may go unnoticed, but for
    /// one that breaks off. A reader with a cache reads all of it, for the next time.
    pub fn read_part(
        &mut self,
        path: &Path,
        part: &mut dyn FnMut(usize, usize) -> CropBox,
    ) -> Result<(), DataError> {
        if let Some(cache) = &self.cache
            && cache.get(path, &mut self.frame)
        {
            return Ok(());
        }
        self.file.clear();
        File::open(path)
            .and_then(|mut file| file.read_to_end(&mut self.file))
            .map_err(|source| DataError::Read {
                path: path.to_owned(),
                source,
            })?;
        let part = match self.cache {
            Some(_) => &mut CropBox::whole,
            None => part,
        };
        let decoded = Format::of(&self.file).and_then(|format| match format {
            Format::Jpeg => jpeg::decode(&self.file, &mut self.frame, &mut self.jpeg, part),
            Format::Png => png::decode(&self.file, &mut self.frame),
        });
        decoded.map_err(|reason| DataError::Decode {
            path: path.to_owned(),
            reason,
        })?;
        if let Some(cache) = &self.cache {
            cache.put(path, &self.frame);
        }
        Ok(())
    }

    /// The frame that was read last; after an error its content means nothing.
    pub fn frame(&self) -> &Frame {
        &self.frame
    }
}

/// Reads and decodes one file; see [`FrameReader::read`].
pub fn read_frame(path: &Path) -> Result<Frame, DataError> {
    let mut reader = FrameReader::default();
    reader.read(path)?;
    Ok(reader.frame)
}
