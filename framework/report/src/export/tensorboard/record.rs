//! The framing of event files: TensorFlow's TFRecord format.

use crc::{CRC_32_ISCSI, Crc};

/// CRC-32C, the Castagnoli polynomial.
const CRC32C: Crc<u32> = Crc::<u32>::new(&CRC_32_ISCSI);

/// A record: its length in 8 bytes, their checksum, the data, their checksum; all little endian
/// (TensorFlow, `tensorflow/core/lib/io/record_writer.h`).
pub fn framed(data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u64).to_le_bytes();
    let mut record = Vec::with_capacity(data.len() + 16);
    record.extend(length);
    record.extend(masked(&length).to_le_bytes());
    record.extend(data);
    record.extend(masked(data).to_le_bytes());
    record
}

/// The checksum, rotated by 15 bits and moved by a constant, so that the checksum of data that
/// hold checksums is of use (`tensorflow/core/lib/hash/crc32c.h`).
fn masked(data: &[u8]) -> u32 {
    CRC32C
        .checksum(data)
        .rotate_right(15)
        .wrapping_add(0xa282_ead8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_crc_32c() {
        // RFC 3720, appendix B.4: 32 bytes of zeros.
        assert_eq!(CRC32C.checksum(&[0; 32]), 0x8a91_36aa);
    }

    /// What TensorFlow's writer makes of the first event of every file with wall time 1.
    #[test]
    fn a_record_has_its_length_and_two_checksums() {
        let record = framed(b"abc");
        assert_eq!(record.len(), 19);
        assert_eq!(record[..8], [3, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(record[12..15], *b"abc");
        let checksum = CRC32C.checksum(b"abc");
        let mask = checksum.rotate_right(15).wrapping_add(0xa282_ead8);
        assert_eq!(record[15..], mask.to_le_bytes());
    }
}
