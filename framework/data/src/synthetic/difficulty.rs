//! How hard the benchmark is: every number that decides it, in one place.

use serde::Serialize;

/// What makes the clips easy or hard. Shares and probabilities are 0 to 1, intensities likewise
/// (0 rest, 1 as strong as a face can), noise and light are in parts of full white.
///
/// There is no wrong label among the clips: what is hard is seen in the frames.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difficulty {
    /// Share of the clips that are weak all through.
    pub weak: f64,
    /// Intensity at the apex of a weak clip.
    pub weak_apex: [f32; 2],
    /// Intensity at the apex of any other clip.
    pub usual_apex: [f32; 2],
    /// Each unit's own factor on the clip's intensity.
    pub unit_factor: [f32; 2],
    /// Probability that a clip lacks one of the expression's core units.
    pub missing_unit: f64,
    /// Probability of each optional unit.
    pub optional_unit: f64,
    /// Share of the clips with units of another emotion mixed in.
    pub blend: f64,
    /// Intensity of what is mixed in, as a factor on the clip's own.
    pub blend_factor: [f32; 2],
    /// Share of the clips that start at the apex.
    pub starts_at_apex: f64,
    /// Share of the clips that stay at the apex until they end.
    pub ends_at_apex: f64,
    /// For each pair of classes that order or speed alone tells apart: the share of the smaller
    /// class's clips that are of that kind. As many clips of the larger class are. (The pairs are
    /// those of `PAIRS`, in that order.)
    pub order_only: [f64; 5],
    /// Intensity of the units in clips that order or speed alone tells apart.
    pub order_only_apex: [f32; 2],
    /// Share of the clips in which the mouth moves as if talking: neutral ones, and all others.
    pub talking: [f64; 2],
    /// Intensity of talking.
    pub talking_apex: [f32; 2],
    /// Largest intensity of a movement that belongs to no expression, in neutral clips.
    pub neutral_stray: f32,
    /// How far faces at rest differ from each other: a factor on brow tilt, lid opening and lip
    /// corners at rest (1: up to about a third of what a full unit moves).
    pub resting_face: f32,
    /// Largest turn of the head (yaw and pitch), as sine of the angle.
    pub turn: f32,
    /// Largest tilt of the head in radians.
    pub tilt: f32,
    /// How far the head drifts within a clip, as a factor on `turn` and `tilt`.
    pub drift: f32,
    /// Largest standard deviation of the sensor's noise.
    pub noise: f32,
    /// Largest fall of light across the picture.
    pub shade: f32,
    /// Largest share of a pixel's value that its neighbours get.
    pub blur: f32,
}

/// The benchmark's difficulty. Whoever changes a number makes another benchmark: the numbers are in
/// the manifest of a drawn set, which is drawn anew when they differ.
pub const DIFFICULTY: Difficulty = Difficulty {
    weak: 0.25,
    weak_apex: [0.2, 0.45],
    usual_apex: [0.5, 1.0],
    unit_factor: [0.65, 1.15],
    missing_unit: 0.25,
    optional_unit: 0.35,
    blend: 0.25,
    blend_factor: [0.3, 0.7],
    starts_at_apex: 0.15,
    ends_at_apex: 0.15,
    order_only: [0.35, 0.35, 0.25, 0.3, 0.4],
    order_only_apex: [0.5, 1.0],
    talking: [0.5, 0.15],
    talking_apex: [0.15, 0.5],
    neutral_stray: 0.2,
    resting_face: 1.0,
    turn: 0.18,
    tilt: 0.06,
    drift: 0.4,
    noise: 0.03,
    shade: 0.35,
    blur: 0.3,
};
