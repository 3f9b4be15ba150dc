//! Decoding, scaling and augmentation against Pillow and the published code.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::fs;

use common::{difference, every_row, frame, parity, tensor, tensors, twins};
use exp_core::clip::Clip;
use exp_core::experiment::{Augmentation, DamagedFrame, Normalize, RandomResizedCrop, ShortClip};
use exp_data::DataError;
use exp_data::augment::{Draw, Memory, Part, draw};
use exp_data::decode::{Frame, FrameReader, read_frame};
use exp_data::resize::{CropBox, resize};
use exp_data::sampling::segment_centres;
use exp_data::transform::{CLIP_MEAN, CLIP_STD, ClipReader, normalized};
use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

const SIZE: usize = 224;

/// What a draw makes of a frame, `[size, size, 3]`.
fn apply(draw: &Draw, frame: &Frame, size: usize) -> Vec<u8> {
    let mut planes = vec![0; 3 * size * size];
    draw.apply(frame, size, &mut Memory::default(), &mut planes);
    (0..size * size)
        .flat_map(|pixel| [0, 1, 2].map(|channel| planes[channel * size * size + pixel]))
        .collect()
}

fn black(width: usize, height: usize) -> Frame {
    Frame {
        width,
        height,
        rgb: vec![0; width * height * 3],
    }
}

#[test]
fn decoding_equals_libjpeg_to_the_last_bit() {
    let expected = frame(
        &parity().join("clip_jpeg_expected.safetensors"),
        "decoded_first_u8_hwc",
    );
    let found = read_frame(&parity().join("clip_jpeg/00001.jpg")).unwrap();
    assert_eq!(
        (found.width, found.height),
        (expected.width, expected.height)
    );
    assert!(
        found == expected,
        "{:?}",
        difference(&found.rgb, &expected.rgb)
    );
}

#[test]
fn an_evaluation_clip_equals_the_references_to_the_last_bit() {
    let file = parity().join("clip_jpeg_expected.safetensors");
    let (shape, expected) = tensor(&file, "eval_u8_tchw");
    let step = SIZE / shape[2];
    let clip = Clip {
        name: "clip".into(),
        frames: (1..=21)
            .map(|i| parity().join(format!("clip_jpeg/{i:05}.jpg")))
            .collect(),
        label: 0,
        subject: None,
    };
    let indices = segment_centres(21, 16, ShortClip::RepeatLast);
    let listed: Vec<usize> = tensor(&file, "indices")
        .1
        .chunks_exact(8)
        .map(|bytes| u64::from_le_bytes(bytes.try_into().unwrap()) as usize)
        .collect();
    assert_eq!(indices, listed);
    let mut reader = ClipReader::new(SIZE, DamagedFrame::Stop, None);
    let found = reader.evaluation(&clip, &indices).unwrap().values;
    let found = every_row(&found, SIZE, step);
    assert!(found == expected, "{:?}", difference(&found, &expected));
}

#[test]
fn scaling_equals_pillow_to_the_last_bit() {
    let file = parity().join("clip_jpeg_expected.safetensors");
    let first = frame(&file, "decoded_first_u8_hwc");
    let (shape, clip) = tensor(&file, "eval_u8_tchw");
    let scaled = resize(&first, SIZE, SIZE);
    let red: Vec<u8> = scaled.rgb.iter().step_by(3).copied().collect();
    let expected = &clip[..shape[2] * SIZE];
    assert_eq!(every_row(&red, SIZE, SIZE / shape[2]), expected);

    let file = parity().join("resize.safetensors");
    let mut checked = 0;
    for (name, ..) in tensors(&file) {
        let Some(size) = name.strip_prefix("source_") else {
            continue;
        };
        let (shape, expected) = tensor(&file, &format!("resized_{size}"));
        let found = resize(&frame(&file, &name), SIZE, SIZE);
        let found = every_row(&found.rgb, SIZE * 3, SIZE / shape[0]);
        assert!(
            found == expected,
            "{name}: {:?}",
            difference(&found, &expected)
        );
        checked += 1;
    }
    assert!(checked > 0);
}

#[test]
fn changes_equal_pillow_to_the_last_bit() {
    let file = twins().join("pillow.safetensors");
    let source = frame(&file, "source");
    for (name, shape, expected) in tensors(&file) {
        let Some((change, settings)) = name.split_once('/') else {
            continue;
        };
        let numbers: Vec<f64> = settings.split(',').map(|n| n.parse().unwrap()).collect();
        // A cut that keeps its size shows the change itself.
        let unscaled = |draw: Draw| {
            let area = CropBox {
                left: 0,
                top: 0,
                width: source.height,
                height: source.height,
            };
            let square = apply(
                &Draw {
                    part: Part::Box(area),
                    ..draw
                },
                &source,
                source.height,
            );
            let rows = square.chunks_exact(source.height * 3);
            rows.flat_map(|row| &row[..source.width * 3])
                .copied()
                .collect()
        };
        let found: Vec<u8> = match change {
            "rotate" => unscaled(Draw {
                rotation: Some(numbers[0]),
                ..Draw::NONE
            }),
            "brighten" => unscaled(Draw {
                brightness: Some(numbers[0]),
                ..Draw::NONE
            }),
            "resize" => resize(&source, numbers[0] as usize, numbers[1] as usize).rgb,
            "crop_resize" => {
                let n: Vec<usize> = numbers.iter().map(|n| *n as usize).collect();
                let part = Part::Box(CropBox {
                    left: n[0],
                    top: n[1],
                    width: n[2],
                    height: n[3],
                });
                let draw = Draw { part, ..Draw::NONE };
                apply(&draw, &source, n[4])
            }
            other => panic!("{other}"),
        };
        assert_eq!(found.len(), shape.iter().product::<usize>(), "{name}");
        assert!(
            found == expected,
            "{name}: {:?}",
            difference(&found, &expected)
        );
    }
}

#[test]
fn a_mirrored_frame_has_its_columns_swapped() {
    let frame = Frame {
        width: 2,
        height: 2,
        rgb: (0..12).collect(),
    };
    let draw = Draw {
        mirrored: true,
        ..Draw::NONE
    };
    assert_eq!(
        apply(&draw, &frame, 2),
        [3, 4, 5, 0, 1, 2, 9, 10, 11, 6, 7, 8]
    );
}

/// The box is drawn for a clip's first frame; a later one may be smaller.
#[test]
fn what_a_box_has_beyond_the_edge_is_black() {
    let frame = Frame {
        width: 2,
        height: 2,
        rgb: vec![255; 12],
    };
    let cut = |left, top| {
        let area = CropBox {
            left,
            top,
            width: 2,
            height: 2,
        };
        let white = |pixel: &[u8]| pixel == [255; 3];
        let draw = |rotation| Draw {
            part: Part::Box(area),
            rotation,
            ..Draw::NONE
        };
        let found = apply(&draw(None), &frame, 2);
        assert_eq!(apply(&draw(Some(0.0)), &frame, 2), found);
        found.chunks(3).map(white).collect::<Vec<_>>()
    };
    assert_eq!(cut(0, 0), [true; 4]);
    assert_eq!(cut(1, 1), [true, false, false, false]);
    assert_eq!(cut(5, 1), [false; 4]);
    assert_eq!(cut(1, 5), [false; 4]);
}

#[test]
fn a_frame_that_no_crop_fits_is_scaled_by_its_shorter_side() {
    // Every crop of 100 x 4 with the whole area and an aspect near 1 is higher than 4.
    let augment = Augmentation {
        crop: Some(RandomResizedCrop {
            area: [1.0, 1.0],
            aspect: [0.9, 1.1],
        }),
        ..Augmentation::default()
    };
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let draw = draw(&augment, &mut rng, 100, 4, 8);
    let Part::ShorterSide { left, top: 0 } = draw.part else {
        panic!("{draw:?}")
    };
    assert!(left <= 192);
    // As if all of it were scaled and then cut.
    let mut frame = black(100, 4);
    for (index, value) in frame.rgb.iter_mut().enumerate() {
        *value = (index * 37 % 251) as u8;
    }
    let scaled = resize(&frame, 200, 8);
    let rows = scaled.rgb.chunks_exact(200 * 3);
    let cut: Vec<u8> = rows
        .flat_map(|row| &row[left * 3..(left + 8) * 3])
        .copied()
        .collect();
    assert_eq!(apply(&draw, &frame, 8), cut);
    // Beyond the edge of a later, smaller frame all is black.
    let beyond = Draw {
        part: Part::ShorterSide { left: 190, top: 0 },
        ..Draw::NONE
    };
    let narrow = Frame {
        width: 4,
        height: 4,
        rgb: vec![255; 48],
    };
    assert_eq!(apply(&beyond, &narrow, 8), [0; 192]);
}

#[test]
fn normalisation_is_clips() {
    let pixels = [0, 255, 0, 255, 0, 255];
    let (mut plain, mut clip) = ([0.0; 6], [0.0; 6]);
    normalized(Normalize::None, &pixels, 2, &mut plain);
    normalized(Normalize::Clip, &pixels, 2, &mut clip);
    assert_eq!(plain, [0.0, 1.0, 0.0, 1.0, 0.0, 1.0]);
    for channel in 0..3 {
        assert_eq!(clip[2 * channel], -CLIP_MEAN[channel] / CLIP_STD[channel]);
        assert_eq!(
            clip[2 * channel + 1],
            (1.0 - CLIP_MEAN[channel]) / CLIP_STD[channel]
        );
    }
}

#[test]
fn broken_files_are_named_with_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let whole = fs::read(twins().join("clip_jpeg/00001.jpg")).unwrap();
    for (name, bytes) in [
        ("empty.jpg", &[][..]),
        ("text.jpg", b"not an image"),
        ("cut.jpg", &whole[..whole.len() / 2]),
        ("header.jpg", &whole[..20]),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        let error = read_frame(&path).unwrap_err();
        assert!(matches!(error, DataError::Decode { .. }), "{name}: {error}");
        assert!(error.to_string().contains(name), "{error}");
    }
    let error = read_frame(&folder.path().join("gone.jpg")).unwrap_err();
    assert!(matches!(error, DataError::Read { .. }), "{error}");
}

#[test]
fn settings_out_of_range_are_refused() {
    let read = |text: &str| serde_json::from_str::<Augmentation>(text);
    let settings = r#"{"brightness": [0.5, 1.5], "rotation": 4, "crop": {"area": [0.08, 1], "aspect": [0.75, 1.3333]}, "flip": 0.5}"#;
    let augment = read(settings).unwrap();
    assert_eq!(augment.rotation, Some(4.0));
    assert_eq!(
        read(&serde_json::to_string(&augment).unwrap()).unwrap(),
        augment
    );
    assert_eq!(read("{}").unwrap(), Augmentation::default());
    assert_eq!(read(r#"{"flip": null}"#).unwrap().flip, None);
    for (text, expected) in [
        (
            r#"{"brightness": [1.5, 0.5]}"#,
            "0 < smallest <= largest, found [1.5, 0.5]",
        ),
        (r#"{"brightness": [0, 1]}"#, "0 < smallest"),
        (
            r#"{"rotation": -4}"#,
            "`rotation` (degrees) must lie within 0 and 180, found -4",
        ),
        (r#"{"flip": 1.2}"#, "must lie within 0 and 1, found 1.2"),
        (
            r#"{"crop": {"area": [0.5, 2], "aspect": [1, 1]}}"#,
            "must not exceed 1, found 2",
        ),
        (
            r#"{"crop": {"area": [0.5, 1], "aspect": [0, 1]}}"#,
            "`aspect` must be",
        ),
        (r#"{"crop": {"area": [0.5, 1]}}"#, "missing field `aspect`"),
        (r#"{"brightnes": [0.5, 1.5]}"#, "unknown field `brightnes`"),
    ] {
        let message = read(text).unwrap_err().to_string();
        assert!(message.contains(expected), "{text}: {message}");
    }
    let schema = serde_json::to_string(&schemars::schema_for!(Augmentation)).unwrap();
    assert!(schema.contains("brightness") && schema.contains("aspect"));
}

proptest! {
    #[test]
    fn a_draw_keeps_its_limits(seed: u64, width in 1_usize..400, height in 1_usize..400) {
        let augment = Augmentation {
            brightness: Some([0.5, 1.5]),
            rotation: Some(4.0),
            crop: Some(RandomResizedCrop { area: [0.08, 1.0], aspect: [0.75, 4.0 / 3.0] }),
            flip: Some(0.5),
        };
        let draw = draw(&augment, &mut ChaCha8Rng::seed_from_u64(seed), width, height, 32);
        prop_assert!((0.5..=1.5).contains(&draw.brightness.unwrap()));
        prop_assert!((-4.0..=4.0).contains(&draw.rotation.unwrap()));
        if let Part::Box(area) = draw.part {
            prop_assert!(area.width >= 1 && area.left + area.width <= width);
            prop_assert!(area.height >= 1 && area.top + area.height <= height);
            let share = (area.width * area.height) as f64 / (width * height) as f64;
            // Rounding to whole pixels matters for the smallest frames only.
            prop_assert!(width < 50 || height < 50 || share > 0.07);
        }
        // Nothing of a white frame is outside it.
        let white = Frame { width, height, rgb: vec![255; width * height * 3] };
        let inside = Draw { rotation: None, brightness: None, ..draw.clone() };
        prop_assert_eq!(apply(&inside, &white, 32), vec![255; 32 * 32 * 3]);
        prop_assert_eq!(apply(&draw, &black(width, height), 32), vec![0; 32 * 32 * 3]);
    }
    #[test]
    fn only_the_part_that_a_draw_needs_counts(
        seed: u64, file in 0..6_usize, area in 0.001..1.0_f64, degrees in proptest::option::of(0.1..180.0),
        other: bool,
    ) {
        let name = ["420", "422", "444", "restarts", "grey", "progressive"][file];
        let path = twins().join(format!("formats/{name}.jpg"));
        let augment = Augmentation {
            rotation: degrees,
            crop: Some(RandomResizedCrop { area: [area, area], aspect: [0.75, 4.0 / 3.0] }),
            ..Augmentation::default()
        };
        let whole = read_frame(&path).unwrap();
        let draw = draw(&augment, &mut ChaCha8Rng::seed_from_u64(seed), whole.width, whole.height, 32);
        let mut reader = FrameReader::default();
        // What is left in the reader's memory must not show.
        if other {
            reader.read(&twins().join("formats/exif_turned.jpg")).unwrap();
            reader.read(&twins().join("formats/noise.jpg")).unwrap();
        }
        let needs = draw.needs(whole.width, whole.height);
        reader.read_part(&path, &mut |_, _| needs).unwrap();
        prop_assert_eq!(apply(&draw, reader.frame(), 32), apply(&draw, &whole, 32));
    }
}
