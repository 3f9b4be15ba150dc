//! What a JPEG file says before its pixels, for the kind of file that nearly all are (ITU-T T.81,
//! annex B).

/// Values of a block.
pub(super) const BLOCK: usize = 64;
/// The place in a block, rows after one another, of each value of the file, which come in zigzags.
pub(super) const ZIGZAG: [u8; BLOCK] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20,
    13, 6, 7, 14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59,
    52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/// How often colour is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sampling {
    /// Not at all.
    Grey,
    /// For every pixel (4:4:4).
    Full,
    /// For every second column (4:2:2).
    HalfAcross,
    /// For every second column and row (4:2:0).
    Half,
}

impl Sampling {
    /// Blocks of brightness, across and down, for each one of either colour.
    pub fn blocks(self) -> (usize, usize) {
        match self {
            Self::Grey | Self::Full => (1, 1),
            Self::HalfAcross => (2, 1),
            Self::Half => (2, 2),
        }
    }
}

/// How many codes there are of each length, 1 to 16, and what they mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Codes<'a> {
    pub counts: &'a [u8; 16],
    pub symbols: &'a [u8],
}

/// How one colour is stored.
#[derive(Debug, Clone, Copy)]
pub(super) struct Component<'a> {
    /// What each value of a block is multiplied by, in the file's order.
    pub factors: &'a [u8; BLOCK],
    /// Codes of a block's first value, its mean.
    pub means: Codes<'a>,
    /// Codes of the other values.
    pub details: Codes<'a>,
}

/// All that is said before the pixels.
#[derive(Debug)]
pub(super) struct Header<'a> {
    pub width: usize,
    pub height: usize,
    pub sampling: Sampling,
    /// Brightness, and unless it is grey, blue and red.
    pub components: Vec<Component<'a>>,
    /// After how many units (blocks of all colours that belong together) decoding starts anew, or 0.
    pub restart: usize,
    /// The file from its pixels on.
    pub pixels: &'a [u8],
}

/// Takes the first bytes off; none when there are fewer.
fn take<'a>(bytes: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    bytes.split_off(..count)
}

fn number(bytes: &mut &[u8]) -> Option<usize> {
    let pair = take(bytes, 2)?.first_chunk()?;
    Some(usize::from(u16::from_be_bytes(*pair)))
}

fn byte(bytes: &mut &[u8]) -> Option<u8> {
    bytes.split_off_first().copied()
}

/// Tables met so far, each by its number.
#[derive(Default)]
struct Tables<'a> {
    factors: [Option<&'a [u8; BLOCK]>; 4],
    means: [Option<Codes<'a>>; 4],
    details: [Option<Codes<'a>>; 4],
}

impl<'a> Tables<'a> {
    fn factors(&mut self, mut bytes: &'a [u8]) -> Option<()> {
        while !bytes.is_empty() {
            // 16-bit factors, of which its upper half tells, are no number of a table.
            let index = usize::from(byte(&mut bytes)?);
            *self.factors.get_mut(index)? = take(&mut bytes, BLOCK)?.first_chunk();
        }
        Some(())
    }

    fn codes(&mut self, mut bytes: &'a [u8]) -> Option<()> {
        while !bytes.is_empty() {
            let kind = byte(&mut bytes)?;
            let tables = match kind >> 4 {
                0 => &mut self.means,
                1 => &mut self.details,
                _ => return None,
            };
            let counts: &[u8; 16] = take(&mut bytes, 16)?.first_chunk()?;
            let count: usize = counts.iter().map(|count| usize::from(*count)).sum();
            *tables.get_mut(usize::from(kind & 15))? = Some(Codes {
                counts,
                symbols: take(&mut bytes, count)?,
            });
        }
        Some(())
    }
}

/// Size, and of each component: name, blocks across and down, number of its factors.
type Size = (usize, usize, Vec<(u8, (usize, usize), usize)>);

fn size(mut bytes: &[u8]) -> Option<Size> {
    let depth = byte(&mut bytes)?;
    let (height, width) = (number(&mut bytes)?, number(&mut bytes)?);
    let count = byte(&mut bytes)?;
    let (components, rest) = bytes.as_chunks::<3>();
    if depth != 8 || height == 0 || width == 0 || components.len() != usize::from(count) {
        return None;
    }
    let component = |&[name, blocks, factors]: &[u8; 3]| {
        let blocks = (usize::from(blocks >> 4), usize::from(blocks & 15));
        (name, blocks, usize::from(factors))
    };
    rest.is_empty()
        .then(|| (width, height, components.iter().map(component).collect()))
}

/// Reads all that comes before the pixels. None where anything is out of the ordinary: this is for
/// sequential files of one scan with 8-bit values, grey or with brightness, blue and red in the
/// usual samplings; a file that is damaged here is none of these either.
pub(super) fn read(mut bytes: &[u8]) -> Option<Header<'_>> {
    let mut tables = Tables::default();
    let (mut frame, mut restart) = (None, 0);
    let (mut jfif, mut adobe) = (false, None);
    if take(&mut bytes, 2)? != [0xff, 0xd8] {
        return None;
    }
    loop {
        if byte(&mut bytes)? != 0xff {
            return None;
        }
        let mut marker = byte(&mut bytes)?;
        while marker == 0xff {
            marker = byte(&mut bytes)?;
        }
        let length = number(&mut bytes)?.checked_sub(2)?;
        let mut segment = take(&mut bytes, length)?;
        match marker {
            0xc0 | 0xc1 if frame.is_none() => frame = Some(size(segment)?),
            0xc4 => tables.codes(segment)?,
            0xdb => tables.factors(segment)?,
            0xdd => restart = number(&mut segment)?,
            0xe0 => jfif |= segment.starts_with(b"JFIF\0"),
            0xee if segment.starts_with(b"Adobe") => adobe = Some(*segment.get(11)?),
            0xe1..=0xef | 0xfe => {}
            0xda => {
                let (width, height, stored) = frame?;
                let names: Vec<u8> = stored.iter().map(|(name, ..)| *name).collect();
                let blocks: Vec<_> = stored.iter().map(|(_, blocks, _)| *blocks).collect();
                let sampling = match blocks[..] {
                    [_] => Sampling::Grey,
                    [(1, 1), (1, 1), (1, 1)] => Sampling::Full,
                    [(2, 1), (1, 1), (1, 1)] => Sampling::HalfAcross,
                    [(2, 2), (1, 1), (1, 1)] => Sampling::Half,
                    _ => return None,
                };
                // How libjpeg knows that the three are not red, green and blue.
                let known = match adobe {
                    None => jfif || names == [1, 2, 3],
                    Some(transform) => transform == 1,
                };
                if sampling != Sampling::Grey && !known {
                    return None;
                }
                if usize::from(byte(&mut segment)?) != stored.len() {
                    return None;
                }
                let mut components = Vec::new();
                for (name, _, factors) in stored {
                    let (same, codes) = (byte(&mut segment)?, byte(&mut segment)?);
                    if same != name {
                        return None;
                    }
                    components.push(Component {
                        factors: (*tables.factors.get(factors)?)?,
                        means: (*tables.means.get(usize::from(codes >> 4))?)?,
                        details: (*tables.details.get(usize::from(codes & 15))?)?,
                    });
                }
                return (segment == [0, 63, 0]).then_some(Header {
                    width,
                    height,
                    sampling,
                    components,
                    restart,
                    pixels: bytes,
                });
            }
            _ => return None,
        }
    }
}
