//! Eyes, brows and the folds round them.

use super::action::Unit::*;
use super::canvas::Canvas;
use super::face::Face;

/// The line of the eyes.
const EYES: f32 = -3.0;
/// Radius of the iris.
const IRIS: f32 = 2.45;

/// Draws both eyes, the folds round them and the furrows of the forehead.
pub(super) fn draw(face: &Face, canvas: &mut Canvas) {
    for side in [-1.0, 1.0] {
        eye(face, canvas, side);
        cheek(face, canvas, side);
    }
    forehead(face, canvas);
}

fn eye(face: &Face, canvas: &mut Canvas, side: f32) {
    let (id, x, w) = (
        face.identity,
        side * face.identity.eye_distance,
        face.identity.eye_width,
    );
    let open = 1.0 - face.unit(EyeClosure);
    let narrow = face.unit(LidTightener);
    // How far the lids are from the eyes' line: upper and lower.
    let upper =
        id.eye_opening * open * (1.0 + 0.95 * face.unit(UpperLidRaiser) - 0.45 * narrow).max(0.1);
    let lower = 1.6
        * open
        * (1.0 + 0.15 * face.unit(UpperLidRaiser) - 0.75 * narrow - 0.7 * face.unit(CheekRaiser))
            .max(0.0);
    let lash = [0.10, 0.07, 0.06];
    let crease = face.from(x - w * 0.9, EYES - upper * 0.6 - 1.2).quad(
        x,
        EYES - 2.0 * upper - 1.6,
        x + w * 0.9,
        EYES - upper * 0.6 - 1.2,
    );
    canvas.stroke(crease, 0.8, face.line(), 0.35);
    if upper + lower < 0.7 {
        let shut = face.from(x - w, EYES).quad(x, EYES + 2.0, x + w, EYES);
        canvas.stroke(shut, 1.1, lash, 0.9);
        return;
    }
    // A quadratic curve rises to half of its control point's height.
    let white = face
        .from(x - w, EYES)
        .quad(x, EYES - 2.0 * upper, x + w, EYES)
        .quad(x, EYES + 2.0 * lower, x - w, EYES);
    canvas.fill(white, [0.95, 0.94, 0.92], 1.0);
    iris(face, canvas, x, upper, lower);
    let lid = face.from(x - w - 0.3, EYES + 0.3).quad(
        x,
        EYES - 2.0 * upper - 0.4,
        x + w + 0.3,
        EYES + 0.3,
    );
    canvas.stroke(lid, 1.15, lash, 0.9);
    let below = face
        .from(x - w, EYES)
        .quad(x, EYES + 2.0 * lower + 0.3, x + w, EYES);
    canvas.stroke(below, 0.8, face.line(), 0.45 + 0.5 * narrow);
    if narrow > 0.1 {
        let bag = face
            .from(x - w * 0.8, EYES + 2.6)
            .quad(x, EYES + 4.0, x + w * 0.8, EYES + 2.6);
        canvas.stroke(bag, 0.9, face.line(), 0.7 * narrow);
    }
}

/// The iris, cut off where the lids cover it.
fn iris(face: &Face, canvas: &mut Canvas, x: f32, upper: f32, lower: f32) {
    let w = face.identity.eye_width;
    let point = |k: usize, radius: f32| {
        let angle = k as f32 * std::f32::consts::TAU / 12.0;
        let (dx, dy) = (radius * angle.cos(), radius * angle.sin() - 0.2);
        let arch = 1.0 - (dx / w).powi(2);
        (x + dx, EYES + dy.clamp(-upper * arch, lower * arch))
    };
    for (radius, colour) in [(IRIS, face.identity.iris), (IRIS * 0.5, [0.03, 0.03, 0.03])] {
        let (x0, y0) = point(0, radius);
        let mut disc = face.from(x0, y0);
        for k in 1..12 {
            let (x, y) = point(k, radius);
            disc = disc.line(x, y);
        }
        canvas.fill(disc, colour, 1.0);
    }
    if upper > 1.2 {
        canvas.fill(
            face.ellipse(x - 0.8, EYES - 0.9, 0.6, 0.6),
            [1.0, 1.0, 1.0],
            0.9,
        );
    }
}

/// The raised cheek below an eye, and crow's-feet beside it.
fn cheek(face: &Face, canvas: &mut Canvas, side: f32) {
    let (raised, x, w) = (
        face.unit(CheekRaiser),
        side * face.identity.eye_distance,
        face.identity.eye_width,
    );
    let old = 0.3 * (face.identity.age - 0.5).max(0.0);
    let lines = raised.max(old);
    let outer = x + side * (w + 0.9);
    for (dy, end) in [(-1.4, -3.4), (0.2, 0.2), (1.6, 3.4)] {
        let foot = face
            .from(outer, EYES + dy)
            .line(outer + side * 3.2, EYES + end);
        canvas.stroke(foot, 0.9, face.line(), 0.8 * lines);
    }
    if raised > 0.05 {
        let bulge = face.from(x - side * 4.6, EYES + 4.6).quad(
            x + side * 0.5,
            EYES + 2.2 - raised,
            x + side * 5.6,
            EYES + 4.2,
        );
        canvas.stroke(bulge, 1.1, face.line(), 0.75 * raised);
        canvas.fill(
            face.ellipse(x + side * 1.2, 4.0 - 1.6 * raised, 4.6, 3.0),
            [0.92, 0.42, 0.36],
            0.22 * raised,
        );
    }
}

/// Lines across the forehead under raised brows, and between brows drawn together.
fn forehead(face: &Face, canvas: &mut Canvas) {
    let (inner, outer, knit) = (
        face.unit(InnerBrowRaiser),
        face.unit(OuterBrowRaiser),
        face.unit(BrowLowerer),
    );
    let old = 0.4 * (face.identity.age - 0.4).max(0.0);
    let strength = inner.max(outer).max(old);
    // Inner brows alone wrinkle the middle of the forehead, outer ones its sides too.
    let reach = 5.0 + 6.0 * outer.max(old * 2.0).min(1.0);
    for y in [-15.2, -17.4] {
        let fold = face
            .from(-reach, y + 0.6)
            .quad(0.0, y - 0.8, reach, y + 0.6);
        canvas.stroke(fold, 0.9, face.line(), 0.65 * strength);
    }
    for side in [-1.0, 1.0] {
        let furrow = face
            .from(side * 1.3, -11.6)
            .quad(side * 0.7, -9.5, side * 1.2, -7.0);
        canvas.stroke(furrow, 1.0, face.line(), 0.9 * knit);
    }
}

/// Draws both brows, each from its inner end over its middle to its outer end.
pub(super) fn brows(face: &Face, canvas: &mut Canvas) {
    let id = face.identity;
    let (inner, outer, knit, nose) = (
        face.unit(InnerBrowRaiser),
        face.unit(OuterBrowRaiser),
        face.unit(BrowLowerer),
        face.unit(NoseWrinkler),
    );
    // Brows raised and lowered at once (1+2+4) end up raised and straight, pulled together.
    let down = knit * (1.0 - 0.55 * inner.max(outer));
    let y = -id.brow_height;
    let start_y = y + id.brow_tilt - 4.2 * inner + 3.4 * down + 1.4 * nose;
    let mid_y = y - 1.5 - 1.6 * inner - 3.0 * outer + 2.6 * down + 0.9 * nose;
    let end_y = y + 1.0 - 0.3 * id.brow_tilt - 4.0 * outer + 1.0 * down;
    for side in [-1.0, 1.0] {
        let x = side * (3.6 - 1.9 * knit - 0.3 * nose);
        let (mid, end) = (x + side * id.brow_length * 0.5, x + side * id.brow_length);
        let t = id.brow_thickness;
        let brow = face
            .from(x, start_y - t * 0.5)
            .quad(mid, mid_y - t * 0.9, end, end_y)
            .quad(mid, mid_y + t * 0.7, x, start_y + t * 0.6);
        canvas.fill(brow, id.hair.map(|c| c * (0.72 - 0.3 * id.tone)), 0.95);
    }
}
