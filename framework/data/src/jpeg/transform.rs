//! The inverse cosine transform of a block, to the last bit that of libjpeg.
//!
//! It is the one that libjpeg calls the slow and accurate one (`jidctint.c`), which it and Pillow use
//! unless told otherwise: C. Loeffler, A. Ligtenberg and G. Moschytz, "Practical Fast 1-D DCT
//! Algorithms with 11 Multiplications", ICASSP 1989, in whole numbers with 13 binary places.

use std::num::Wrapping;

use super::header::BLOCK;

/// Binary places of the constants.
const PLACES: usize = 13;
/// Binary places that are kept between the two passes.
const BETWEEN: usize = 2;

type Value = Wrapping<i32>;

/// One pass over eight values.
#[inline(always)]
fn pass(input: [Value; 8]) -> [Value; 8] {
    let times = |value: Value, constant| value * Wrapping(constant);
    // The even half.
    let [_, _, z2, _, _, _, z3, _] = input;
    let z1 = times(z2 + z3, 4433);
    let (t2, t3) = (z1 - times(z3, 15137), z1 + times(z2, 6270));
    let (t0, t1) = (
        (input[0] + input[4]) << PLACES,
        (input[0] - input[4]) << PLACES,
    );
    let even = [t0 + t3, t1 + t2, t1 - t2, t0 - t3];
    // The odd half.
    let [_, t3, _, t2, _, t1, _, t0] = input;
    let (z1, z2, z3, z4) = (t0 + t3, t1 + t2, t0 + t2, t1 + t3);
    let z5 = times(z3 + z4, 9633);
    let (z1, z2) = (times(z1, -7373), times(z2, -20995));
    let (z3, z4) = (z5 - times(z3, 16069), z5 - times(z4, 3196));
    let odd = [
        times(t3, 12299) + z1 + z4,
        times(t2, 25172) + z2 + z3,
        times(t1, 16819) + z2 + z4,
        times(t0, 2446) + z1 + z3,
    ];
    [
        even[0] + odd[0],
        even[1] + odd[1],
        even[2] + odd[2],
        even[3] + odd[3],
        even[3] - odd[3],
        even[2] - odd[2],
        even[1] - odd[1],
        even[0] - odd[0],
    ]
}

#[inline(always)]
fn rounded(value: Value, places: usize) -> Value {
    (value + Wrapping(1 << (places - 1))) >> places
}

/// A value about zero becomes one of 0 to 255.
#[inline(always)]
fn to_byte(value: Value) -> u8 {
    (value.0 + 128).clamp(0, 255) as u8
}

/// Writes a block's pixels to `out`, whose rows are `stride` apart.
#[inline(always)]
pub(super) fn transform(block: &[i16; BLOCK], out: &mut [u8], stride: usize) {
    let mut columns = [Wrapping(0); BLOCK];
    for x in 0..8 {
        let mut input = [Wrapping(0); 8];
        for (y, value) in input.iter_mut().enumerate() {
            *value = Wrapping(i32::from(block[y * 8 + x]));
        }
        for (y, value) in pass(input).into_iter().enumerate() {
            columns[y * 8 + x] = rounded(value, PLACES - BETWEEN);
        }
    }
    let turned = turn(&columns);
    let mut rows = [0; BLOCK];
    for y in 0..8 {
        let mut input = [Wrapping(0); 8];
        for (x, value) in input.iter_mut().enumerate() {
            *value = turned[x * 8 + y];
        }
        for (x, value) in pass(input).into_iter().enumerate() {
            rows[x * 8 + y] = to_byte(rounded(value, PLACES + BETWEEN + 3));
        }
    }
    for (line, row) in out.chunks_mut(stride).zip(turn(&rows).as_chunks::<8>().0) {
        line[..8].copy_from_slice(row);
    }
}

/// Rows become columns.
#[inline(always)]
fn turn<T: Copy + Default>(block: &[T; BLOCK]) -> [T; BLOCK] {
    let mut turned = [T::default(); BLOCK];
    for y in 0..8 {
        for x in 0..8 {
            turned[x * 8 + y] = block[y * 8 + x];
        }
    }
    turned
}

/// [`transform`] of a block that has a mean alone.
#[inline(always)]
pub(super) fn flat(mean: i16, out: &mut [u8], stride: usize) {
    let value = to_byte(rounded(Wrapping(i32::from(mean)), 3));
    for line in out.chunks_mut(stride).take(8) {
        line[..8].fill(value);
    }
}
