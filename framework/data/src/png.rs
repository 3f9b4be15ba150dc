//! PNG files become frames, as Pillow's `convert("RGB")` makes them.

use zune_core::bytestream::ZCursor;
use zune_core::options::DecoderOptions;
use zune_core::result::DecodingResult;
use zune_png::PngDecoder;

use crate::decode::Frame;
use crate::format::on_one_line;

/// The first bytes of every PNG file.
pub(crate) const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Decodes a PNG file into a frame. Transparency is dropped, not blended; grey becomes three equal
/// channels; of 16-bit colours the upper eight bits count. 16-bit grey alone is cut off at 255
/// instead, so that it turns nearly white: that is what Pillow does, and so what published code
/// sees. The error is the reason, for people.
pub(crate) fn decode(bytes: &[u8], frame: &mut Frame) -> Result<(), String> {
    let options = DecoderOptions::default().png_set_confirm_crc(true);
    let mut decoder = PngDecoder::new_with_options(ZCursor::new(bytes), options);
    let decoded = decoder.decode().map_err(on_one_line)?;
    let (width, height) = decoder.dimensions().ok_or("it has no size")?;
    let values = match decoded {
        DecodingResult::U8(values) => values,
        DecodingResult::U16(values) if values.len() == width * height => {
            values.iter().map(|&value| value.min(255) as u8).collect()
        }
        DecodingResult::U16(values) => values.iter().map(|value| (value >> 8) as u8).collect(),
        _ => return Err("its values are no whole numbers".to_owned()),
    };
    frame.rgb.clear();
    let rgb = &mut frame.rgb;
    match values.len().checked_div(width * height) {
        Some(1) => rgb.extend(values.iter().flat_map(|&grey| [grey; 3])),
        Some(2) => rgb.extend(values.as_chunks().0.iter().flat_map(|&[grey, _]| [grey; 3])),
        Some(3) => rgb.extend(&values),
        Some(4) => rgb.extend(
            values
                .as_chunks()
                .0
                .iter()
                .flat_map(|&[red, green, blue, _]| [red, green, blue]),
        ),
        _ => {
            return Err(format!(
                "{width} x {height} pixels give {} values",
                values.len()
            ));
        }
    }
    (frame.width, frame.height) = (width, height);
    Ok(())
}
