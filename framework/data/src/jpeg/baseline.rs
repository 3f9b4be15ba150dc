//! The common kind of JPEG file, decoded as fast as the part that is wanted allows.

use macerator::{AutoArch, Simd, WithSimd};

use super::colour::{self, Lines, Plane};
use super::header::{self, BLOCK, Codes, Header};
use super::huffman::{Scan, Table};
use super::transform::{flat, transform};
use crate::decode::Frame;
use crate::resize::CropBox;

/// Memory that is used again for the next file.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    scan: Scan,
    /// Those of earlier files: encoders rarely make their own for each.
    tables: Vec<Table>,
    planes: [Plane; 3],
    lines: Lines,
}

/// The largest side in pixels, as of the library that other files are left to.
const LARGEST: usize = 1 << 14;
/// Tables that are kept.
const TABLES: usize = 16;

impl Memory {
    /// The place of the table of these codes.
    fn table(&mut self, codes: Codes) -> Option<usize> {
        if let Some(known) = self.tables.iter().position(|table| table.is_of(codes)) {
            return Some(known);
        }
        self.tables.push(Table::new(codes)?);
        Some(self.tables.len() - 1)
    }
}

/// Decodes the part of an image that `part` asks for, given width and height; what is elsewhere in
/// the frame means nothing then. None where the file is of another kind or damaged; below the part
/// damage is not looked for, but that the file ends as it should.
pub(super) fn decode(
    bytes: &[u8],
    frame: &mut Frame,
    memory: &mut Memory,
    part: &mut dyn FnMut(usize, usize) -> CropBox,
) -> Option<()> {
    let header = header::read(bytes)?;
    let Header { width, height, .. } = header;
    // libjpeg does not mix the colours of images as narrow as this; as wide ones are not for memory.
    let mixed = header.sampling.blocks() != (1, 1);
    if (mixed && width < 5) || width.max(height) > LARGEST {
        return None;
    }
    memory.scan.read(header.pixels)?;
    if memory.tables.len() > TABLES {
        memory.tables.clear();
    }
    let mut tables = Vec::new();
    for component in &header.components {
        tables.push([
            memory.table(component.means)?,
            memory.table(component.details)?,
        ]);
    }
    let part = part(width, height);
    frame.rgb.resize(width * height * 3, 0);
    (frame.width, frame.height) = (width, height);
    AutoArch::new().dispatch(Decoding {
        header,
        tables,
        part: part.within(width, height),
        memory,
        rgb: &mut frame.rgb,
    })
}

/// The work of [`decode`]; inlined whole, it is compiled for each kind of processor.
struct Decoding<'a> {
    header: Header<'a>,
    tables: Vec<[usize; 2]>,
    part: CropBox,
    memory: &'a mut Memory,
    rgb: &'a mut [u8],
}

impl WithSimd for Decoding<'_> {
    type Output = Option<()>;

    #[inline(always)]
    fn with_simd<S: Simd>(mut self) -> Option<()> {
        self.planes()?;
        let Header {
            width,
            height,
            sampling,
            ..
        } = self.header;
        let Memory { planes, lines, .. } = self.memory;
        let (left, right) = (self.part.left, self.part.left + self.part.width);
        for y in self.part.top..self.part.top + self.part.height {
            let out = &mut self.rgb[(y * width + left) * 3..(y * width + right) * 3];
            let size = (width, height);
            colour::row(planes, sampling, size, y, (left, right), lines, out);
        }
        Some(())
    }
}

impl Decoding<'_> {
    /// Codes become brightness, blue and red, for the part and what its colours are mixed with.
    #[inline(always)]
    fn planes(&mut self) -> Option<()> {
        let Header {
            width,
            height,
            sampling,
            restart,
            ..
        } = self.header;
        let Memory {
            scan,
            tables,
            planes,
            ..
        } = &mut *self.memory;
        let (across, down) = sampling.blocks();
        let (columns, rows) = (width.div_ceil(8 * across), height.div_ceil(8 * down));
        let colours = self.header.components.len();
        // Blocks of brightness, then of blue, then of red, that belong together.
        let unit: Vec<(usize, usize, usize)> = (0..down)
            .flat_map(|y| (0..across).map(move |x| (0, x, y)))
            .chain((1..colours).map(|colour| (colour, 0, 0)))
            .collect();
        let mut shapes = [(1, 1); 3];
        shapes[0] = (across, down);
        for (plane, (across, down)) in planes.iter_mut().zip(shapes).take(colours) {
            plane.stride = columns * across * 8;
            plane.values.resize(plane.stride * rows * down * 8, 0);
        }
        let part = self.part;
        // Two more pixels on each side: the half-sized colours beside those of the part.
        let wanted = |start: usize, length: usize, unit: usize| match length {
            0 => 0..0,
            _ => start.saturating_sub(2) / unit..(start + length + 2).div_ceil(unit),
        };
        let wanted_columns = wanted(part.left, part.width, 8 * across);
        let wanted_rows = wanted(part.top, part.height, 8 * down);

        let mut parts = scan.parts().iter().cloned();
        let mut bits = scan.bits(parts.next()?);
        let (mut means, mut until_restart) = ([0; 3], restart);
        let mut block = [0; BLOCK];
        for y in 0..rows {
            if y >= wanted_rows.end {
                return (bits.left() >= 0).then_some(());
            }
            for x in 0..columns {
                if restart > 0 && until_restart == 0 {
                    if bits.left() < 0 {
                        return None;
                    }
                    bits = scan.bits(parts.next()?);
                    (means, until_restart) = ([0; 3], restart);
                }
                until_restart = until_restart.wrapping_sub(1);
                let keep = wanted_rows.contains(&y) && wanted_columns.contains(&x);
                for &(colour, block_x, block_y) in &unit {
                    let [means_table, details_table] = self.tables[colour];
                    let (means_table, details_table) =
                        (&tables[means_table], &tables[details_table]);
                    let factors = self.header.components[colour].factors;
                    let mean = &mut means[colour];
                    if !keep {
                        bits.block::<false>(means_table, details_table, factors, mean, &mut block)?;
                        continue;
                    }
                    let detailed =
                        bits.block::<true>(means_table, details_table, factors, mean, &mut block)?;
                    let plane = &mut planes[colour];
                    let (across, down) = shapes[colour];
                    let (x, y) = (x * across + block_x, y * down + block_y);
                    let out = &mut plane.values[y * 8 * plane.stride + x * 8..];
                    if detailed {
                        transform(&block, out, plane.stride);
                        block = [0; BLOCK];
                    } else {
                        flat(block[0], out, plane.stride);
                    }
                }
            }
        }
        // The last byte is filled up; more would be something else.
        (0..8).contains(&bits.left()).then_some(())
    }
}
