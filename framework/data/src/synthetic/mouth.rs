//! Nose, mouth and chin, and the folds between them.

use super::action::Unit::*;
use super::canvas::{Canvas, mix};
use super::face::Face;

/// Draws the nose and what wrinkling does to it.
pub(super) fn nose(face: &Face, canvas: &mut Canvas) {
    let (id, wrinkle) = (face.identity, face.unit(NoseWrinkler));
    let lift = 1.3 * wrinkle + 0.5 * face.unit(UpperLipRaiser);
    let (tip, w) = (id.nose_length - lift, id.nose_width + 0.9 * wrinkle);
    let shadow = face
        .from(0.8, -3.0)
        .quad(1.6, 1.0, w, tip - 1.0)
        .line(0.5, tip - 1.5);
    canvas.fill(shadow, face.line(), 0.16);
    let base = face
        .from(-w, tip - 1.2)
        .quad(-w * 0.9, tip + 0.4, -0.8, tip)
        .quad(0.0, tip + 0.8, 0.8, tip)
        .quad(w * 0.9, tip + 0.4, w, tip - 1.2);
    canvas.stroke(base, 0.9, face.line(), 0.65);
    for side in [-1.0, 1.0] {
        canvas.fill(
            face.ellipse(side * w * 0.5, tip, 0.8, 0.5),
            face.line().map(|c| c * 0.6),
            0.7,
        );
        // Wrinkles along the bridge, and the wings drawn up.
        for (k, y) in [-3.6, -1.6, 0.4].into_iter().enumerate() {
            let reach = 1.9 + 0.6 * k as f32;
            let line = face.from(side * 0.3, y + 0.7).line(side * reach, y - 0.7);
            canvas.stroke(line, 0.95, face.line(), 0.95 * wrinkle);
        }
        let wing = face.from(side * (w + 0.4), tip - 3.0).quad(
            side * (w + 2.2),
            tip - 1.5,
            side * (w + 1.0),
            tip + 0.6,
        );
        canvas.stroke(wing, 1.0, face.line(), 0.8 * wrinkle);
    }
}

/// Draws mouth, chin and the folds beside them.
pub(super) fn draw(face: &Face, canvas: &mut Canvas) {
    let id = face.identity;
    let (pull, depress, stretch) = (
        face.unit(LipCornerPuller),
        face.unit(LipCornerDepressor),
        face.unit(LipStretcher),
    );
    let (press, chin, raise) = (
        face.unit(LipTightener),
        face.unit(ChinRaiser),
        face.unit(UpperLipRaiser).max(0.6 * face.unit(NoseWrinkler)),
    );
    let closed = (1.0 - 0.9 * press) * (1.0 - 0.6 * chin);
    let open = (1.9 * face.unit(LipsPart) + 7.0 * face.unit(JawDrop)) * closed;
    let y = id.mouth_height;
    let w = id.mouth_width + 2.6 * pull + 3.0 * stretch + 0.4 * depress
        - 2.0 * press
        - 1.7 * face.unit(JawDrop) * (1.0 - stretch) * (1.0 - pull);
    let corner = y + id.lip_corners - 3.4 * pull
        + 3.3 * depress
        + 0.9 * stretch
        + 0.25 * open * (1.0 - 0.5 * stretch);
    let full = id.lip_fullness * (1.0 - 0.7 * press) * (1.0 - 0.35 * stretch) * (1.0 - 0.25 * pull);
    // Heights of the four lines across the mouth's middle.
    let push = 1.7 * chin;
    let inner_top = y - 0.15 * open - 1.9 * raise - push + 0.5 * pull;
    let inner_low = inner_top.max(y - push + 0.5 * pull - raise * 0.7) + 0.9 * open;
    let top = inner_top - 1.5 * full;
    let low = inner_low + 1.9 * full + 0.5 * chin;
    // A quadratic curve passes half way between its ends' height and its control point's.
    let bend = |middle: f32| 2.0 * middle - corner;

    folds(face, canvas, w, corner);
    let lips = face
        .from(-w, corner)
        .quad(-w * 0.5, (bend(top) + top) * 0.5 - 0.3, 0.0, top + 0.25)
        .quad(w * 0.5, (bend(top) + top) * 0.5 - 0.3, w, corner)
        .quad(0.0, bend(low), -w, corner);
    canvas.fill(lips, mix(id.lips, id.skin, 0.35 * press), 1.0);
    if inner_low - inner_top > 0.8 {
        let e = w * 0.9;
        let edge = corner * 0.9 + 0.1 * inner_top;
        let gap = face
            .from(-e, edge)
            .quad(0.0, 2.0 * inner_top - edge, e, edge)
            .quad(0.0, 2.0 * inner_low - edge, -e, edge);
        canvas.fill(gap, [0.20, 0.05, 0.05], 1.0);
        let teeth = (0.5 * (inner_low - inner_top)).min(1.9);
        if teeth > 0.55 {
            let t = e * 0.82;
            let up = edge * 0.75 + 0.25 * inner_top;
            let row = face
                .from(-t, up)
                .quad(0.0, 2.0 * inner_top - up, t, up)
                .quad(0.0, 2.0 * (inner_top + teeth) - up, -t, up);
            canvas.fill(row, [0.94, 0.93, 0.89], 1.0);
        }
        if face.unit(JawDrop) > 0.45 {
            canvas.fill(
                face.ellipse(0.0, inner_low - 1.0, w * 0.45, 1.0),
                [0.72, 0.32, 0.32],
                0.8,
            );
        }
    } else {
        let middle = (inner_top + inner_low) * 0.5;
        let line = face.from(-w, corner).quad(0.0, bend(middle), w, corner);
        canvas.stroke(line, 1.0 + 0.4 * press, id.lips.map(|c| c * 0.42), 0.9);
    }
    if press > 0.05 {
        for side in [-1.0, 1.0] {
            let pinch = face
                .from(side * (w + 0.8), corner - 1.6)
                .line(side * (w + 0.8), corner + 1.6);
            canvas.stroke(pinch, 1.0, face.line(), 0.8 * press);
        }
    }
    boss(face, canvas, low);
}

/// Folds from the nose to the mouth, and lines at the lip corners.
fn folds(face: &Face, canvas: &mut Canvas, w: f32, corner: f32) {
    let (pull, depress, stretch) = (
        face.unit(LipCornerPuller),
        face.unit(LipCornerDepressor),
        face.unit(LipStretcher),
    );
    let sneer = face.unit(UpperLipRaiser).max(0.8 * face.unit(NoseWrinkler));
    for side in [-1.0, 1.0] {
        let laugh =
            face.from(side * 4.4, 4.4)
                .quad(side * (w + 2.0), 6.0, side * (w + 2.4), corner + 0.8);
        canvas.stroke(laugh, 1.0, face.line(), 0.75 * pull);
        let sneer_fold = face
            .from(side * 3.9, 3.0)
            .quad(side * 6.4, 5.0, side * 7.2, 9.6);
        canvas.stroke(sneer_fold, 1.1, face.line(), 0.85 * sneer);
        let droop = face
            .from(side * (w + 0.5), corner - 0.3)
            .line(side * (w + 1.4), corner + 3.0);
        canvas.stroke(droop, 1.1, face.line(), 0.8 * depress);
        let side_fold = face.from(side * (w + 1.6), corner - 2.6).quad(
            side * (w + 2.4),
            corner,
            side * (w + 1.6),
            corner + 2.6,
        );
        canvas.stroke(side_fold, 0.9, face.line(), 0.7 * stretch);
    }
}

/// The chin: a shadow below the lip, and dimples when it is pushed up.
fn boss(face: &Face, canvas: &mut Canvas, low: f32) {
    let chin = face.unit(ChinRaiser);
    let arc = face
        .from(-3.2, low + 2.2)
        .quad(0.0, low + 0.8 - chin, 3.2, low + 2.2);
    canvas.stroke(arc, 0.9, face.line(), 0.25 + 0.6 * chin);
    if chin > 0.05 {
        for (x, y) in [(-2.0, 4.0), (0.0, 3.4), (2.0, 4.0), (-1.0, 5.2), (1.0, 5.2)] {
            canvas.fill(face.ellipse(x, low + y, 0.75, 0.6), face.line(), 0.7 * chin);
        }
    }
}
