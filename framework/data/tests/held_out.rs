//! What is kept out of training, on made-up lists of clips.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::{BTreeMap, BTreeSet};

use exp_core::clip::Clip;
use exp_core::provenance::HeldOut;
use exp_data::hold_out;
use exp_data::synthetic::Synthetic;
use proptest::prelude::*;

fn clip(name: String, label: usize, subject: Option<String>) -> Clip {
    Clip {
        name,
        frames: Vec::new(),
        label,
        subject,
    }
}

/// So many clips of each class, of nobody known.
fn unknown(counts: &[usize]) -> Vec<Clip> {
    let class = |(label, &count): (usize, &usize)| {
        (0..count).map(move |number| clip(format!("{label}/{number}"), label, None))
    };
    counts.iter().enumerate().flat_map(class).collect()
}

/// Clips of persons: for each clip its label and its person's number.
fn known(clips: &[(usize, usize)]) -> Vec<Clip> {
    let one = |(number, &(label, person)): (usize, &(usize, usize))| {
        clip(format!("{number}"), label, Some(format!("s{person}")))
    };
    clips.iter().enumerate().map(one).collect()
}

#[derive(Debug, PartialEq)]
struct Parts {
    train: Vec<Clip>,
    held_out: Vec<Clip>,
    counts: HeldOut,
}

fn parts_of(
    clips: &[Clip],
    used: impl Fn(&Clip) -> bool,
    share: f64,
    seed: u64,
    fold: u32,
) -> Option<Parts> {
    let chosen = hold_out(clips, used, share, seed, fold)?;
    Some(Parts {
        train: chosen.trained(clips),
        held_out: chosen.held_out(clips),
        counts: chosen.counts,
    })
}

fn parts(clips: &[Clip], share: f64, seed: u64) -> Option<Parts> {
    parts_of(clips, |_| true, share, seed, 1)
}

fn names(clips: &[Clip]) -> BTreeSet<&str> {
    clips.iter().map(|clip| clip.name.as_str()).collect()
}

fn persons(clips: &[Clip]) -> BTreeSet<&str> {
    clips
        .iter()
        .flat_map(|clip| clip.subject.as_deref())
        .collect()
}

fn counts(clips: &[Clip]) -> BTreeMap<usize, usize> {
    let mut counts = BTreeMap::new();
    for clip in clips {
        *counts.entry(clip.label).or_default() += 1;
    }
    counts
}

/// The two parts are the whole, in its order, and share nothing.
fn assert_whole(parts: &Parts, clips: &[Clip]) {
    let of = |names: BTreeSet<&str>| -> Vec<Clip> {
        let own = clips
            .iter()
            .filter(|clip| names.contains(clip.name.as_str()));
        own.cloned().collect()
    };
    assert!(names(&parts.train).is_disjoint(&names(&parts.held_out)));
    assert_eq!(parts.train.len() + parts.held_out.len(), clips.len());
    assert_eq!(parts.train, of(names(&parts.train)));
    assert_eq!(parts.held_out, of(names(&parts.held_out)));
    assert_eq!(
        (parts.counts.clips, parts.counts.of_clips),
        (parts.held_out.len(), clips.len())
    );
}

proptest! {
    #[test]
    fn clip_by_clip_every_class_has_its_share(
        classes in prop::collection::vec(0usize..40, 1..8),
        share in 0.01f64..=0.5,
        seed: u64,
    ) {
        let clips = unknown(&classes);
        let Some(parts) = parts(&clips, share, seed) else {
            prop_assert!(classes.iter().all(|&count| count < 2));
            return Ok(());
        };
        assert_whole(&parts, &clips);
        prop_assert_eq!(parts.counts.persons, None);
        let (train, out) = (counts(&parts.train), counts(&parts.held_out));
        for (label, &count) in classes.iter().enumerate() {
            let out = out.get(&label).copied().unwrap_or(0);
            let wanted = if count > 1 { (share * count as f64).max(1.0) } else { 0.0 };
            prop_assert!((out as f64 - wanted).abs() <= 0.5, "{out} of {count} for {share}");
            prop_assert_eq!(out > 0, count > 1);
            prop_assert_eq!(train.contains_key(&label), count > 0);
        }
    }

    #[test]
    fn a_person_is_on_one_side_and_every_class_is_trained_on(
        people in prop::collection::vec((0usize..4, 0usize..9), 1..80),
        share in 0.01f64..=0.5,
        seed: u64,
    ) {
        let clips = known(&people);
        let Some(parts) = parts(&clips, share, seed) else {
            // Whoever were kept out would take the last clips of a class along.
            for person in persons(&clips) {
                let others: Vec<Clip> = clips.iter()
                    .filter(|clip| clip.subject.as_deref() != Some(person)).cloned().collect();
                prop_assert!(counts(&others).len() < counts(&clips).len());
            }
            return Ok(());
        };
        assert_whole(&parts, &clips);
        let (train, out) = (persons(&parts.train), persons(&parts.held_out));
        prop_assert!(train.is_disjoint(&out));
        prop_assert_eq!(parts.counts.persons, Some((out.len(), persons(&clips).len())));
        prop_assert_eq!(counts(&parts.train).len(), counts(&clips).len());
    }

    #[test]
    fn with_enough_persons_the_share_is_near_and_every_class_on_both_sides(
        labels in prop::collection::vec(0usize..4, 200),
        people in prop::collection::vec(0usize..25, 200),
        share in 0.05f64..=0.5,
        seed: u64,
    ) {
        let clips = known(&labels.into_iter().zip(people).collect::<Vec<_>>());
        let parts = parts(&clips, share, seed).unwrap();
        let off = parts.held_out.len() as f64 - share * 200.0;
        let mut sizes: BTreeMap<&str, usize> = BTreeMap::new();
        for clip in &clips {
            *sizes.entry(clip.subject.as_deref().unwrap()).or_default() += 1;
        }
        let largest = *sizes.values().max().unwrap();
        // A person more may be needed for a class that has nobody yet.
        prop_assert!(off.abs() <= 2.0 * largest as f64, "{off} off, a person has {largest}");
        prop_assert_eq!(counts(&parts.held_out).len(), counts(&clips).len());
    }

    #[test]
    fn the_order_of_the_list_decides_nothing_and_seed_and_fold_do(
        order in Just((0..120).collect::<Vec<usize>>()).prop_shuffle(),
        seed: u64,
        by_person: bool,
    ) {
        let clips = match by_person {
            true => known(&(0..120).map(|clip| (clip % 3, clip % 17)).collect::<Vec<_>>()),
            false => unknown(&[40, 50, 30]),
        };
        let shuffled: Vec<Clip> = order.iter().map(|&index| clips[index].clone()).collect();
        let one = parts(&clips, 0.2, seed).unwrap();
        let same = parts(&shuffled, 0.2, seed).unwrap();
        prop_assert_eq!(names(&one.held_out), names(&same.held_out));
        let others: BTreeSet<BTreeSet<String>> = (0..4)
            .map(|fold| parts_of(&clips, |_| true, 0.2, seed, fold).unwrap())
            .chain((1..4).map(|more| parts(&clips, 0.2, seed.wrapping_add(more)).unwrap()))
            .map(|parts| parts.held_out.iter().map(|clip| clip.name.clone()).collect())
            .collect();
        prop_assert!(others.len() > 1);
    }
}

/// A run of another day or machine keeps out the same clips. These were worked out by another program
/// after the same rule.
#[test]
fn the_choice_is_fixed() {
    let held_out = |clips: &[Clip], seed, fold| -> Vec<String> {
        let parts = parts_of(clips, |_| true, 0.2, seed, fold).unwrap();
        parts.held_out.into_iter().map(|clip| clip.name).collect()
    };
    assert_eq!(
        held_out(&unknown(&[10, 5, 2, 1]), 1, 1),
        ["0/0", "0/5", "1/3", "2/0"]
    );
    let people: Vec<(usize, usize)> = (0..30).map(|clip| (clip % 3, clip % 5)).collect();
    assert_eq!(
        held_out(&known(&people), 7, 2),
        ["2", "7", "12", "17", "22", "27"]
    );
}

#[test]
fn clips_that_are_not_used_stay_and_do_not_count() {
    let clips = unknown(&[10, 10]);
    let used = |clip: &Clip| !clip.name.ends_with(['0', '1', '2', '3', '4']);
    let parts = parts_of(&clips, used, 0.4, 1, 1).unwrap();
    assert_eq!((parts.counts.clips, parts.counts.of_clips), (4, 10));
    assert!(parts.held_out.iter().all(used));
    assert_eq!(parts.train.len(), 16);
}

/// One clip without a name for who is seen, and persons are not known.
#[test]
fn persons_count_only_where_all_are_known() {
    let mut clips = known(&[(0, 1), (0, 1), (0, 2), (1, 2), (1, 3), (1, 3)]);
    assert!(parts(&clips, 0.3, 1).unwrap().counts.persons.is_some());
    clips[0].subject = None;
    assert_eq!(parts(&clips, 0.3, 1).unwrap().counts.persons, None);
}

#[test]
fn where_nothing_can_be_spared_there_is_no_part() {
    assert_eq!(parts(&[], 0.5, 1), None);
    assert_eq!(parts(&unknown(&[1, 1, 1]), 0.5, 1), None);
    assert_eq!(parts(&known(&[(0, 1), (0, 1), (1, 1)]), 0.5, 1), None);
}

#[test]
fn the_drawn_benchmark_is_split_by_person() {
    let folder = tempfile::tempdir().unwrap();
    let faces = Synthetic {
        seed: 1,
        train: 140,
        test: 7,
    };
    let split = faces.write(folder.path(), &|_, _| {}).unwrap();
    let parts = parts(&split.train, 0.2, 1).unwrap();
    assert!(parts.counts.persons.is_some());
    assert!(persons(&parts.train).is_disjoint(&persons(&parts.held_out)));
    assert_eq!(counts(&parts.held_out).len(), 7);
    let share = parts.held_out.len() as f64 / 140.0;
    assert!((0.15..0.25).contains(&share), "{share}");
}
