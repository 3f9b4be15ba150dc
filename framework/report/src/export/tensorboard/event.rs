//! The messages in event files: the three fields of `Event` and the two of `Summary.Value` that
//! scalars need, in Protocol Buffers' encoding.
//!
//! Sources: `tensorflow/core/util/event.proto`, `tensorflow/core/framework/summary.proto`, and
//! "Encoding" in the documentation of Protocol Buffers.

/// How a field is written.
const VARINT: u8 = 0;
const EIGHT_BYTES: u8 = 1;
const LENGTH: u8 = 2;
const FOUR_BYTES: u8 = 5;

/// The first event of a file: which version of the format follows. `wall` is in seconds since 1970.
pub fn version(wall: f64) -> Vec<u8> {
    let mut event = double(1, wall);
    event.extend(bytes(3, b"brain.Event:2"));
    event
}

/// The scalars of one step, as (tag, value).
pub fn scalars<'a>(
    wall: f64,
    step: u64,
    values: impl IntoIterator<Item = (&'a str, f32)>,
) -> Vec<u8> {
    let mut summary = Vec::new();
    for (tag, value) in values {
        let mut scalar = bytes(1, tag.as_bytes());
        scalar.extend(float(2, value));
        summary.extend(bytes(1, &scalar));
    }
    let mut event = double(1, wall);
    event.push(key(2, VARINT));
    event.extend(varint(step));
    event.extend(bytes(5, &summary));
    event
}

/// Field number (below 16) and kind.
fn key(field: u8, kind: u8) -> u8 {
    field << 3 | kind
}

/// Seven bits a byte, the lowest first; the top bit says that more follow.
fn varint(mut number: u64) -> Vec<u8> {
    let mut encoded = Vec::new();
    while number >= 0x80 {
        encoded.push(number as u8 | 0x80);
        number >>= 7;
    }
    encoded.push(number as u8);
    encoded
}

fn double(field: u8, value: f64) -> Vec<u8> {
    let mut encoded = vec![key(field, EIGHT_BYTES)];
    encoded.extend(value.to_le_bytes());
    encoded
}

fn float(field: u8, value: f32) -> Vec<u8> {
    let mut encoded = vec![key(field, FOUR_BYTES)];
    encoded.extend(value.to_le_bytes());
    encoded
}

fn bytes(field: u8, value: &[u8]) -> Vec<u8> {
    let mut encoded = vec![key(field, LENGTH)];
    encoded.extend(varint(value.len() as u64));
    encoded.extend(value);
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_take_seven_bits_a_byte() {
        assert_eq!(varint(1), [1]);
        // The documentation's own example.
        assert_eq!(varint(150), [0x96, 0x01]);
        assert_eq!(varint(u64::MAX).len(), 10);
    }

    #[test]
    fn a_scalar_is_nested_twice() {
        let event = scalars(1.0, 3, [("a", 0.5)]);
        let expected = [
            &[0x09][..],
            &1.0_f64.to_le_bytes(),
            &[0x10, 3, 0x2a, 10, 0x0a, 8, 0x0a, 1, b'a', 0x15],
            &0.5_f32.to_le_bytes(),
        ];
        assert_eq!(event, expected.concat());
    }
}
