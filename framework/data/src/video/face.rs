//! From the faces of single frames to the square that is cut out of a clip.

use crate::resize::CropBox;

/// Boxes of neighbouring frames that overlap by this much (intersection over union) are one face.
const SAME_FACE: f64 = 0.3;
/// The square's side fits the face in this share of its frames.
const FITTING: f64 = 0.9;
/// Frames on each side over which the square's way is averaged: half a second in most films.
const SMOOTHED: usize = 12;

/// A face found in a frame, in its pixels; a box may reach beyond the frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Face {
    /// Left edge.
    pub left: f64,
    /// Upper edge.
    pub top: f64,
    /// From the left to the right edge.
    pub width: f64,
    /// From the upper to the lower edge.
    pub height: f64,
    /// How sure the detector is, 0 to 1.
    pub score: f64,
}

impl Face {
    fn right(&self) -> f64 {
        self.left + self.width
    }

    fn bottom(&self) -> f64 {
        self.top + self.height
    }

    fn area(&self) -> f64 {
        self.width * self.height
    }
}

/// Intersection over union of two boxes, 0 to 1.
pub(super) fn overlap(a: &Face, b: &Face) -> f64 {
    let width = a.right().min(b.right()) - a.left.max(b.left);
    let height = a.bottom().min(b.bottom()) - a.top.max(b.top);
    if width <= 0.0 || height <= 0.0 {
        return 0.0;
    }
    let shared = width * height;
    shared / (a.area() + b.area() - shared)
}

/// The face that a clip is about, as it was found over time: the frames (from 0) that have it, in
/// order, each with its box.
///
/// Boxes are linked from frame to frame where they overlap; a face that is lost for a while is taken
/// up again where it was last seen. Of all faces the one with the largest sum of score times size
/// (the square root of its area) wins, so a large face that stays beats a small or a fleeting one.
pub fn main_face(frames: &[Vec<Face>]) -> Vec<(usize, Face)> {
    let mut tracks: Vec<Vec<(usize, Face)>> = Vec::new();
    for (time, faces) in frames.iter().enumerate() {
        let mut pairs: Vec<(f64, usize, usize)> = Vec::new();
        for (track, boxes) in tracks.iter().enumerate() {
            let (_, last) = boxes[boxes.len() - 1];
            let pair = |(face, found)| (overlap(&last, found), track, face);
            pairs.extend(faces.iter().enumerate().map(pair));
        }
        pairs.retain(|pair| pair.0 >= SAME_FACE);
        pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
        let (mut continued, mut linked) = (vec![false; tracks.len()], vec![false; faces.len()]);
        for (_, track, face) in pairs {
            if !continued[track] && !linked[face] {
                (continued[track], linked[face]) = (true, true);
                tracks[track].push((time, faces[face]));
            }
        }
        let new = faces.iter().zip(linked).filter(|(_, linked)| !linked);
        tracks.extend(new.map(|(face, _)| vec![(time, *face)]));
    }
    let weight = |track: &[(usize, Face)]| -> f64 {
        let sizes = track
            .iter()
            .map(|(_, face)| face.score * face.area().sqrt());
        sizes.sum()
    };
    tracks
        .into_iter()
        .max_by(|a, b| weight(a).total_cmp(&weight(b)))
        .unwrap_or_default()
}

/// The square that is cut out of a clip's frames: its side stays, its middle follows the face.
///
/// The side is the longer side of the face's box, at the 90th percentile of its frames, and the
/// margin. The middle is the box's: on a straight line between the frames that have the face, at rest
/// before and after them, and smoothed by the mean over 12 frames on each side (fewer at the ends,
/// the same number on both sides, so that a steady motion is followed exactly). So a face that is
/// carried through the picture stays in place, while a nod remains a motion.
#[derive(Debug, Clone, PartialEq)]
pub struct Square {
    /// Of the square before it is fitted into a frame; none without a face.
    side: Option<f64>,
    /// Its middle in each frame, to the last that has the face.
    middles: Vec<(f64, f64)>,
}

impl Square {
    /// Follows a face, as [`main_face`] found it. `margin` is a share of the box's longer side, half
    /// of it at each end.
    pub fn follow(face: &[(usize, Face)], margin: f64) -> Self {
        let mut sides: Vec<f64> = face.iter().map(|(_, f)| f.width.max(f.height)).collect();
        sides.sort_by(f64::total_cmp);
        // Nothing is at this place when there is no face.
        let rank = (FITTING * (sides.len().max(1) - 1) as f64).round() as usize;
        Self {
            side: sides.get(rank).map(|side| side * (1.0 + margin)),
            middles: smooth(&fill(face)),
        }
    }

    /// Where it lies in a frame (from 0) of `width` x `height`: inside, so it is pushed back at the
    /// edges and never larger than the frame's shorter side. Without a face it is the largest square
    /// in the middle.
    pub fn at(&self, time: usize, width: usize, height: usize) -> CropBox {
        let largest = width.min(height);
        // `as` cuts at zero.
        let side = self.side.map_or(largest, |side| side.round() as usize);
        let side = side.clamp(1, largest);
        let middle = (width as f64 / 2.0, height as f64 / 2.0);
        let (x, y) = *self
            .middles
            .get(time)
            .or(self.middles.last())
            .unwrap_or(&middle);
        let place = |middle: f64, room: usize| {
            let start = (middle - side as f64 / 2.0).round() as usize;
            start.min(room - side)
        };
        CropBox {
            left: place(x, width),
            top: place(y, height),
            width: side,
            height: side,
        }
    }
}

/// The middle of the face's box in every frame up to the last that has it.
fn fill(face: &[(usize, Face)]) -> Vec<(f64, f64)> {
    let mut middles: Vec<(f64, f64)> = Vec::new();
    for (time, face) in face {
        let middle = (face.left + face.width / 2.0, face.top + face.height / 2.0);
        let before = *middles.last().unwrap_or(&middle);
        let (first, steps) = (middles.len(), (time + 1 - middles.len()) as f64);
        for time in first..=*time {
            let part = (time + 1 - first) as f64 / steps;
            middles.push((
                before.0 + part * (middle.0 - before.0),
                before.1 + part * (middle.1 - before.1),
            ));
        }
    }
    middles
}

fn smooth(middles: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mean = |time: usize| {
        let reach = SMOOTHED.min(time).min(middles.len() - 1 - time);
        let window = &middles[time - reach..=time + reach];
        let sum = |axis: fn(&(f64, f64)) -> f64| window.iter().map(axis).sum::<f64>();
        let count = window.len() as f64;
        (sum(|m| m.0) / count, sum(|m| m.1) / count)
    };
    (0..middles.len()).map(mean).collect()
}
