//! JPEG files become frames.
//!
//! The common kind is decoded here, since half of a loader's time is spent on that: only the part of
//! the image that is wanted, and to the last bit as libjpeg does it, which Pillow uses. All other
//! kinds, and what is damaged, are left to a library.

mod baseline;
mod colour;
mod header;
mod huffman;
mod transform;

use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use crate::decode::Frame;
use crate::format::on_one_line;
use crate::resize::CropBox;

pub(crate) use baseline::Memory;

/// The first bytes of every JPEG file.
pub(crate) const SIGNATURE: &[u8] = &[0xff, 0xd8, 0xff];

/// Decodes a JPEG file into a frame, whose memory is used again; at least the part that `part` asks
/// for, given width and height. An orientation in the EXIF data is not applied, as Pillow does not.
/// The error is the reason, for people.
pub(crate) fn decode(
    bytes: &[u8],
    frame: &mut Frame,
    memory: &mut Memory,
    part: &mut dyn FnMut(usize, usize) -> CropBox,
) -> Result<(), String> {
    match baseline::decode(bytes, frame, memory, part) {
        Some(()) => Ok(()),
        None => decode_any(bytes, frame),
    }
}

/// Decodes all of a file of any kind.
fn decode_any(bytes: &[u8], frame: &mut Frame) -> Result<(), String> {
    // Strict: a file that breaks off in the middle is an error, not a frame with a grey lower half.
    let options = DecoderOptions::default()
        .jpeg_set_out_colorspace(ColorSpace::RGB)
        .set_strict_mode(true);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(on_one_line)?;
    let (width, height) = decoder.dimensions().ok_or("it has no size")?;
    if let Some(ColorSpace::CMYK | ColorSpace::YCCK) = decoder.input_colorspace() {
        return Err("its four colours are those of print (CMYK); store it as RGB".to_owned());
    }
    let values = decoder.output_buffer_size().ok_or("it has no size")?;
    let pixels = width * height;
    frame.rgb.resize(values, 0);
    decoder.decode_into(&mut frame.rgb).map_err(on_one_line)?;
    if !ends(bytes) {
        return Err("it breaks off before its end marker".to_owned());
    }
    match values.checked_div(pixels) {
        Some(3) => {}
        Some(1) => frame.rgb = frame.rgb.iter().flat_map(|&grey| [grey; 3]).collect(),
        _ => return Err(format!("{width} x {height} pixels give {values} values")),
    }
    (frame.width, frame.height) = (width, height);
    Ok(())
}

/// Whether an end marker follows the last scan. The decoder does not miss it where the file breaks
/// off within the last few blocks, and makes up what they show.
fn ends(bytes: &[u8]) -> bool {
    let marker = |kind| move |pair: &[u8]| pair == [0xff, kind];
    let end = bytes.windows(2).rposition(marker(0xd9));
    end.is_some_and(|end| !bytes[end..].windows(2).any(marker(0xda)))
}
