//! Class pairs that order or speed alone tells apart.
//!
//! For a share of their clips, two classes of a pair show **the same movement**, one forwards and
//! the other backwards in time. Both then have exactly the same frames (as drawn before camera and
//! noise), so the mean over frames, or any other statistic that ignores order, says nothing about the
//! class: only a model of time can tell, and for these clips one without is at chance. The rule that
//! decides is the benchmark's own, not a finding about people:
//!
//! - four pairs are compound expressions, units of both emotions (S. Du, Y. Tao and A. M. Martinez,
//!   "Compound facial expressions of emotion", PNAS 111(15), 2014, describes them as happily
//!   surprised, sadly angry, angrily disgusted, fearfully surprised). The first class is the one
//!   whose brows move before the mouth, the second the one whose mouth moves before the brows.
//! - in the fifth, sadness and neutral, brows and mouth move together: slowly up and suddenly off is
//!   sadness, suddenly up and slowly off (a passing movement) is neutral.
//!
//! A model that averages loses these clips and nothing else by it.

use super::action::Emotion::{self, *};
use super::action::Unit::{self, *};
use super::difficulty::Difficulty;
use super::motion::Course;
use rand::RngExt;
use rand::rngs::ChaCha8Rng;

/// Two classes that show the same movement in opposite directions of time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair {
    /// The class of the movement as drawn, and the class of its reversal.
    pub classes: [Emotion; 2],
    /// Units of the brows and eyes.
    upper: &'static [Unit],
    /// Units of nose, mouth and jaw.
    lower: &'static [Unit],
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The upper units first, then the lower ones.
    Order,
    /// All at once: slowly up, suddenly off.
    Speed,
}

/// Every such pair. `Difficulty::order_only` has a share for each.
pub(super) const PAIRS: [Pair; 5] = [
    Pair {
        classes: [Surprise, Happiness],
        upper: &[InnerBrowRaiser, OuterBrowRaiser, UpperLidRaiser],
        lower: &[LipCornerPuller, LipsPart, JawDrop],
        kind: Kind::Order,
    },
    Pair {
        classes: [Anger, Sadness],
        upper: &[BrowLowerer, LidTightener],
        lower: &[LipCornerDepressor, ChinRaiser],
        kind: Kind::Order,
    },
    Pair {
        classes: [Fear, Surprise],
        upper: &[
            InnerBrowRaiser,
            OuterBrowRaiser,
            BrowLowerer,
            UpperLidRaiser,
        ],
        lower: &[LipStretcher, LipsPart, JawDrop],
        kind: Kind::Order,
    },
    Pair {
        classes: [Anger, Disgust],
        upper: &[BrowLowerer, LidTightener],
        lower: &[NoseWrinkler, UpperLipRaiser, ChinRaiser],
        kind: Kind::Order,
    },
    Pair {
        classes: [Sadness, Neutral],
        upper: &[InnerBrowRaiser, BrowLowerer],
        lower: &[LipCornerDepressor],
        kind: Kind::Speed,
    },
];

impl Pair {
    /// A movement of the pair, as the first class shows it. The second class shows its reversal.
    pub fn movement(&self, rng: &mut ChaCha8Rng, difficulty: &Difficulty) -> Vec<Course> {
        let [low, high] = difficulty.order_only_apex;
        let clip = rng.random_range(low..high);
        let mut group = |units: &[Unit],
                         start: f32,
                         rise: f32,
                         hold: f32,
                         fall: f32,
                         courses: &mut Vec<Course>| {
            for &unit in units {
                let [least, most] = difficulty.unit_factor;
                let apex = (clip * rng.random_range(least..most)).min(1.0);
                let start = start + rng.random_range(-0.03..0.03);
                courses.push(Course {
                    unit,
                    apex,
                    start,
                    rise,
                    hold,
                    fall,
                });
            }
        };
        let mut courses = Vec::new();
        match self.kind {
            Kind::Order => {
                group(self.upper, 0.06, 0.14, 0.22, 0.22, &mut courses);
                group(self.lower, 0.42, 0.18, 0.18, 0.16, &mut courses);
            }
            Kind::Speed => {
                group(self.upper, 0.05, 0.6, 0.15, 0.08, &mut courses);
                group(self.lower, 0.05, 0.6, 0.15, 0.08, &mut courses);
            }
        }
        courses
    }
}
