//! A JPEG file becomes a frame of RGB values.

use std::fs;
use std::path::Path;

use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use crate::error::DataError;

/// One decoded image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Values 0 to 255, `[height, width, 3]`, red first.
    pub rgb: Vec<u8>,
}

impl Frame {
    /// A black frame.
    pub fn black(width: usize, height: usize) -> Self {
        Self {
            width,
            height,
            rgb: vec![0; width * height * 3],
        }
    }
}

/// Reads and decodes one JPEG file; a grey image gets three equal channels.
///
/// The values are not to the last bit those of libjpeg, which Pillow uses: where colour is stored at
/// half resolution the decoder rounds twice on its way up, libjpeg once. On the reference's frame
/// 18 % of the values differ, nearly all by 1 or 2 of 255 and none by more than 3.
pub fn read_frame(path: &Path) -> Result<Frame, DataError> {
    let bytes = fs::read(path).map_err(|source| DataError::Read {
        path: path.to_owned(),
        source,
    })?;
    decode(&bytes).map_err(|reason| DataError::Decode {
        path: path.to_owned(),
        reason,
    })
}

fn decode(bytes: &[u8]) -> Result<Frame, String> {
    // Strict: a file that breaks off in the middle is an error, not a frame with a grey lower half.
    let options = DecoderOptions::default()
        .jpeg_set_out_colorspace(ColorSpace::RGB)
        .set_strict_mode(true);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    let values = decoder.decode().map_err(|error| error.to_string())?;
    let (width, height) = decoder.dimensions().ok_or("it has no size")?;
    let rgb = match values.len().checked_div(width * height) {
        Some(3) => values,
        Some(1) => values.into_iter().flat_map(|grey| [grey; 3]).collect(),
        _ => {
            return Err(format!(
                "{width} x {height} pixels give {} values",
                values.len()
            ));
        }
    };
    Ok(Frame { width, height, rgb })
}
