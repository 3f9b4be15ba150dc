//! The face detector beside the published one, and the square that is cut out of a clip.
#![allow(clippy::unwrap_used, missing_docs)]

use std::path::Path;

use exp_data::decode::{Frame, read_frame};
use exp_data::resize::{CropBox, crop_resize, resize};
use exp_data::video::{Face, FaceDetector, Square, main_face};
use proptest::prelude::*;

fn astronaut() -> Frame {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/face/astronaut.jpg");
    read_frame(&file).unwrap()
}

fn face(left: f64, top: f64, width: f64, height: f64) -> Face {
    Face {
        left,
        top,
        width,
        height,
        score: 0.9,
    }
}

fn assert_near(found: &Face, expected: [f64; 4], by: f64) {
    let found = [found.left, found.top, found.width, found.height];
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() <= by, "{found} and {expected}");
    }
}

/// The library that the weights come from says of this picture: one face, left 140, top 66, width 88,
/// height 110 (all cut to whole pixels), score 92 of 100.
#[test]
fn the_detector_finds_what_the_published_one_finds() {
    let found = FaceDetector::new().unwrap().detect(&astronaut());
    assert_eq!(found.len(), 1, "{found:?}");
    assert_near(&found[0], [140.5, 66.5, 88.5, 110.5], 1.0);
    assert!((found[0].score - 0.925).abs() < 0.006, "{found:?}");
}

/// 1280 x 960 pixels are scaled down for the detector, 107 x 80 are taken as they are; neither side
/// of the latter is a multiple of the network's stride.
#[test]
fn faces_are_found_at_any_size() {
    let detector = FaceDetector::new().unwrap();
    for width in [1280, 107] {
        let height = width * 3 / 4;
        let found = detector.detect(&resize(&astronaut(), width, height));
        let scale = width as f64 / 320.0;
        let expected = [140.0, 66.0, 88.0, 110.0].map(|value| value * scale);
        assert_eq!(found.len(), 1, "{found:?}");
        // A tenth of the face.
        assert_near(&found[0], expected, 10.0 * scale);
    }
}

#[test]
fn no_face_is_found_where_there_is_none() {
    let without = CropBox {
        left: 0,
        top: 120,
        width: 120,
        height: 120,
    };
    let detector = FaceDetector::new().unwrap();
    let part = crop_resize(&astronaut(), without, 120, 120);
    assert_eq!(detector.detect(&part), []);
    let pixel = Frame {
        width: 1,
        height: 1,
        rgb: vec![0; 3],
    };
    assert_eq!(detector.detect(&pixel), []);
}

#[test]
fn the_face_that_is_large_and_stays_wins() {
    let (main, small, flash) = (
        face(100.0, 100.0, 80.0, 100.0),
        face(300.0, 50.0, 30.0, 40.0),
        face(250.0, 0.0, 200.0, 250.0),
    );
    let frames: Vec<Vec<Face>> = (0..10)
        .map(|t| {
            let moved = Face {
                left: main.left + 5.0 * f64::from(t),
                ..main
            };
            match t {
                3 => vec![flash, small],
                4 => vec![],
                _ => vec![small, moved],
            }
        })
        .collect();
    let found = main_face(&frames);
    let times: Vec<usize> = found.iter().map(|(time, _)| *time).collect();
    assert_eq!(times, [0, 1, 2, 5, 6, 7, 8, 9]);
    assert!(found.iter().all(|(_, face)| face.width == main.width));
    assert_eq!(main_face(&[vec![], vec![]]), []);
}

/// Faces in frames 0, 1, 2, …
fn seen(faces: impl IntoIterator<Item = Face>) -> Vec<(usize, Face)> {
    faces.into_iter().enumerate().collect()
}

fn square(faces: &[(usize, Face)], margin: f64) -> Square {
    Square::follow(faces, margin)
}

#[test]
fn the_square_keeps_its_size_and_follows_a_moving_face() {
    let moving = (0..60).map(|t| face(100.0 + 5.0 * f64::from(t), 100.0, 60.0, 80.0));
    let found = square(&seen(moving), 0.3);
    for time in 0..60 {
        let expected = CropBox {
            left: 78 + 5 * time,
            top: 88,
            width: 104,
            height: 104,
        };
        assert_eq!(found.at(time, 640, 360), expected);
    }
    // It rests where the face was last seen.
    assert_eq!(found.at(60, 640, 360), found.at(59, 640, 360));
}

/// A detector's boxes tremble and grow now and then; the square hardly does.
#[test]
fn the_square_is_smooth() {
    let tremble = |t: u32| match t % 2 {
        0 => face(200.0, 100.0, 60.0, 80.0),
        _ => face(204.0, 106.0, 60.0, 80.0),
    };
    let mut faces = seen((0..50).map(tremble));
    faces[20].1 = face(150.0, 50.0, 160.0, 180.0);
    let found = square(&faces, 0.0);
    let places: Vec<_> = (12..38).map(|time| found.at(time, 640, 360)).collect();
    for pair in places.windows(2) {
        assert!(pair[0].left.abs_diff(pair[1].left) <= 1, "{pair:?}");
        assert!(pair[0].top.abs_diff(pair[1].top) <= 1, "{pair:?}");
        assert_eq!(pair[0].width, 80);
    }
}

/// Frames 0 to 9 and 31 to 40 do not show the face; in between it is lost once.
#[test]
fn between_sightings_the_square_goes_straight() {
    let (first, last) = (
        face(100.0, 100.0, 60.0, 60.0),
        face(300.0, 140.0, 60.0, 60.0),
    );
    let found = square(&[(10, first), (30, last)], 0.0);
    let left = |time| found.at(time, 640, 360).left;
    assert_eq!((left(0), left(20), left(35)), (100, 200, 300));
    assert_eq!(found.at(20, 640, 360).top, 120);
}

#[test]
fn the_square_stays_inside_the_frame() {
    let corner = square(&seen([face(-20.0, -30.0, 60.0, 80.0)]), 0.3).at(0, 640, 360);
    assert_eq!((corner.left, corner.top, corner.width), (0, 0, 104));
    let huge = square(&seen([face(0.0, 0.0, 640.0, 360.0)]), 0.3).at(0, 640, 360);
    assert_eq!((huge.left, huge.top, huge.width), (140, 0, 360));
    let none = square(&[], 0.3).at(5, 100, 301);
    assert_eq!((none.left, none.top, none.width), (0, 101, 100));
}

proptest! {
    #[test]
    fn every_square_can_be_cut(
        faces in prop::collection::vec(
            (-100.0..800.0, -100.0..800.0, 0.1..900.0, 0.1..900.0), 0..12),
        margin in 0.0..10.0, width in 1_usize..700, height in 1_usize..700,
    ) {
        let square = square(&seen(faces.into_iter().map(|(x, y, w, h)| face(x, y, w, h))), margin);
        for time in 0..15 {
            let area = square.at(time, width, height);
            prop_assert!(area.width == area.height && area.width >= 1);
            prop_assert!(area.left + area.width <= width && area.top + area.height <= height);
        }
    }

    /// One box well inside a large frame: the square has its middle and the margin.
    #[test]
    fn a_box_with_room_is_in_the_middle(
        left in 400.0..500.0, top in 400.0..500.0, width in 10.0..100.0, height in 10.0..100.0,
        margin in 0.0..1.0,
    ) {
        let area = square(&seen([face(left, top, width, height)]), margin).at(0, 1000, 1000);
        let side = f64::max(width, height) * (1.0 + margin);
        prop_assert!((area.width as f64 - side).abs() <= 0.5);
        prop_assert!((area.left as f64 + side / 2.0 - left - width / 2.0).abs() <= 1.0);
        prop_assert!((area.top as f64 + side / 2.0 - top - height / 2.0).abs() <= 1.0);
    }
}
