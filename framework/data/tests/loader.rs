//! The loader's promises: order, independence of the number of workers, errors, an early end.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use common::twins;
use exp_core::clip::Clip;
use exp_core::experiment::{Augmentation, DamagedFrame, Normalize, RandomResizedCrop, ShortClip};
use exp_data::decode::FrameReader;
use exp_data::loader::{Batch, Loader, LoaderSettings};
use exp_data::{DataError, FrameCache};
use proptest::prelude::*;

/// Clip `i` has `i % 7 + 1` of the frames at hand, from frame `i` on.
fn clips(count: usize) -> Vec<Clip> {
    let file = |i: usize| twins().join(format!("clip_jpeg/{:05}.jpg", i % 21 + 1));
    (0..count)
        .map(|i| Clip {
            name: format!("clip/{i:03}"),
            frames: (i..i + i % 7 + 1).map(file).collect(),
            label: i % 3,
            subject: None,
        })
        .collect()
}

fn settings(batch: usize, workers: usize) -> LoaderSettings {
    LoaderSettings {
        frames: 4,
        size: 8,
        batch,
        workers,
        normalize: Normalize::None,
        short: ShortClip::RepeatLast,
        damaged: DamagedFrame::Stop,
    }
}

fn augmentation() -> Augmentation {
    Augmentation {
        brightness: Some([0.5, 1.5]),
        rotation: Some(4.0),
        crop: Some(RandomResizedCrop {
            area: [0.08, 1.0],
            aspect: [0.75, 1.3],
        }),
        flip: Some(0.5),
    }
}

fn epoch(loader: &Loader, seed: u64, epoch: u64) -> Vec<Batch> {
    loader
        .training(&augmentation(), seed, epoch, 0)
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap()
}

#[test]
fn evaluation_is_in_order_and_keeps_the_last_batch() {
    let loader = Loader::new(clips(10), settings(4, 3)).unwrap();
    let mut pass = loader.evaluation();
    let batches: Vec<Batch> = pass.by_ref().collect::<Result<_, _>>().unwrap();
    assert_eq!(batches.len(), 3);
    assert!(pass.waited() > Duration::ZERO);
    let seen: Vec<usize> = batches
        .iter()
        .flat_map(|batch| batch.clips.clone())
        .collect();
    assert_eq!(seen, (0..10).collect::<Vec<_>>());
    assert_eq!(batches[2].labels, [8 % 3, 9 % 3]);
    assert_eq!(batches[2].pixels.len(), 2 * 4 * 3 * 8 * 8);
    let again: Vec<Batch> = loader.evaluation().collect::<Result<_, _>>().unwrap();
    assert_eq!(batches, again);
}

#[test]
fn training_is_shuffled_anew_and_drops_the_incomplete_batch() {
    let loader = Loader::new(clips(10), settings(4, 2)).unwrap();
    let first = epoch(&loader, 1, 0);
    assert_eq!(first.len(), 2);
    let mut seen: Vec<usize> = first.iter().flat_map(|batch| batch.clips.clone()).collect();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 8, "a clip came twice");
    assert_ne!(first, epoch(&loader, 1, 1));
    assert_ne!(first, epoch(&loader, 2, 0));
}

#[test]
fn all_frames_of_a_clip_are_changed_alike() {
    // One frame, repeated: equal before the change, so equal after it.
    let loader = Loader::new(clips(1), settings(1, 1)).unwrap();
    let batch = epoch(&loader, 5, 0).remove(0);
    let (first, rest) = batch.pixels.split_at(3 * 8 * 8);
    assert!(rest.chunks(3 * 8 * 8).all(|frame| frame == first));
    let mut two = clips(1);
    let repeated = two[0].frames[0].clone();
    two[0].frames = vec![repeated; 4];
    let read_four = epoch(&Loader::new(two, settings(1, 1)).unwrap(), 5, 0).remove(0);
    let (first, rest) = read_four.pixels.split_at(3 * 8 * 8);
    assert!(rest.chunks(3 * 8 * 8).all(|frame| frame == first));
}

#[test]
fn fewer_clips_than_a_batch_is_an_error_that_says_so() {
    let loader = Loader::new(clips(3), settings(4, 2)).unwrap();
    let error = loader.training(&augmentation(), 1, 0, 0).unwrap_err();
    assert!(
        error.to_string().contains("3 clips, but a batch takes 4"),
        "{error}"
    );
    assert_eq!(loader.evaluation().count(), 1);
    let error = Loader::new(clips(3), settings(0, 2)).unwrap_err();
    assert!(error.to_string().contains("`batch` is 0"), "{error}");
    assert_eq!(
        Loader::new(clips(0), settings(4, 2))
            .unwrap()
            .evaluation()
            .count(),
        0
    );
}

#[test]
fn a_missing_frame_names_clip_and_file_and_ends_the_pass() {
    let mut list = clips(12);
    list[5].frames = vec![PathBuf::from("nowhere/7.jpg")];
    let loader = Loader::new(list, settings(2, 3)).unwrap();
    let results: Vec<Result<Batch, DataError>> = loader.evaluation().collect();
    assert_eq!(results.len(), 3);
    assert!(results[0].is_ok() && results[1].is_ok());
    let message = results[2].as_ref().unwrap_err().to_string();
    assert!(
        message.contains("clip clip/005: cannot read nowhere/7.jpg"),
        "{message}"
    );
}

#[test]
fn a_clip_without_frames_is_named() {
    let mut list = clips(2);
    list[1].frames.clear();
    let loader = Loader::new(list, settings(2, 1)).unwrap();
    let error = loader.evaluation().next().unwrap().unwrap_err();
    assert!(
        error
            .to_string()
            .contains("clip clip/001: the clip has no frame"),
        "{error}"
    );
    assert!(
        loader
            .training(&augmentation(), 1, 0, 0)
            .unwrap()
            .next()
            .unwrap()
            .is_err()
    );
}

#[test]
fn short_clips_follow_the_rule() {
    // Clip `i` has `i % 7 + 1` frames and the model takes 4: clips 0, 1, 2, 7, 8, 9 are short.
    let with = |short| {
        let rule = LoaderSettings {
            short,
            ..settings(2, 2)
        };
        Loader::new(clips(10), rule).unwrap()
    };
    let shown = |loader: &Loader| -> Vec<Vec<f32>> {
        let batches = loader.evaluation().collect::<Result<Vec<_>, _>>().unwrap();
        let values = batches.iter().flat_map(|batch| &batch.pixels).copied();
        let values: Vec<f32> = values.collect();
        values.chunks(4 * 3 * 8 * 8).map(<[f32]>::to_vec).collect()
    };
    let (last, first) = (with(ShortClip::RepeatLast), with(ShortClip::RepeatFirst));
    let drop = with(ShortClip::Drop);
    assert_eq!((last.dropped(), first.dropped(), drop.dropped()), (0, 0, 6));
    let names: Vec<&str> = drop.clips().iter().map(|clip| clip.name.as_str()).collect();
    assert_eq!(names, ["clip/003", "clip/004", "clip/005", "clip/006"]);
    let (last, first, drop) = (shown(&last), shown(&first), shown(&drop));
    assert_eq!(last[3..7], first[3..7], "clips that are not short");
    assert_eq!(last[3..7], drop[..]);
    assert_eq!(last[0], first[0], "a clip of one frame");
    assert_ne!(last[2], first[2]);
    let frame = 3 * 8 * 8;
    assert!(
        first[2]
            .chunks(frame)
            .all(|shown| shown == &last[2][..frame])
    );
    assert_eq!(
        last[2][2 * frame..3 * frame],
        last[2][3 * frame..],
        "the last of three frames, twice"
    );
}

#[test]
fn a_clip_without_frames_is_not_dropped_in_silence() {
    let mut list = clips(4);
    list[3].frames.clear();
    let rule = LoaderSettings {
        short: ShortClip::Drop,
        ..settings(1, 1)
    };
    let loader = Loader::new(list, rule).unwrap();
    assert_eq!((loader.clips().len(), loader.dropped()), (1, 3));
    assert!(loader.evaluation().next().unwrap().is_err());
}

#[test]
fn replaced_frames_are_counted_by_batch() {
    let folder = tempfile::tempdir().unwrap();
    let broken = folder.path().join("broken.jpg");
    std::fs::write(&broken, b"no image").unwrap();
    let mut list = clips(6);
    list[5].frames[2] = broken;
    let rule = LoaderSettings {
        damaged: DamagedFrame::RepeatNeighbour,
        ..settings(4, 2)
    };
    let counts = |list| {
        let loader = Loader::new(list, rule).unwrap();
        let batches = loader.evaluation().map(|batch| batch.unwrap().damaged);
        batches.collect::<Vec<_>>()
    };
    // Of its six frames the middles of four parts are shown: 0, 2, 3, 5.
    assert_eq!(counts(list), [0, 1]);
    assert_eq!(counts(clips(6)), [0, 0]);
}

#[test]
fn a_cache_changes_nothing_and_is_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let plain = Loader::new(clips(12), settings(4, 3)).unwrap();
    let frame = 118 * 150 * 3;
    for limit in [0, 5 * frame, 1 << 30] {
        let cache = Arc::new(FrameCache::new(&folder.path().join("cache"), limit).unwrap());
        let cached = plain.clone().with_cache(Some(cache.clone()));
        for number in 0..3 {
            assert_eq!(epoch(&plain, 7, number), epoch(&cached, 7, number));
        }
        let full = cache.size();
        assert!(
            full <= limit && full.is_multiple_of(frame),
            "{full} of {limit}"
        );
        assert!(full >= limit.min(10 * frame), "{full} of {limit}");
    }
}

#[test]
fn a_cached_frame_is_not_decoded_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.jpg");
    std::fs::copy(twins().join("clip_jpeg/00001.jpg"), &file).unwrap();
    let cache = FrameCache::new(folder.path(), 1 << 20).unwrap();
    let mut reader = FrameReader::new(Some(Arc::new(cache)));
    reader.read(&file).unwrap();
    let first = reader.frame().clone();
    std::fs::remove_file(&file).unwrap();
    reader.read(&file).unwrap();
    assert_eq!(reader.frame(), &first);
    // The cache itself has no name in its folder.
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    let blocked = folder.path().join("a file");
    std::fs::write(&blocked, "").unwrap();
    let message = FrameCache::new(&blocked, 1).unwrap_err().to_string();
    assert!(
        message.contains("a file") && message.contains("train.cache_gib"),
        "{message}"
    );
}

#[test]
fn dropping_the_pass_early_ends_its_threads() {
    // Reading all of it takes far longer than the limit; dropping joins the threads.
    let loader = Loader::new(clips(200_000), settings(2, 3)).unwrap();
    let start = Instant::now();
    let mut pass = loader.evaluation();
    pass.next().unwrap().unwrap();
    drop(pass);
    drop(loader.evaluation());
    assert!(start.elapsed() < Duration::from_secs(5));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn the_number_of_workers_changes_nothing(
        count in 1_usize..24, batch in 1_usize..6, workers in 2_usize..7, seed: u64, number in 0_u64..3,
    ) {
        prop_assume!(count >= batch);
        let one = Loader::new(clips(count), settings(batch, 1)).unwrap();
        let many = Loader::new(clips(count), settings(batch, workers)).unwrap();
        prop_assert_eq!(epoch(&one, seed, number), epoch(&many, seed, number));
    }
}
