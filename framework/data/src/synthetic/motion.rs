//! How activations go through time: units rise, hold and fall.

use super::action::{Activation, Unit};

/// One unit's way through a clip. Times are parts of the clip's length: 0 first frame, 1 last.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Course {
    pub unit: Unit,
    /// Activation at the apex, 0 to 1.
    pub apex: f32,
    /// When the onset starts; below 0: before the clip does.
    pub start: f32,
    /// How long the onset takes.
    pub rise: f32,
    /// How long the apex holds.
    pub hold: f32,
    /// How long the offset takes.
    pub fall: f32,
}

impl Course {
    /// The activation at time `t`.
    pub fn at(&self, t: f32) -> f32 {
        let since = t - self.start;
        let up = smooth(since / self.rise.max(1e-3));
        let down = smooth((since - self.rise - self.hold) / self.fall.max(1e-3));
        self.apex * (up - down).max(0.0)
    }
}

/// 0 below 0, 1 above 1, with level ends between (Hermite's cubic).
fn smooth(t: f32) -> f32 {
    let t = t.clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// The activations of every frame of a clip of `frames` frames. Where two courses move one unit, the
/// stronger counts.
pub(super) fn play(courses: &[Course], frames: usize) -> Vec<Activation> {
    let last = frames.saturating_sub(1).max(1) as f32;
    (0..frames)
        .map(|i| {
            let mut action = Activation::default();
            for course in courses {
                action.raise(course.unit, course.at(i as f32 / last));
            }
            action
        })
        .collect()
}
