//! What an image file says of itself before its pixels.

use serde::Serialize;
use zune_core::bytestream::ZCursor;
use zune_jpeg::JpegDecoder;
use zune_png::PngDecoder;

/// The format of an image file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
}

impl Format {
    /// Its name, for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
        }
    }
}

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
    let (format, size) = match bytes {
        [] => return Err("the file is empty".to_owned()),
        [0xff, 0xd8, ..] => {
            let mut decoder = JpegDecoder::new(ZCursor::new(bytes));
            decoder
                .decode_headers()
                .map_err(|error| format!("broken JPEG header: {error}"))?;
            (Format::Jpeg, decoder.dimensions())
        }
        [0x89, b'P', b'N', b'G', ..] => {
            let mut decoder = PngDecoder::new(ZCursor::new(bytes));
            decoder
                .decode_headers()
                .map_err(|error| format!("broken PNG header: {error:?}"))?;
            (Format::Png, decoder.dimensions())
        }
        _ => return Err("neither JPEG nor PNG".to_owned()),
    };
    let (width, height) = size.ok_or("the image has no size")?;
    Ok(Image {
        format,
        width,
        height,
    })
}
