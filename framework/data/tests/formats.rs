//! Every kind of image file that frames come in, against Pillow, and files that are damaged.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::fs;

use common::{difference, tensors, twins};
use exp_core::clip::Clip;
use exp_core::experiment::{Augmentation, DamagedFrame};
use exp_data::DataError;
use exp_data::decode::{FrameReader, read_frame};
use exp_data::transform::ClipReader;
use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

/// Largest and mean difference that decoding may have, of 255.
fn tolerance(name: &str) -> (u8, f64) {
    match name {
        // These are left to a library, which rounds otherwise.
        "progressive.jpg" | "440.jpg" | "411.jpg" => (4, 0.5),
        // libjpeg does not mix the colours of so few columns, the library does.
        "4_wide.jpg" => (4, 0.7),
        _ => (0, 0.0),
    }
}

#[test]
fn every_kind_is_read_as_pillow_reads_it() {
    let mut reader = FrameReader::default();
    let expected = tensors(&twins().join("formats.safetensors"));
    assert!(expected.len() > 40);
    let mut wrong = Vec::new();
    for (name, shape, rgb) in expected {
        reader.read(&twins().join("formats").join(&name)).unwrap();
        let frame = reader.frame();
        assert_eq!([frame.height, frame.width, 3], shape[..], "{name}");
        let (largest, share, mean) = difference(&frame.rgb, &rgb);
        println!("{name:20} largest {largest:3}, share {share:.3}, mean {mean:.3}");
        let (most, mean_most) = tolerance(&name);
        if largest > most || mean > mean_most {
            wrong.push(name);
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn colours_of_print_are_refused_with_a_reason() {
    let error = read_frame(&twins().join("formats/cmyk.jpg")).unwrap_err();
    let message = error.to_string();
    assert!(
        message.contains("cmyk.jpg") && message.contains("(CMYK); store it as RGB"),
        "{message}"
    );
}

#[test]
fn a_file_cut_anywhere_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    // Of a PNG file all pixels are there when only checksums and the end chunk are missing; Pillow
    // reads it too.
    for (name, tail) in [
        ("420.jpg", 0),
        ("progressive.jpg", 0),
        ("rgb_8.png", 20),
        ("palette_4.png", 20),
    ] {
        let whole = fs::read(twins().join("formats").join(name)).unwrap();
        let path = folder.path().join(name);
        let last = whole.len() - tail;
        for length in (0..last).step_by(11).chain(last - 15..last) {
            fs::write(&path, &whole[..length]).unwrap();
            match read_frame(&path) {
                Err(error @ DataError::Decode { .. }) => {
                    let message = error.to_string();
                    assert!(message.contains(name), "{message}");
                    assert!(!message.contains('\n'), "{message}");
                    // Whoever prepares clips has no such setting.
                    assert!(!message.contains("clip.damaged"), "{message}");
                }
                Err(error) => panic!("{name}: {error}"),
                Ok(_) => panic!("{name}: read with {length} of {} bytes", whole.len()),
            }
        }
    }
}

/// A clip of five frames, of which those named are damaged.
fn clip(folder: &std::path::Path, damaged: &[usize]) -> Clip {
    let frames = (0..5).map(|index| {
        let path = folder.join(format!("{index}.jpg"));
        fs::copy(
            twins().join(format!("clip_jpeg/{:05}.jpg", index + 1)),
            &path,
        )
        .unwrap();
        if damaged.contains(&index) {
            fs::write(&path, b"").unwrap();
        }
        path
    });
    Clip {
        name: "a clip".into(),
        frames: frames.collect(),
        label: 0,
        subject: None,
    }
}

#[test]
fn a_damaged_frame_stops_or_its_nearest_neighbour_stands_in() {
    let size = 16;
    let folder = tempfile::tempdir().unwrap();
    let whole = clip(folder.path(), &[]);
    let mut keep = ClipReader::new(size, DamagedFrame::Stop, None);
    for (damaged, asked, stands_in) in [
        (&[2][..], [0, 2, 4], [0, 1, 4]),
        (&[0, 1], [0, 1, 3], [2, 2, 3]),
        (&[3, 4], [2, 3, 4], [2, 2, 2]),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let broken = clip(folder.path(), damaged);
        let mut reader = ClipReader::new(size, DamagedFrame::RepeatNeighbour, None);
        let found = reader.evaluation(&broken, &asked).unwrap();
        let expected = keep.evaluation(&whole, &stands_in).unwrap();
        assert_eq!(found.values, expected.values, "{damaged:?}");
        let replaced = asked.iter().filter(|index| damaged.contains(index)).count();
        assert_eq!((found.damaged, expected.damaged), (replaced, 0));
        let rng = &mut ChaCha8Rng::seed_from_u64(1);
        let training = reader.training(&broken, &asked, &Augmentation::default(), rng);
        assert_eq!(training.unwrap(), found);

        let message = keep.evaluation(&broken, &asked).unwrap_err().to_string();
        let first = asked.iter().find(|index| damaged.contains(index)).unwrap();
        assert!(
            message.starts_with("clip a clip: ") && message.contains(&format!("{first}.jpg")),
            "{message}"
        );
        assert!(
            message.ends_with("(`clip.damaged: repeat_neighbour`)"),
            "{message}"
        );
    }
    let folder = tempfile::tempdir().unwrap();
    let hopeless = clip(folder.path(), &[0, 1, 2, 3, 4]);
    let mut reader = ClipReader::new(size, DamagedFrame::RepeatNeighbour, None);
    let message = reader.evaluation(&hopeless, &[1]).unwrap_err().to_string();
    assert!(message.contains("1.jpg"), "{message}");
}

proptest! {
    /// Whatever a file says, it is an image or an error, never a panic.
    #[test]
    fn damaged_bytes_are_an_image_or_an_error(
        file in 0..5_usize, changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let name = ["420", "422", "restarts", "noise", "grey"][file];
        let mut bytes = fs::read(twins().join(format!("formats/{name}.jpg"))).unwrap();
        for (place, value) in changes {
            *place.get_mut(&mut bytes) = value;
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("damaged.jpg");
        fs::write(&path, bytes).unwrap();
        match read_frame(&path) {
            Ok(frame) => prop_assert_eq!(frame.rgb.len(), frame.width * frame.height * 3),
            Err(DataError::Decode { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
}
