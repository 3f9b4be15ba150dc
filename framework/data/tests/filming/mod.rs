//! Makes videos for tests.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use exp_data::decode::{Frame, read_frame};
use exp_data::resize::{CropBox, crop_resize};
use jpeg_encoder::{ColorType, Encoder};

pub fn grey(width: usize, height: usize) -> Frame {
    Frame {
        width,
        height,
        rgb: vec![120; width * height * 3],
    }
}

/// The photographed head, 180 x 200 pixels; the face in it begins near (45, 46) and is 88 x 110.
fn portrait() -> Frame {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/face/astronaut.jpg");
    let head = CropBox {
        left: 95,
        top: 20,
        width: 180,
        height: 200,
    };
    crop_resize(&read_frame(&file).unwrap(), head, head.width, head.height)
}

fn paste(frame: &mut Frame, picture: &Frame, left: usize, top: usize) {
    for row in 0..picture.height {
        let to = ((top + row) * frame.width + left) * 3;
        let from = row * picture.width * 3;
        frame.rgb[to..to + picture.width * 3]
            .copy_from_slice(&picture.rgb[from..from + picture.width * 3]);
    }
}

/// A head that goes 8 pixels to the right from frame to frame; frames are 448 x 240.
pub fn walk_by(frames: usize) -> Vec<Frame> {
    let head = portrait();
    let frame = |t| {
        let mut frame = grey(448, 240);
        paste(&mut frame, &head, 20 + 8 * t, 20);
        frame
    };
    (0..frames).map(frame).collect()
}

/// Encodes frames as a video of 25 frames a second.
pub fn film(path: &Path, frames: &[Frame]) {
    write_video(path, frames, &[]);
}

/// As [`film`], with further arguments for ffmpeg.
pub fn write_video(path: &Path, frames: &[Frame], arguments: &[&str]) {
    let size = format!("{}x{}", frames[0].width, frames[0].height);
    let mut ffmpeg = Command::new("ffmpeg")
        .args([
            "-v", "error", "-f", "rawvideo", "-pix_fmt", "rgb24", "-r", "25",
        ])
        .args(["-s", &size, "-i", "pipe:0"])
        .args(arguments)
        .args(["-c:v", "mpeg4", "-q:v", "2", "-pix_fmt", "yuv420p"])
        .arg(format!("file:{}", path.display()))
        .stdin(Stdio::piped())
        .spawn()
        .expect("these tests need the program ffmpeg");
    let mut pipe = ffmpeg.stdin.take().unwrap();
    for frame in frames {
        pipe.write_all(&frame.rgb).unwrap();
    }
    drop(pipe);
    assert!(ffmpeg.wait().unwrap().success());
}

pub fn write_jpeg(path: &Path, frame: &Frame) {
    let encoder = Encoder::new_file(path, 95).unwrap();
    let (width, height) = (frame.width as u16, frame.height as u16);
    encoder
        .encode(&frame.rgb, width, height, ColorType::Rgb)
        .unwrap();
}
