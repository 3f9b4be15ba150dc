//! Frame indices against those of the published code, and rules that hold for every clip.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use common::{json, parity};
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
            let found = segment_centres(frames.parse().unwrap(), segments.parse().unwrap());
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
            let draw = segment_sample(frames, segments, &mut rng);
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
    assert!(segment_centres(0, 16).is_empty());
    assert!(segment_sample(0, 16, &mut ChaCha8Rng::seed_from_u64(1)).is_empty());
}

proptest! {
    #[test]
    fn indices_ascend_within_the_clip(frames in 1_usize..2000, segments in 1_usize..64, seed: u64) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        for indices in [segment_centres(frames, segments), segment_sample(frames, segments, &mut rng)] {
            prop_assert_eq!(indices.len(), segments);
            prop_assert!(indices.is_sorted());
            prop_assert!(indices.iter().all(|i| *i < frames));
            if frames >= segments {
                prop_assert!(indices.windows(2).all(|pair| pair[0] < pair[1]), "a frame twice");
            }
        }
    }
}
