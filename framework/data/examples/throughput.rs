//! Measures how many frames a second the loader delivers for training; `throughput.py` beside this
//! file runs it next to a Pillow loader that does the same work, and says how.
//!
//! `throughput draw FOLDER` draws clips of 256x256 JPEG frames into a new folder;
//! `throughput FOLDER WORKERS PASSES [CACHE]` prints, of each pass over its clips, the frames per second
//! and per second of processor time; with a folder CACHE, all but the first take their decoded frames
//! from a cache there.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use exp_core::clip::Clip;
use exp_core::experiment::{Augmentation, DamagedFrame, Normalize, RandomResizedCrop, ShortClip};
use exp_data::FrameCache;
use exp_data::decode::Frame;
use exp_data::loader::{Loader, LoaderSettings};
use exp_data::resize::resize;
use exp_data::synthetic::{SIZE, still};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

/// The program's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const SIDE: usize = 256;
const CLIPS: usize = 64;
const FRAMES: usize = 24;
const SEGMENTS: usize = 16;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["draw", folder] => draw(Path::new(folder)),
        [folder, workers, passes] => measure(folder, workers, passes, None),
        [folder, workers, passes, cache] => measure(folder, workers, passes, Some(cache)),
        _ => panic!("expected `draw FOLDER` or `FOLDER WORKERS PASSES [CACHE]`"),
    }
}

/// Drawn faces, enlarged and with the grain of a film, which a JPEG encoder finds as hard as a
/// photographed face; colour at half resolution, as ffmpeg and most cameras write it.
fn draw(folder: &Path) {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for clip in 0..CLIPS {
        let path = folder.join(format!("{clip:05}"));
        fs::create_dir_all(&path).unwrap();
        let face = Frame {
            width: SIZE,
            height: SIZE,
            rgb: still(1, clip as u64).rgb,
        };
        let face = resize(&face, SIDE, SIDE);
        for frame in 0..FRAMES {
            let grain = |value: &u8| {
                let noise: i32 = (0..4).map(|_| rng.random_range(-5..=5)).sum();
                (i32::from(*value) + noise).clamp(0, 255) as u8
            };
            let grainy: Vec<u8> = face.rgb.iter().map(grain).collect();
            let file = path.join(format!("{:05}.jpg", frame + 1));
            let mut encoder = Encoder::new_file(file, 90).unwrap();
            encoder.set_sampling_factor(SamplingFactor::F_2_2);
            encoder
                .encode(&grainy, SIDE as u16, SIDE as u16, ColorType::Rgb)
                .unwrap();
        }
    }
}

fn measure(folder: &str, workers: &str, passes: &str, cache: Option<&str>) {
    let passes: u64 = passes.parse().unwrap();
    let listed = |path: &Path| {
        let mut paths: Vec<_> = fs::read_dir(path)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        paths.sort();
        paths
    };
    let clips: Vec<Clip> = listed(Path::new(folder))
        .iter()
        .map(|path| Clip {
            name: path.display().to_string(),
            frames: listed(path),
            label: 0,
            subject: None,
        })
        .collect();
    let settings = LoaderSettings {
        frames: SEGMENTS,
        size: 224,
        batch: 1,
        workers: workers.parse().unwrap(),
        normalize: Normalize::None,
        short: ShortClip::RepeatLast,
        damaged: DamagedFrame::Stop,
    };
    let augment = Augmentation {
        brightness: Some([0.5, 1.5]),
        rotation: Some(4.0),
        crop: Some(RandomResizedCrop {
            area: [0.08, 1.0],
            aspect: [3.0 / 4.0, 4.0 / 3.0],
        }),
        flip: Some(0.5),
    };
    let frames = clips.len() * SEGMENTS;
    let cache = cache.map(|folder| Arc::new(FrameCache::new(Path::new(folder), 8 << 30).unwrap()));
    let loader = Loader::new(clips, settings).unwrap().with_cache(cache);
    for epoch in 0..passes {
        let (start, busy) = (Instant::now(), busy_seconds());
        let mut batches = loader.training(&augment, 1, epoch, 0).unwrap();
        while let Some(batch) = batches.next() {
            batches.reuse(batch.unwrap());
        }
        let (seconds, busy) = (start.elapsed().as_secs_f64(), busy_seconds() - busy);
        println!("{:.1} {:.1}", frames as f64 / seconds, frames as f64 / busy);
    }
}

/// Seconds that processors have spent on this process: user and system time, fields 14 and 15 of
/// what Linux tells of it, in hundredths.
fn busy_seconds() -> f64 {
    let status = fs::read_to_string("/proc/self/stat").unwrap();
    let (_, fields) = status.rsplit_once(')').unwrap();
    let ticks = fields.split_whitespace().skip(11).take(2);
    ticks
        .map(|field| field.parse::<f64>().unwrap())
        .sum::<f64>()
        / 100.0
}
