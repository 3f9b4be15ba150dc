//! Writes a sheet of drawn faces as a JPEG file, for a look at what the embedded benchmark shows.
//!
//! `cargo run --release -p exp-data --example contact_sheet -- FILE.jpg [--clips|--stills|--units|--emotions] [ZOOM]`
//!
//! - `--clips` (the default): a clip a row, several of each class, 12 frames from first to last;
//! - `--stills`: stills for pretraining, with their captions printed;
//! - `--units`: a face a column; the face at rest, then each action unit at full strength, a row each;
//! - `--emotions`: a face a column, the prototype of each class a row, at strengths that grow from left to right.
#![allow(clippy::unwrap_used)]

use exp_core::clip::Clip;
use exp_data::synthetic::{Activation, Emotion, SIZE, Synthetic, Unit, portrait, still};
use jpeg_encoder::{ColorType, Encoder};
use std::path::Path;
use zune_jpeg::JpegDecoder;

const COLUMNS: usize = 12;

fn main() {
    let mut file = String::new();
    let (mut kind, mut zoom) = (String::from("--clips"), 1);
    for argument in std::env::args().skip(1) {
        if let Ok(number) = argument.parse() {
            zoom = number;
        } else if argument.starts_with("--") {
            kind = argument;
        } else {
            file = argument;
        }
    }
    let rows = match kind.as_str() {
        "--stills" => stills(),
        "--units" => units(),
        "--emotions" => emotions(),
        _ => clips(),
    };
    write_sheet(Path::new(&file), &rows, zoom);
}

fn stills() -> Vec<Vec<Vec<u8>>> {
    let draw = |index| {
        let still = still(1, index as u64);
        println!("{index:3} {}", still.caption);
        still.rgb
    };
    (0..8)
        .map(|row| {
            (0..COLUMNS)
                .map(|column| draw(row * COLUMNS + column))
                .collect()
        })
        .collect()
}

fn units() -> Vec<Vec<Vec<u8>>> {
    let actions = std::iter::once(None).chain(Unit::ALL.into_iter().map(Some));
    actions
        .map(|unit| {
            let mut action = Activation::default();
            if let Some(unit) = unit {
                action.set(unit, 1.0);
            }
            (0..COLUMNS as u64)
                .map(|face| portrait(1, face, &action))
                .collect()
        })
        .collect()
}

fn emotions() -> Vec<Vec<Vec<u8>>> {
    Emotion::ALL
        .into_iter()
        .map(|emotion| {
            (0..COLUMNS)
                .map(|column| {
                    let mut action = Activation::default();
                    for unit in emotion.prototype().core {
                        action.set(*unit, 0.3 + 0.7 * column as f32 / (COLUMNS - 1) as f32);
                    }
                    portrait(2, (column + COLUMNS * emotion as usize) as u64, &action)
                })
                .collect()
        })
        .collect()
}

fn clips() -> Vec<Vec<Vec<u8>>> {
    let folder = std::env::temp_dir().join(format!("contact-sheet-{}", std::process::id()));
    let started = std::time::Instant::now();
    let split = Synthetic {
        seed: 1,
        train: 340,
        test: 110,
    }
    .write(&folder, &|_, _| {})
    .unwrap();
    println!(
        "{} clips drawn in {:.1?}",
        split.train.len() + split.test.len(),
        started.elapsed()
    );
    let mut rows = Vec::new();
    for label in 0..split.classes.len() {
        let of_class: Vec<&Clip> = split
            .test
            .iter()
            .filter(|clip| clip.label == label)
            .collect();
        for clip in [
            of_class[0],
            of_class[of_class.len() - 2],
            of_class[of_class.len() - 1],
        ] {
            println!("{}", clip.name);
            let last = clip.frames.len() - 1;
            rows.push(
                (0..COLUMNS)
                    .map(|k| read(&clip.frames[k * last / (COLUMNS - 1)]))
                    .collect(),
            );
        }
    }
    std::fs::remove_dir_all(folder).unwrap();
    rows
}

fn read(path: &Path) -> Vec<u8> {
    let bytes = std::fs::read(path).unwrap();
    JpegDecoder::new(std::io::Cursor::new(bytes))
        .decode()
        .unwrap()
}

fn write_sheet(path: &Path, rows: &[Vec<Vec<u8>>], zoom: usize) {
    let (width, height) = (COLUMNS * SIZE * zoom, rows.len() * SIZE * zoom);
    let mut sheet = vec![255; width * height * 3];
    for (i, pixel) in sheet.chunks_exact_mut(3).enumerate() {
        let (x, y) = (i % width / zoom, i / width / zoom);
        let picture = &rows[y / SIZE][x / SIZE];
        let at = (y % SIZE * SIZE + x % SIZE) * 3;
        pixel.copy_from_slice(&picture[at..at + 3]);
    }
    Encoder::new_file(path, 98)
        .unwrap()
        .encode(&sheet, width as u16, height as u16, ColorType::Rgb)
        .unwrap();
}
