//! From the faces of single frames to the one square that is cut out of a clip.

use crate::resize::CropBox;

/// Boxes of neighbouring frames that overlap by this much (intersection over union) are one face.
const SAME_FACE: f64 = 0.3;
/// The square covers the face's box in all frames but those beyond these shares on each side.
const OUTSIDE: f64 = 0.1;

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

/// The face that a clip is about, as it was found over time: one box for each frame that has it.
///
/// Boxes are linked from frame to frame where they overlap; a face that is lost for a while is taken
/// up again where it was last seen. Of all faces the one with the largest sum of score times size
/// (the square root of its area) wins, so a large face that stays beats a small or a fleeting one.
pub fn main_face(frames: &[Vec<Face>]) -> Vec<Face> {
    let mut tracks: Vec<Vec<Face>> = Vec::new();
    for faces in frames {
        let mut pairs: Vec<(f64, usize, usize)> = Vec::new();
        for (track, boxes) in tracks.iter().enumerate() {
            let last = boxes[boxes.len() - 1];
            let pair = |(face, found)| (overlap(&last, found), track, face);
            pairs.extend(faces.iter().enumerate().map(pair));
        }
        pairs.retain(|pair| pair.0 >= SAME_FACE);
        pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
        let (mut continued, mut linked) = (vec![false; tracks.len()], vec![false; faces.len()]);
        for (_, track, face) in pairs {
            if !continued[track] && !linked[face] {
                (continued[track], linked[face]) = (true, true);
                tracks[track].push(faces[face]);
            }
        }
        let new = faces.iter().zip(linked).filter(|(_, linked)| !linked);
        tracks.extend(new.map(|(face, _)| vec![*face]));
    }
    let weight = |track: &Vec<Face>| -> f64 {
        let sizes = track.iter().map(|face| face.score * face.area().sqrt());
        sizes.sum()
    };
    tracks
        .into_iter()
        .max_by(|a, b| weight(a).total_cmp(&weight(b)))
        .unwrap_or_default()
}

/// The square to cut out of every frame of a clip, inside a frame of `width` x `height`.
///
/// Smoothed over time: its left edge is the 10th percentile of the face's left edges, its right edge
/// the 90th of the right ones, and so on. So it holds the face while it moves, and single wrong
/// boxes count for nothing. The longer side grows by the share `margin`, half of it at each end, and
/// becomes the square's side; at the frame's edges the square is pushed inside, and it is never
/// larger than the frame's shorter side. With no face it is the largest square in the middle.
pub fn square(face: &[Face], margin: f64, width: usize, height: usize) -> CropBox {
    let largest = width.min(height);
    let edge = |edge: fn(&Face) -> f64, share: f64| {
        let mut edges: Vec<f64> = face.iter().map(edge).collect();
        edges.sort_by(f64::total_cmp);
        // Nothing but an empty clip has no edge, and that one is answered below.
        let rank = (share * (edges.len().max(1) - 1) as f64).round() as usize;
        edges.get(rank).copied()
    };
    let edges = (
        edge(|face| face.left, OUTSIDE),
        edge(Face::right, 1.0 - OUTSIDE),
        edge(|face| face.top, OUTSIDE),
        edge(Face::bottom, 1.0 - OUTSIDE),
    );
    let (Some(left), Some(right), Some(top), Some(bottom)) = edges else {
        return CropBox {
            left: (width - largest) / 2,
            top: (height - largest) / 2,
            width: largest,
            height: largest,
        };
    };
    let longer = (right - left).max(bottom - top);
    // `as` cuts at zero.
    let side = ((longer * (1.0 + margin)).round() as usize).clamp(1, largest);
    let place = |centre: f64, room: usize| {
        let start = (centre - side as f64 / 2.0).round() as usize;
        start.min(room - side)
    };
    CropBox {
        left: place((left + right) / 2.0, width),
        top: place((top + bottom) / 2.0, height),
        width: side,
        height: side,
    }
}
