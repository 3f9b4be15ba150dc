//! What the face detector finds in pictures, and how long it takes.
//!
//!     cargo run --release -p exp-data --example faces -- PICTURE.jpg…
#![allow(clippy::unwrap_used, missing_docs)]

use std::path::Path;
use std::time::Instant;

use exp_data::decode::read_frame;
use exp_data::video::FaceDetector;

fn main() {
    let detector = FaceDetector::new().unwrap();
    for path in std::env::args().skip(1) {
        let frame = read_frame(Path::new(&path)).unwrap();
        let mut best = f64::INFINITY;
        let mut faces = Vec::new();
        for _ in 0..10 {
            let start = Instant::now();
            faces = detector.detect(&frame);
            best = best.min(start.elapsed().as_secs_f64());
        }
        println!(
            "{path}: {} x {}, {:.1} ms",
            frame.width,
            frame.height,
            1e3 * best
        );
        for face in faces {
            println!(
                "    left {:.0}, top {:.0}, width {:.0}, height {:.0}, score {:.2}",
                face.left, face.top, face.width, face.height, face.score
            );
        }
    }
}
