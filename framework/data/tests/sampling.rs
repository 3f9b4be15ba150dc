//! Frame indices against those of the published code, and rules that hold for every clip.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use common::{json, parity};
use exp_core::experiment::ShortClip;
use exp_data::sampling::{segment_centres, segment_sample};
use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

fn numbers(value: &serde_json::Value) -> Vec<usize> {
    serde_json::from_value(value.clone()).unwrap()
}

#[test]
fn evaluation_takes_the_reference_frames() {
    let expected = json(&parity().join("sampling_eval.json"));
    let mut checked = 0;
    for (segments, clips) in expected["indices"].as_object().unwrap() {
        for (frames, indices) in clips.as_object().unwrap() {
            let found = segment_centres(
                frames.parse().unwrap(),
                segments.parse().unwrap(),
                ShortClip::RepeatLast,
            );
            assert_eq!(
                found,
                numbers(indices),
                "{frames} frames, {segments} segments"
            );
            checked += 1;
        }
    }
    assert!(checked > 30);
}

#[test]
fn training_draws_over_the_reference_ranges() {
    let expected = json(&parity().join("sampling_train.json"));
    let segments = expected["num_segments"].as_u64().unwrap() as usize;
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for (frames, range) in expected["observed"].as_object().unwrap() {
        let frames = frames.parse().unwrap();
        let mut least = vec![usize::MAX; segments];
        let mut most = vec![0; segments];
        for _ in 0..3000 {
            let draw = segment_sample(frames, segments, ShortClip::RepeatLast, &mut rng);
            assert_eq!(draw.len(), segments);
            for (i, index) in draw.into_iter().enumerate() {
                least[i] = least[i].min(index);
                most[i] = most[i].max(index);
            }
        }
        assert_eq!(least, numbers(&range["min"]), "{frames} frames");
        assert_eq!(most, numbers(&range["max"]), "{frames} frames");
    }
}

#[test]
fn a_clip_without_frames_gives_no_index() {
    let rng = &mut ChaCha8Rng::seed_from_u64(1);
    for short in [ShortClip::RepeatLast, ShortClip::RepeatFirst] {
        assert!(segment_centres(0, 16, short).is_empty());
        assert!(segment_sample(0, 16, short, rng).is_empty());
    }
}

#[test]
fn a_short_clip_shows_its_last_frame_again_or_its_first_alone() {
    let rng = &mut ChaCha8Rng::seed_from_u64(1);
    for (short, expected) in [
        (ShortClip::RepeatLast, [0, 1, 2, 2, 2]),
        (ShortClip::RepeatFirst, [0; 5]),
    ] {
        assert_eq!(segment_centres(3, 5, short), expected);
        assert_eq!(segment_sample(3, 5, short, rng), expected);
        // With exactly as many as it takes, a clip is not short.
        assert_eq!(segment_centres(5, 5, short), [0, 1, 2, 3, 4]);
        assert_eq!(segment_sample(5, 5, short, rng), [0, 1, 2, 3, 4]);
    }
}

/// Chi-squared over the places in each part: 3000 draws of a clip of 160 frames in 16 parts of 10.
#[test]
fn training_draws_are_uniform() {
    let rng = &mut ChaCha8Rng::seed_from_u64(2);
    let mut counts = [[0_u32; 10]; 16];
    for _ in 0..3000 {
        let draw = segment_sample(160, 16, ShortClip::RepeatLast, rng);
        for (part, index) in draw.into_iter().enumerate() {
            counts[part][index - 10 * part] += 1;
        }
    }
    for (part, counts) in counts.iter().enumerate() {
        let squares = counts.iter().map(|&n| (f64::from(n) - 300.0).powi(2));
        let chi_squared = squares.sum::<f64>() / 300.0;
        // The 99.99 % point for 9 degrees of freedom.
        assert!(chi_squared < 33.7, "part {part}: {counts:?}");
    }
}

proptest! {
    #[test]
    fn indices_ascend_within_the_clip(frames in 1_usize..2000, segments in 1_usize..64, seed: u64) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let short = ShortClip::RepeatLast;
        for indices in [
            segment_centres(frames, segments, short),
            segment_sample(frames, segments, short, &mut rng),
        ] {
            prop_assert_eq!(indices.len(), segments);
            prop_assert!(indices.is_sorted());
            prop_assert!(indices.iter().all(|i| *i < frames));
            if frames >= segments {
                prop_assert!(indices.windows(2).all(|pair| pair[0] < pair[1]), "a frame twice");
            }
        }
    }
}
