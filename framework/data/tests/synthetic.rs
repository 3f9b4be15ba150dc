//! The embedded benchmark as its users meet it: files on disk, stills with captions.
#![allow(clippy::unwrap_used, missing_docs)]

use exp_core::clip::{Split, drawn_person};
use exp_data::synthetic::{
    Activation, Emotion, SIZE, Synthetic, SyntheticError, Unit, portrait, still, still_caption,
    vocabulary,
};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

const SMALL: Synthetic = Synthetic {
    seed: 5,
    train: 21,
    test: 14,
};

fn draw(benchmark: Synthetic, root: &Path) -> (Split, usize) {
    let calls = AtomicUsize::new(0);
    let split = benchmark.write(root, &|done, total| {
        assert!(done <= total);
        calls.fetch_add(1, Ordering::Relaxed);
    });
    (split.unwrap(), calls.into_inner())
}

/// Every file below `root` with its bytes.
fn contents(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path
                    .strip_prefix(root)
                    .unwrap()
                    .to_string_lossy()
                    .into_owned();
                found.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    found
}

#[test]
fn every_byte_is_the_same_with_one_thread_and_with_several() {
    let folder = tempfile::tempdir().unwrap();
    let (one, several) = (folder.path().join("one"), folder.path().join("several"));
    for (threads, root) in [(1, &one), (4, &several)] {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| draw(SMALL, root));
    }
    assert_eq!(contents(&one), contents(&several));
    let (other, _) = draw(Synthetic { seed: 6, ..SMALL }, &folder.path().join("other"));
    let (split, _) = draw(SMALL, &one);
    assert_ne!(
        fs::read(&other.train[0].frames[0]).unwrap(),
        fs::read(&split.train[0].frames[0]).unwrap()
    );
}

#[test]
fn of_several_who_want_it_one_draws() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("set");
    let begin = std::sync::Barrier::new(3);
    let drawn: Vec<usize> = std::thread::scope(|scope| {
        let one = || {
            begin.wait();
            draw(SMALL, &root).1
        };
        let threads = [(); 3].map(|()| scope.spawn(one));
        threads.map(|thread| thread.join().unwrap()).into()
    });
    let all = SMALL.train + SMALL.test;
    assert_eq!(drawn.iter().sum::<usize>(), all, "clips drawn: {drawn:?}");
}

#[test]
fn frames_are_readable_pictures_in_the_folders_that_the_clips_name() {
    let folder = tempfile::tempdir().unwrap();
    let (split, _) = draw(SMALL, folder.path());
    assert_eq!(
        split.classes,
        [
            "happiness",
            "sadness",
            "neutral",
            "anger",
            "surprise",
            "disgust",
            "fear"
        ]
    );
    assert_eq!((split.train.len(), split.test.len()), (21, 14));
    for (part, clips) in [("train", &split.train), ("test", &split.test)] {
        for clip in clips {
            assert!(
                clip.name
                    .starts_with(&format!("{part}/{}_", split.classes[clip.label])),
                "{}",
                clip.name
            );
            assert_eq!(drawn_person(&clip.name), clip.subject.as_deref());
            assert!(clip.subject.is_some());
            assert!((12..=30).contains(&clip.frames.len()));
            for frame in &clip.frames {
                assert_eq!(frame.parent().unwrap(), folder.path().join(&clip.name));
            }
        }
    }
    let bytes = fs::read(&split.test[0].frames[0]).unwrap();
    let mut decoder = zune_jpeg::JpegDecoder::new(std::io::Cursor::new(bytes));
    assert_eq!(decoder.decode().unwrap().len(), SIZE * SIZE * 3);
    assert_eq!(decoder.dimensions(), Some((SIZE, SIZE)));
}

#[test]
fn a_complete_set_is_kept_and_any_other_is_drawn_anew() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("set");
    let (first, drawn) = draw(SMALL, &root);
    assert_eq!(drawn, 35);
    assert_eq!(
        draw(SMALL, &root),
        (first.clone(), 0),
        "nothing is drawn twice"
    );
    fs::remove_file(&first.test[3].frames[2]).unwrap();
    assert_eq!(draw(SMALL, &root).1, 35, "a missing frame");
    let (larger, drawn) = draw(Synthetic { train: 28, ..SMALL }, &root);
    assert_eq!((larger.train.len(), drawn), (28, 42), "other settings");
    assert_eq!(
        contents(&root)
            .keys()
            .filter(|name| name.contains("_0001_"))
            .count(),
        frames_of_first(&larger)
    );
    let left = fs::read_dir(folder.path()).unwrap();
    let mut left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["set", "set.lock"], "no half of it is left");
}

fn frames_of_first(split: &Split) -> usize {
    let first = |clip: &&exp_core::clip::Clip| clip.name.contains("_0001_");
    split
        .train
        .iter()
        .chain(&split.test)
        .filter(first)
        .map(|clip| clip.frames.len())
        .sum()
}

#[test]
fn what_is_not_ours_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("thesis.txt"), "three years").unwrap();
    let error = SMALL.write(folder.path(), &|_, _| {}).unwrap_err();
    assert!(matches!(error, SyntheticError::Occupied { .. }), "{error}");
    assert_eq!(contents(folder.path()).len(), 1);
    let error = Synthetic { test: 3, ..SMALL }
        .write(&folder.path().join("new"), &|_, _| {})
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the synthetic benchmark has seven classes, so it needs at least 7 training and 7 test clips; found 21 and 3"
    );
}

/// Mean absolute difference of two pictures, in grey levels.
fn difference(a: &[u8], b: &[u8]) -> f32 {
    a.iter()
        .zip(b)
        .map(|(a, b)| f32::from(a.abs_diff(*b)))
        .sum::<f32>()
        / a.len() as f32
}

#[test]
fn every_unit_changes_the_picture_and_the_same_face_is_drawn_the_same_twice() {
    for unit in Unit::ALL {
        let mut action = Activation::default();
        action.set(unit, 1.0);
        for face in 0..20 {
            let rest = portrait(3, face, &Activation::default());
            assert_eq!(rest, portrait(3, face, &Activation::default()));
            let changed = difference(&rest, &portrait(3, face, &action));
            assert!(
                changed > 0.1,
                "{unit:?} on face {face} changes {changed} grey levels"
            );
        }
    }
}

#[test]
fn captions_use_a_broad_vocabulary_and_all_of_it() {
    let vocabulary = vocabulary();
    let mut used = BTreeSet::new();
    for index in 0..40_000 {
        let (_, caption) = still_caption(1, index);
        let words: Vec<&str> = caption.split_whitespace().collect();
        assert!(
            (1..=40).contains(&words.len()),
            "{} words: {caption}",
            words.len()
        );
        for word in words {
            let bare = word.trim_end_matches([',', '.', ';']);
            for word in [bare, &word[bare.len()..]]
                .into_iter()
                .filter(|word| !word.is_empty())
            {
                assert!(
                    vocabulary.contains(word),
                    "`{word}` is not in the vocabulary: {caption}"
                );
                used.insert(word.to_owned());
            }
        }
    }
    assert!(vocabulary.len() >= 500, "{} words", vocabulary.len());
    let never: Vec<_> = vocabulary.difference(&used).collect();
    assert!(never.is_empty(), "in no caption: {never:?}");
}

#[test]
fn the_words_of_ordinary_prompts_are_in_the_vocabulary() {
    let vocabulary = vocabulary();
    let prompts = "a photo of a person with an expression of . , and are is the face in this someone \
        who feels happiness sadness neutral anger surprise disgust fear happy sad angry surprised \
        disgusted afraid scared calm raised lowered inner outer brows eyebrows eyelids eyes nose \
        wrinkled lips lip corners mouth jaw cheeks chin forehead open wide pressed tight pulled drawn \
        together down up level relaxed resting upper lower slightly strongly parted narrowed stretched \
        dropped closed upwards downwards teeth visible between to at on";
    let missing: Vec<_> = prompts
        .split_whitespace()
        .filter(|word| !vocabulary.contains(*word))
        .collect();
    assert!(missing.is_empty(), "no caption has {missing:?}");
}

/// Words that only a caption which names the emotion has, by class.
const NAMES: [&[&str]; 7] = [
    &["happiness", "happy", "joy", "joyful"],
    &["sadness", "sad", "sorrow", "unhappy"],
    &["neutral", "calm", "expressionless"],
    &["anger", "angry", "rage", "furious"],
    &["surprise", "surprised", "astonished"],
    &["disgust", "disgusted", "revulsion"],
    &["fear", "afraid", "scared", "terror"],
];

#[test]
fn about_a_tenth_of_the_captions_name_the_emotion_and_only_when_it_is_there() {
    let total = 20_000;
    let mut named = [0; 7];
    for index in 0..total {
        let (pictured, caption) = still_caption(2, index);
        if let Some(emotion) = pictured.named {
            named[emotion as usize] += 1;
            for unit in emotion.prototype().core {
                assert!(pictured.action.get(*unit) > 0.35, "{emotion:?}: {caption}");
            }
        }
        let words: HashSet<&str> = caption.split([' ', ',', '.', ';']).collect();
        for (label, names) in NAMES.iter().enumerate() {
            if names.iter().any(|name| words.contains(name)) {
                assert_eq!(pictured.named, Some(Emotion::ALL[label]), "{caption}");
            }
        }
    }
    let share = named.iter().sum::<usize>() as f64 / total as f64;
    assert!((0.08..0.12).contains(&share), "{share} name the emotion");
    assert!(named.iter().all(|&n| n > total as usize / 200), "{named:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(3000) })]

    #[test]
    fn captions_mention_only_what_is_visible(seed: u64, index: u64) {
        let (pictured, caption) = still_caption(seed, index);
        let visible = |unit: Unit| pictured.action.get(unit) >= 0.2;
        let says = |words: &[&str]| words.iter().any(|word| caption.contains(word));
        let rules: [(&[&str], bool); 14] = [
            (&["smile", "smiling", "grin", "laugh,", "lip corners pulled up"], visible(Unit::LipCornerPuller)),
            (&["pulled down", "downturned", "droop", "turned down"],
                visible(Unit::LipCornerDepressor) || visible(Unit::BrowLowerer)),
            (&["frown", "furrow", "scowl", "knit"], visible(Unit::BrowLowerer)),
            (&["raised eyebrows", "raised brows", "brows raised", "eyebrows lifted"],
                visible(Unit::InnerBrowRaiser) || visible(Unit::OuterBrowRaiser)),
            (&["inner brow", "inner eyebrows"], visible(Unit::InnerBrowRaiser)),
            (&["outer brow", "outer eyebrows"], visible(Unit::OuterBrowRaiser)),
            (&["wide eyes", "wide open eyes", "eyes open wide", "bulging"], visible(Unit::UpperLidRaiser)),
            (&["narrowed eyes", "squint", "slits"], visible(Unit::LidTightener)),
            (&["crow's-feet", "crinkle"], visible(Unit::CheekRaiser) || visible(Unit::NoseWrinkler)),
            (&["wrinkled nose", "scrunched", "nostrils"], visible(Unit::NoseWrinkler)),
            (&["pressed lips", "pressed together", "clenched"], visible(Unit::LipTightener)),
            (&["stretched", "grimace"], visible(Unit::LipStretcher)),
            (&["dropped jaw", "gaping", "agape", "wide open mouth"], visible(Unit::JawDrop)),
            (&["closed eyes", "eyes shut", "blinks"], visible(Unit::EyeClosure)),
        ];
        for (words, allowed) in rules {
            prop_assert!(allowed || !says(words), "{:?}: {}", pictured.action, caption);
        }
        if says(&["resting face", "face is at rest", "unmoving face"]) {
            prop_assert!(pictured.action.strongest() < 0.25, "{:?}: {}", pictured.action, caption);
        }
    }

    #[test]
    fn a_still_repeats_by_seed_and_index(seed: u64, index: u64) {
        prop_assert_eq!(still_caption(seed, index), still_caption(seed, index));
    }
}

#[test]
fn stills_are_pictures_that_repeat() {
    for index in 0..50 {
        let one = still(9, index);
        assert_eq!(one.rgb.len(), SIZE * SIZE * 3);
        assert_eq!(one, still(9, index));
        assert!(difference(&one.rgb, &still(9, index + 1).rgb) > 5.0);
        assert_eq!(one.caption, still_caption(9, index).1);
    }
}
