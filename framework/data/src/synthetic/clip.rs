//! One clip: what the face does in each frame, from its class.

use super::action::{Activation, Emotion, Unit};
use super::difficulty::Difficulty;
use super::motion::{Course, play};
use super::pairs::PAIRS;
use super::plan::ClipPlan;
use super::rng::{Stream, generator};
use rand::RngExt;
use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;

/// What the face does in each frame of a planned clip: its expression, and apart from that blinks
/// and talking.
pub(super) fn perform(seed: u64, plan: &ClipPlan, difficulty: &Difficulty) -> Vec<Activation> {
    let mut rng = generator(seed, Stream::Clip, plan.index);
    let mut frames = expression(seed, plan, &mut rng, difficulty);
    blink(&mut frames, &mut rng);
    let neutral = plan.emotion == Emotion::Neutral && plan.pair.is_none();
    if rng.random_bool(difficulty.talking[usize::from(!neutral)]) {
        talk(&mut frames, &mut rng, difficulty);
    }
    frames
}

/// The expression alone.
fn expression(
    seed: u64,
    plan: &ClipPlan,
    rng: &mut ChaCha8Rng,
    difficulty: &Difficulty,
) -> Vec<Activation> {
    let Some(place) = plan.pair else {
        return play(&courses(plan.emotion, rng, difficulty), plan.frames);
    };
    let mut shared = generator(seed, Stream::Movement, place.movement);
    let courses = PAIRS[place.pair].movement(&mut shared, difficulty);
    let mut frames = play(&courses, plan.frames);
    if place.backwards {
        frames.reverse();
    }
    frames
}

fn within(rng: &mut ChaCha8Rng, [low, high]: [f32; 2]) -> f32 {
    rng.random_range(low..high)
}

/// The units of an expression: core units, of which one may be missing, and optional ones.
fn units(emotion: Emotion, rng: &mut ChaCha8Rng, difficulty: &Difficulty) -> Vec<Unit> {
    let prototype = emotion.prototype();
    let mut units = prototype.core.to_vec();
    if units.len() > 1 && rng.random_bool(difficulty.missing_unit) {
        units.remove(rng.random_range(0..units.len()));
    }
    units.extend(
        prototype
            .optional
            .iter()
            .filter(|_| rng.random_bool(difficulty.optional_unit)),
    );
    units
}

/// Rise, hold and fall of an expression.
fn courses(emotion: Emotion, rng: &mut ChaCha8Rng, difficulty: &Difficulty) -> Vec<Course> {
    if emotion == Emotion::Neutral {
        return strays(rng, difficulty);
    }
    let weak = rng.random_bool(difficulty.weak);
    let apex = within(
        rng,
        if weak {
            difficulty.weak_apex
        } else {
            difficulty.usual_apex
        },
    );
    let mut moved: Vec<(Unit, f32)> = units(emotion, rng, difficulty)
        .into_iter()
        .map(|unit| (unit, apex))
        .collect();
    if rng.random_bool(difficulty.blend) {
        let other = Emotion::ALL[rng.random_range(0..Emotion::ALL.len())];
        let mut foreign = other.prototype().core.to_vec();
        foreign.shuffle(rng);
        let factor = within(rng, difficulty.blend_factor);
        moved.extend(
            foreign
                .into_iter()
                .take(2)
                .map(|unit| (unit, apex * factor)),
        );
    }
    let mut start = rng.random_range(0.0..0.3);
    let rise = rng.random_range(0.1..0.35);
    let fall = rng.random_range(0.1..0.35);
    let mut hold = rng.random_range(0.2..0.5);
    if rng.random_bool(difficulty.starts_at_apex) {
        start = -rise;
    }
    if rng.random_bool(difficulty.ends_at_apex) {
        hold = 2.0;
    }
    moved
        .into_iter()
        .map(|(unit, apex)| Course {
            unit,
            apex: (apex * within(rng, difficulty.unit_factor)).min(1.0),
            start: start + rng.random_range(-0.05..0.05),
            rise,
            hold,
            fall,
        })
        .collect()
}

/// What a neutral face does now and then: one or two weak movements, of no expression.
fn strays(rng: &mut ChaCha8Rng, difficulty: &Difficulty) -> Vec<Course> {
    (0..rng.random_range(0..3))
        .map(|_| Course {
            unit: Unit::ALL[rng.random_range(0..Unit::ALL.len() - 1)],
            apex: rng.random_range(0.0..difficulty.neutral_stray),
            start: rng.random_range(-0.2..0.6),
            rise: rng.random_range(0.1..0.3),
            hold: rng.random_range(0.0..0.4),
            fall: rng.random_range(0.1..0.3),
        })
        .collect()
}

/// Now and then the eyes close for two frames.
fn blink(frames: &mut [Activation], rng: &mut ChaCha8Rng) {
    for _ in 0..rng.random_range(0..3) {
        let at = rng.random_range(0..frames.len());
        for frame in frames.iter_mut().skip(at).take(2) {
            frame.raise(Unit::EyeClosure, 1.0);
        }
    }
}

/// The mouth opens and closes a little, about every five frames, and widens and narrows.
fn talk(frames: &mut [Activation], rng: &mut ChaCha8Rng, difficulty: &Difficulty) {
    let strength = within(rng, difficulty.talking_apex);
    let (pace, phase) = (rng.random_range(0.15..0.3), rng.random_range(0.0..1.0));
    for (t, frame) in frames.iter_mut().enumerate() {
        let wave = (std::f32::consts::TAU * (pace * t as f32 + phase)).sin();
        frame.raise(Unit::LipsPart, strength * (0.5 + 0.5 * wave));
        frame.raise(Unit::JawDrop, 0.6 * strength * wave);
        frame.raise(Unit::LipStretcher, 0.3 * strength * (0.5 - 0.5 * wave));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, missing_docs)]
mod tests {
    use super::*;
    use crate::synthetic::difficulty::DIFFICULTY;
    use crate::synthetic::plan::Plan;
    use proptest::prelude::*;

    fn alone(seed: u64, plan: &ClipPlan) -> Vec<Activation> {
        let mut rng = generator(seed, Stream::Clip, plan.index);
        expression(seed, plan, &mut rng, &DIFFICULTY)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn both_clips_of_an_order_only_pair_have_the_same_frames_in_another_order(seed: u64) {
            let plan = Plan::new(seed, 340, 110, &DIFFICULTY);
            for clips in [&plan.train, &plan.test] {
                let mut found = [0; PAIRS.len()];
                for one in clips {
                    let Some(place) = one.pair.filter(|place| !place.backwards) else { continue };
                    let same = |c: &&ClipPlan| {
                        c.pair.is_some_and(|p| p.backwards && p.movement == place.movement)
                    };
                    let other = clips.iter().find(same).unwrap();
                    let pair = PAIRS[place.pair].classes;
                    prop_assert_eq!([one.emotion, other.emotion], pair);
                    let (forwards, mut backwards) = (alone(seed, one), alone(seed, other));
                    prop_assert!(forwards != backwards, "a movement that is its own reversal tells nothing");
                    backwards.reverse();
                    prop_assert!(forwards == backwards);
                    found[place.pair] += 1;
                }
                prop_assert!(found.iter().all(|&n| n > 0), "pairs found: {:?}", found);
            }
        }

        #[test]
        fn one_group_of_units_clearly_comes_first_in_order_pairs(seed: u64) {
            let plan = Plan::new(seed, 340, 110, &DIFFICULTY);
            for clip in plan.clips() {
                let Some(place) = clip.pair.filter(|place| place.pair < 4) else { continue };
                let frames = alone(seed, clip);
                // The centre of gravity in time of the units of the upper and of the lower face.
                let centre = |upper: bool| {
                    let (mut sum, mut moment) = (0.0, 0.0);
                    for (t, frame) in frames.iter().enumerate() {
                        for unit in Unit::ALL.into_iter().filter(|unit| unit.is_upper() == upper) {
                            sum += frame.get(unit);
                            moment += frame.get(unit) * t as f32;
                        }
                    }
                    moment / sum / frames.len() as f32
                };
                let lead = if place.backwards { centre(true) - centre(false) } else { centre(false) - centre(true) };
                prop_assert!(lead > 0.2, "{} leads by {} of the clip", clip.name, lead);
            }
        }

        #[test]
        fn neutral_clips_stay_weak_and_others_reach_their_class_units(seed: u64) {
            let plan = Plan::new(seed, 120, 60, &DIFFICULTY);
            for clip in plan.clips().filter(|clip| clip.pair.is_none()) {
                let frames = alone(seed, clip);
                let peak = frames.iter().map(Activation::strongest).fold(0.0, f32::max);
                if clip.emotion == Emotion::Neutral {
                    prop_assert!(peak <= DIFFICULTY.neutral_stray, "{}: {}", clip.name, peak);
                } else {
                    let core = clip.emotion.prototype().core;
                    let active = |unit: &&Unit| frames.iter().any(|frame| frame.get(**unit) > 0.1);
                    prop_assert!(core.iter().filter(active).count() + 1 >= core.len(), "{}", clip.name);
                }
            }
        }
    }
}
