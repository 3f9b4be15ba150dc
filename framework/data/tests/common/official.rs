//! The folders of DFEW, FERV39k and MAFW as their authors hand them out, made of drawn faces.
#![allow(dead_code)]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use exp_core::clip::Clip;
use exp_data::benchmarks::{dfew, ferv39k, mafw};
use exp_data::decode::{Frame, read_frame};
use exp_data::synthetic::Synthetic;

/// Folds of DFEW and MAFW.
pub const FOLDS: u32 = 5;

/// Drawn clips of the seven classes, in the order of their labels.
static FACES: LazyLock<Vec<Clip>> = LazyLock::new(|| {
    // It stays for the next time, and another test that draws it does no harm.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("official-faces");
    let faces = Synthetic {
        seed: 3,
        train: 147,
        test: 77,
    };
    let split = faces.write(&folder, &|_, _| {}).unwrap();
    let mut clips = [split.train, split.test].concat();
    clips.sort_by_key(|clip| clip.label);
    clips
});

/// A clip of a made benchmark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// As the plugin names it.
    pub name: String,
    /// Its class.
    pub class: String,
    /// How many frames it has.
    pub frames: usize,
    /// The fold in whose test set it is; of a benchmark with one fold, another number than 1 is for
    /// training.
    pub test_fold: u32,
}

fn folds() -> impl Iterator<Item = u32> {
    (1..=FOLDS).cycle()
}

/// Writes DFEW. Clip names are bare numbers in some label files and padded in others.
pub fn make_dfew(root: &Path) -> Vec<Made> {
    let mut made = Vec::new();
    for ((index, clip), test_fold) in FACES.iter().enumerate().zip(folds()) {
        let name = format!("{:05}", index * 7 + 3);
        let all = root.join("Clip/clip_224x224").join(&name);
        copy(&clip.frames, &all, |number| {
            format!("{name}_{number:05}.jpg")
        });
        let sixteen: Vec<PathBuf> = (0..16)
            .map(|i| clip.frames[i * clip.frames.len() / 16].clone())
            .collect();
        let folder = root.join("Clip/clip_224x224_16f").join(&name);
        copy(&sixteen, &folder, |number| format!("{number}.jpg"));
        made.push(Made {
            name,
            class: dfew::classes()[clip.label].clone(),
            frames: clip.frames.len(),
            test_fold,
        });
    }
    let label = |clip: &Made| {
        dfew::classes()
            .iter()
            .position(|c| *c == clip.class)
            .unwrap()
            + 1
    };
    for fold in 1..=FOLDS {
        for side in ["train", "test"] {
            let lines = on_side(&made, fold, side).map(|clip| match fold % 2 {
                0 => format!("{},{}\n", clip.name, label(clip)),
                _ => format!("{},{}\n", clip.name.trim_start_matches('0'), label(clip)),
            });
            let text = format!("video_name,label\n{}", lines.collect::<String>());
            let file = format!("EmoLabel_DataSplit/{side}(single-labeled)/set_{fold}.csv");
            write(&root.join(file), text);
        }
    }
    made
}

/// Writes FERV39k. A scene has a space in its name, and the lists lack their last line end.
pub fn make_ferv39k(root: &Path) -> Vec<Made> {
    let feelings = [
        "Happy", "Sad", "Neutral", "Angry", "Surprise", "Disgust", "Fear",
    ];
    let mut made = Vec::new();
    for ((index, clip), test_fold) in FACES.iter().enumerate().zip(folds()) {
        let scene = ["Action", "Talk Show", "War"][index % 3];
        let name = format!("{scene}/{}/{index:04}", feelings[clip.label]);
        let folder = root.join("2_ClipsforFaceCrop").join(&name);
        copy(&clip.frames, &folder, |number| format!("{number:05}.jpg"));
        made.push(Made {
            name,
            class: ferv39k::classes()[clip.label].clone(),
            frames: clip.frames.len(),
            test_fold,
        });
    }
    for side in ["train", "test"] {
        let lines: Vec<String> = on_side(&made, 1, side)
            .map(|clip| format!("{} {}", clip.name, clip.name.split('/').nth(1).unwrap()))
            .collect();
        let file = format!("4_setups/All_scenes/{side}_All.csv");
        write(&root.join(file), lines.join("\n"));
    }
    made
}

/// Writes MAFW. Some clips are PNG, and the lists have the line ends of Windows.
pub fn make_mafw(root: &Path) -> Vec<Made> {
    let mut made = Vec::new();
    for (index, (clip, test_fold)) in FACES.iter().zip(folds()).enumerate() {
        let name = format!("{:05}", index + 25);
        let folder = root.join("data/faces").join(&name);
        match index % 20 {
            0 => {
                fs::create_dir_all(&folder).unwrap();
                for (frame, number) in clip.frames.iter().zip(1..) {
                    let bytes = png(&read_frame(frame).unwrap());
                    fs::write(folder.join(format!("{number}.png")), bytes).unwrap();
                }
            }
            _ => copy(&clip.frames, &folder, |number| format!("{number}.jpg")),
        }
        made.push(Made {
            name,
            class: mafw::classes()[index % 11].clone(),
            frames: clip.frames.len(),
            test_fold,
        });
    }
    for fold in 1..=FOLDS {
        for side in ["train", "test"] {
            let lines = on_side(&made, fold, side)
                .map(|clip| format!("{}.mp4 {}\r\n", clip.name, clip.class));
            let file = format!("Train & Test Set/single/no_caption/set_{fold}/{side}.txt");
            write(&root.join(file), lines.collect());
        }
    }
    made
}

/// The clips of a side of a fold.
pub fn on_side<'a>(made: &'a [Made], fold: u32, side: &'a str) -> impl Iterator<Item = &'a Made> {
    made.iter()
        .filter(move |clip| (clip.test_fold == fold) == (side == "test"))
}

/// Puts frames into a folder: as links to the same files where that is possible, since copying
/// thousands takes longer than the tests. So change them with [`replace`] only.
fn copy(frames: &[PathBuf], folder: &Path, name: impl Fn(usize) -> String) {
    fs::create_dir_all(folder).unwrap();
    for (frame, number) in frames.iter().zip(1..) {
        let to = folder.join(name(number));
        if fs::hard_link(frame, &to).is_err() {
            fs::copy(frame, &to).unwrap();
        }
    }
}

/// Gives a frame's file another content, and no other clip's.
pub fn replace(frame: &Path, content: impl AsRef<[u8]>) {
    fs::remove_file(frame).unwrap();
    fs::write(frame, content).unwrap();
}

fn write(file: &Path, text: String) {
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
}

/// A PNG file without compression.
pub fn png(frame: &Frame) -> Vec<u8> {
    let mut rows = Vec::new();
    for row in frame.rgb.chunks(frame.width * 3) {
        rows.push(0);
        rows.extend(row);
    }
    let mut zlib = vec![0x78, 0x01];
    let mut blocks = rows.chunks(65_535).peekable();
    while let Some(block) = blocks.next() {
        let size = block.len() as u16;
        zlib.push(u8::from(blocks.peek().is_none()));
        zlib.extend(size.to_le_bytes());
        zlib.extend((!size).to_le_bytes());
        zlib.extend(block);
    }
    let (mut a, mut b) = (1_u32, 0_u32);
    for byte in &rows {
        a = (a + u32::from(*byte)) % 65_521;
        b = (b + a) % 65_521;
    }
    zlib.extend((b << 16 | a).to_be_bytes());
    let mut header = Vec::new();
    header.extend((frame.width as u32).to_be_bytes());
    header.extend((frame.height as u32).to_be_bytes());
    header.extend([8, 2, 0, 0, 0]);
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, data) in [(b"IHDR", &header), (b"IDAT", &zlib), (b"IEND", &Vec::new())] {
        file.extend((data.len() as u32).to_be_bytes());
        let named = [&kind[..], data].concat();
        file.extend(&named);
        file.extend(crc(&named).to_be_bytes());
    }
    file
}

fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 * (crc & 1))
        })
    })
}
