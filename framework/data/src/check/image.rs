//! What an image file says of itself before its pixels.

use serde::Serialize;
use zune_core::bytestream::ZCursor;
use zune_jpeg::JpegDecoder;
use zune_png::PngDecoder;

use crate::format::{Format, on_one_line};

/// Format and size of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Image {
    /// Its format, by its first bytes and not by its name.
    pub format: Format,
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

/// Reads the header of an image. `Err` says why there is none.
pub(super) fn header(bytes: &[u8]) -> Result<Image, String> {
    let format = Format::of(bytes)?;
    let size = match format {
        Format::Jpeg => {
            let mut decoder = JpegDecoder::new(ZCursor::new(bytes));
            decoder
                .decode_headers()
                .map_err(|error| format!("broken JPEG header: {}", on_one_line(error)))?;
            decoder.dimensions()
        }
        Format::Png => {
            let mut decoder = PngDecoder::new(ZCursor::new(bytes));
            decoder
                .decode_headers()
                .map_err(|error| format!("broken PNG header: {}", on_one_line(error)))?;
            decoder.dimensions()
        }
    };
    let (width, height) = size.ok_or("the image has no size")?;
    Ok(Image {
        format,
        width,
        height,
    })
}
