//! Which clips there are: class, person, length, and which of them are told apart by order alone.

use super::action::Emotion;
use super::difficulty::Difficulty;
use super::pairs::PAIRS;
use super::rng::{Stream, generator};
use rand::RngExt;

/// Parts of the clips that each class has, in label order. DFEW's shares (X. Jiang et al., "DFEW: A
/// Large-Scale Database for Recognizing Dynamic Facial Expressions in the Wild", ACM Multimedia
/// 2020), rounded.
const SHARES: [f64; 7] = [0.210, 0.160, 0.228, 0.186, 0.125, 0.013, 0.078];

/// Each class has at least so many training and test clips, so that one clip does not decide its recall.
const LEAST: usize = 8;

/// Shortest and longest clip, in frames.
pub(super) const FRAMES: [usize; 2] = [12, 30];

/// About how many clips show the same person.
const CLIPS_A_SUBJECT: usize = 6;

/// A clip before it is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ClipPlan {
    /// Number among all clips, training clips first: its generator's index.
    pub index: u64,
    pub emotion: Emotion,
    /// The person's number: their generator's index.
    pub subject: u64,
    pub frames: usize,
    /// For a clip that order or speed alone tells apart from one of another class.
    pub pair: Option<InPair>,
    /// Folder below the benchmark's root.
    pub name: String,
}

/// A clip's place in a pair of classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct InPair {
    /// Which of `PAIRS`.
    pub pair: usize,
    /// Whether the movement runs backwards: the clip is of the pair's second class.
    pub backwards: bool,
    /// The movement's number, which one clip of each class has.
    pub movement: u64,
}

/// Training and test clips.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plan {
    pub train: Vec<ClipPlan>,
    pub test: Vec<ClipPlan>,
}

/// How many of `total` clips each class has: the shares above rounded, but at least `LEAST`, or an
/// equal part where there are too few clips for that. What rounding leaves over goes to or comes from
/// the largest class.
pub(super) fn class_counts(total: usize) -> [usize; 7] {
    let least = LEAST.min(total / 7);
    let mut counts = SHARES.map(|share| ((share * total as f64).round() as usize).max(least));
    while counts.iter().sum::<usize>() != total {
        let largest = (0..7).max_by_key(|&i| counts[i]).unwrap_or(0);
        if counts.iter().sum::<usize>() > total {
            counts[largest] -= 1;
        } else {
            counts[largest] += 1;
        }
    }
    counts
}

impl Plan {
    /// The clips of a benchmark with `train` and `test` clips.
    pub fn new(seed: u64, train: usize, test: usize, difficulty: &Difficulty) -> Self {
        let people = |clips: usize| clips.div_ceil(CLIPS_A_SUBJECT) as u64;
        let split = |part: &str, clips: usize, first_clip: usize, first_subject: u64| {
            let (subjects, mut plans) = (people(clips).max(1), Vec::with_capacity(clips));
            let mut index = first_clip as u64;
            for (label, count) in class_counts(clips).into_iter().enumerate() {
                let emotion = Emotion::ALL[label];
                for number in 1..=count {
                    let mut rng = generator(seed, Stream::Plan, index);
                    let subject = first_subject + rng.random_range(0..subjects);
                    let frames = rng.random_range(FRAMES[0]..=FRAMES[1]);
                    let name = format!("{part}/{}_{number:04}_s{subject:03}", emotion.name());
                    plans.push(ClipPlan {
                        index,
                        emotion,
                        subject,
                        frames,
                        pair: None,
                        name,
                    });
                    index += 1;
                }
            }
            pair_up(&mut plans, first_clip as u64, difficulty);
            plans
        };
        Self {
            train: split("train", train, 0, 0),
            test: split("test", test, train, people(train)),
        }
    }

    /// Every clip, training clips first.
    pub fn clips(&self) -> impl Iterator<Item = &ClipPlan> {
        self.train.iter().chain(&self.test)
    }
}

/// Gives each pair of classes its clips: as many of one class as of the other, two and two with the
/// same movement and length.
fn pair_up(plans: &mut [ClipPlan], first_movement: u64, difficulty: &Difficulty) {
    let counts = Emotion::ALL.map(|e| plans.iter().filter(|p| p.emotion == e).count());
    let mut movement = first_movement;
    for (pair_number, (pair, share)) in PAIRS.iter().zip(difficulty.order_only).enumerate() {
        let smaller = pair
            .classes
            .map(|class| counts[class as usize])
            .into_iter()
            .min()
            .unwrap_or(0);
        for _ in 0..(share * smaller as f64).round() as usize {
            let free = pair.classes.map(|class| {
                plans
                    .iter()
                    .position(|p| p.emotion == class && p.pair.is_none())
            });
            let [Some(one), Some(other)] = free else {
                break;
            };
            let place = |backwards| {
                Some(InPair {
                    pair: pair_number,
                    backwards,
                    movement,
                })
            };
            plans[one].pair = place(false);
            plans[other].pair = place(true);
            plans[other].frames = plans[one].frames;
            movement += 1;
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, missing_docs)]
mod tests {
    use super::*;
    use crate::synthetic::difficulty::DIFFICULTY;
    use proptest::prelude::*;
    use std::collections::HashSet;

    #[test]
    fn classes_are_as_unbalanced_as_in_dfew_but_each_can_be_measured() {
        assert_eq!(class_counts(340), [71, 54, 74, 63, 43, 8, 27]);
        let test = class_counts(110);
        assert!(test.iter().all(|&n| n >= 8), "{test:?}");
        assert!(test[2] > 2 * test[6] && test[0] > 2 * test[5], "{test:?}");
    }

    proptest! {
        #[test]
        fn counts_add_up(total in 7_usize..3000) {
            let counts = class_counts(total);
            prop_assert_eq!(counts.iter().sum::<usize>(), total);
            prop_assert!(counts.iter().all(|&n| n >= 1));
        }

        #[test]
        fn no_person_and_no_movement_is_in_both_training_and_test(
            seed: u64, train in 7_usize..400, test in 7_usize..150,
        ) {
            let plan = Plan::new(seed, train, test, &DIFFICULTY);
            prop_assert_eq!((plan.train.len(), plan.test.len()), (train, test));
            let people = |clips: &[ClipPlan]| clips.iter().map(|c| c.subject).collect::<HashSet<_>>();
            prop_assert!(people(&plan.train).is_disjoint(&people(&plan.test)));
            let movements = |clips: &[ClipPlan]| {
                clips.iter().filter_map(|c| c.pair).map(|p| p.movement).collect::<HashSet<_>>()
            };
            prop_assert!(movements(&plan.train).is_disjoint(&movements(&plan.test)));
            let names: HashSet<_> = plan.clips().map(|clip| &clip.name).collect();
            prop_assert_eq!(names.len(), train + test);
            prop_assert!(plan.clips().all(|c| (FRAMES[0]..=FRAMES[1]).contains(&c.frames)));
        }
    }
}
