//! The codes of a JPEG file become the values of its blocks (ITU-T T.81, annex F).

use std::io::BufRead;
use std::ops::Range;

use super::header::{BLOCK, Codes, ZIGZAG};

/// Bits that are looked up at once. Most codes and the bits of their values fit; a table of that
/// size stays in the fastest memory.
const LOOKUP_BITS: u32 = 11;
/// What a block's end adds to the position: it is beyond any block then.
const END: u32 = BLOCK as u32;

/// What a code with the bits of its value says.
///
/// Of a `u32`: the bits that it takes (lowest 8), by how many places it goes on (8), and the value
/// (16). 0 stands for one that is not in the table.
#[derive(Debug, Clone, Copy, Default)]
struct Entry(u32);

impl Entry {
    fn new(length: u32, places: u32, value: i32) -> Self {
        Self(length | places << 8 | (value as u32) << 16)
    }

    fn length(self) -> u32 {
        self.0 & 0xff
    }

    fn places(self) -> u32 {
        self.0 >> 8 & 0xff
    }

    fn value(self) -> i16 {
        (self.0 >> 16) as i16
    }
}

/// Codes of one kind, ready to be looked up.
#[derive(Debug)]
pub(super) struct Table {
    counts: [u8; 16],
    symbols: Vec<u8>,
    /// By the next bits of the file, of codes whose value's bits are among these.
    entries: Box<[Entry; 1 << LOOKUP_BITS]>,
    /// Of each length: the first 16 bits that no code of this length or a shorter one begins with.
    ends: [u32; 16],
    /// Of each length: what added to a code gives the index of its symbol.
    offsets: [i32; 16],
}

impl Table {
    /// None where these are no codes.
    pub fn new(codes: Codes) -> Option<Self> {
        let mut table = Self {
            counts: *codes.counts,
            symbols: codes.symbols.to_vec(),
            entries: Box::new([Entry::default(); 1 << LOOKUP_BITS]),
            ends: [0; 16],
            offsets: [0; 16],
        };
        let (mut code, mut index) = (0_u32, 0_usize);
        for (length, count) in (1..=16).zip(codes.counts) {
            let at = length as usize - 1;
            table.offsets[at] = index as i32 - code as i32;
            for _ in 0..*count {
                if code >= 1 << length {
                    return None;
                }
                table.enter(*codes.symbols.get(index)?, code, length);
                (code, index) = (code + 1, index + 1);
            }
            table.ends[at] = code << (16 - length);
            code <<= 1;
        }
        Some(table)
    }

    /// Whether it was made of these codes.
    pub fn is_of(&self, codes: Codes) -> bool {
        self.counts == *codes.counts && self.symbols == codes.symbols
    }

    /// Writes down a code with each of its values, where they fit.
    fn enter(&mut self, symbol: u8, code: u32, length: u32) {
        let size = u32::from(symbol & 15);
        let Some(free) = LOOKUP_BITS.checked_sub(length + size) else {
            return;
        };
        for bits in 0..1 << size {
            let start = ((code << size | bits) << free) as usize;
            self.entries[start..start + (1 << free)].fill(entry(symbol, length, bits));
        }
    }

    /// Looks for a code that is not in the table. None where there is no such code.
    #[cold]
    #[inline(never)]
    fn search(&self, next: u64) -> Option<Entry> {
        let first = (next >> 48) as u32;
        let at = self.ends.iter().position(|end| first < *end)?;
        let length = at as u32 + 1;
        let index = self.offsets[at] + (first >> (16 - length)) as i32;
        let symbol = *self.symbols.get(usize::try_from(index).ok()?)?;
        let size = u32::from(symbol & 15);
        // The shift in two parts: there may be no bit to keep.
        let bits = (next << length >> 1 >> (63 - size)) as u32;
        Some(entry(symbol, length, bits))
    }
}

/// What a symbol says with the bits of its value: how many zeros come before it, and its size.
fn entry(symbol: u8, length: u32, bits: u32) -> Entry {
    let (zeros, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
    let places = if size == 0 && zeros < 15 {
        END
    } else {
        zeros + 1
    };
    // A value whose first bit is 0 is negative.
    let negative = size > 0 && bits >> (size - 1) == 0;
    let value = bits as i32 - if negative { (1 << size) - 1 } else { 0 };
    Entry::new(length + size, places, value)
}

/// The codes of a file in one piece, without the zero that follows each byte of 255.
#[derive(Debug, Default)]
pub(super) struct Scan {
    bytes: Vec<u8>,
    /// Where decoding starts anew.
    parts: Vec<Range<usize>>,
}

/// So many zeros follow each part that eight bytes can be read at its last one.
const PADDING: [u8; 8] = [0; 8];

impl Scan {
    /// Takes the codes out of a file. None where they do not end with the image.
    pub fn read(&mut self, mut file: &[u8]) -> Option<()> {
        self.bytes.clear();
        self.parts.clear();
        let mut start = 0;
        loop {
            // Up to and with the next 255.
            file.read_until(0xff, &mut self.bytes).ok()?;
            let after = file.split_off_first()?;
            if *after == 0 {
                continue;
            }
            self.bytes.pop();
            self.parts.push(start..self.bytes.len());
            self.bytes.extend(PADDING);
            start = self.bytes.len();
            match after {
                0xd0..=0xd7 => {}
                0xd9 => return Some(()),
                _ => return None,
            }
        }
    }

    /// Parts that each start anew.
    pub fn parts(&self) -> &[Range<usize>] {
        &self.parts
    }

    /// The bits of a part.
    #[inline(always)]
    pub fn bits(&self, part: Range<usize>) -> Bits<'_> {
        Bits {
            bytes: &self.bytes,
            end: part.end,
            next: part.start,
            held: 0,
            count: 0,
        }
    }
}

/// Bits from first to last.
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    end: usize,
    /// The byte after those whose bits are counted.
    next: usize,
    /// The next bits, the first one at the top.
    held: u64,
    /// How many they are. Those below belong to bytes that are read again.
    count: u32,
}

impl Bits<'_> {
    /// Makes them 56 at least.
    #[inline(always)]
    fn refill(&mut self) {
        let bytes = self.bytes.get(self.next..).and_then(<[u8]>::first_chunk);
        self.held |= bytes.map_or(0, |bytes| u64::from_be_bytes(*bytes)) >> self.count;
        self.next += (63 - self.count as usize) >> 3;
        self.count |= 56;
    }

    #[inline(always)]
    fn skip(&mut self, count: u32) {
        self.held <<= count;
        self.count -= count;
    }

    /// How many bits are left, negative where more were read than there are.
    pub fn left(&self) -> isize {
        (self.end as isize - self.next as isize) * 8 + self.count as isize
    }

    /// Decodes a block: each value times its factor goes to its place in `block`, which holds zeros.
    /// Without KEEP it is only passed over. `mean` is that of the block before, and of this one then.
    ///
    /// None where there is no such code. Says whether there is more than the mean.
    #[inline(always)]
    pub fn block<const KEEP: bool>(
        &mut self,
        means: &Table,
        details: &Table,
        factors: &[u8; BLOCK],
        mean: &mut i16,
        block: &mut [i16; BLOCK],
    ) -> Option<bool> {
        self.refill();
        let mut found = means.entries[(self.held >> (64 - LOOKUP_BITS)) as usize];
        if found.length() == 0 {
            found = means.search(self.held)?;
        }
        self.skip(found.length());
        *mean = mean.wrapping_add(found.value());
        if KEEP {
            block[0] = mean.wrapping_mul(i16::from(factors[0]));
        }
        let mut place = 0;
        loop {
            self.refill();
            // The bits that are held are enough for three.
            for _ in 0..3 {
                let mut found = details.entries[(self.held >> (64 - LOOKUP_BITS)) as usize];
                let searched = found.length() == 0;
                if searched {
                    found = details.search(self.held)?;
                }
                self.skip(found.length());
                place += found.places();
                if place >= END {
                    return (found.places() == END).then_some(place > END);
                }
                if KEEP {
                    let factor = i16::from(factors[place as usize]);
                    let to = ZIGZAG[place as usize] as usize % BLOCK;
                    block[to] = found.value().wrapping_mul(factor);
                }
                if place == END - 1 {
                    return Some(true);
                }
                if searched {
                    break;
                }
            }
        }
    }
}
