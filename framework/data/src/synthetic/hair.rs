//! Hair, beard and headscarf.

use super::canvas::Canvas;
use super::face::Face;
use super::identity::{Beard, HairStyle};

/// Hair and cloth behind the head.
pub(super) fn behind(face: &Face, canvas: &mut Canvas) {
    let (id, a) = (face.identity, face.identity.half_width);
    let dark = id.hair.map(|c| c * 0.75);
    match id.hair_style {
        HairStyle::Long => {
            let back = face
                .from(-a - 3.0, 30.0)
                .cubic((-a - 6.0, 5.0), (-a - 5.0, -29.0), (0.0, -28.0))
                .cubic((a + 5.0, -29.0), (a + 6.0, 5.0), (a + 3.0, 30.0));
            canvas.fill(back, dark, 1.0);
        }
        HairStyle::Bun => canvas.fill(face.ellipse(0.0, -28.0, 7.5, 6.0), dark, 1.0),
        HairStyle::Headscarf => {
            let back = face
                .from(-a - 6.0, 36.0)
                .cubic((-a - 5.0, -8.0), (-a - 4.0, -30.0), (0.0, -29.0))
                .cubic((a + 4.0, -30.0), (a + 5.0, -8.0), (a + 6.0, 36.0));
            canvas.fill(back, id.clothes, 1.0);
        }
        HairStyle::Curly => {
            for (x, y, r) in [
                (-15.0, -12.0, 7.0),
                (15.0, -12.0, 7.0),
                (-17.0, -4.0, 5.0),
                (17.0, -4.0, 5.0),
            ] {
                canvas.fill(face.ellipse(x, y, r, r), dark, 1.0);
            }
        }
        _ => {}
    }
}

/// Beard and moustache.
pub(super) fn beard(face: &Face, canvas: &mut Canvas) {
    let (id, chin) = (face.identity, face.chin());
    let alpha = match id.beard {
        Beard::None => return,
        Beard::Stubble => 0.3,
        Beard::Moustache | Beard::Full => 0.9,
    };
    let m = id.mouth_height;
    let moustache = face
        .from(0.0, m - 4.4)
        .quad(6.0, m - 4.2, 7.5, m - 0.5)
        .quad(3.5, m - 2.4, 0.0, m - 2.4)
        .quad(-3.5, m - 2.4, -7.5, m - 0.5)
        .quad(-6.0, m - 4.2, 0.0, m - 4.4);
    canvas.fill(moustache, id.hair, alpha);
    if id.beard != Beard::Moustache {
        let (a, jaw) = (id.half_width * 0.97, id.half_width * id.jaw);
        let full = face
            .from(-a, -1.0)
            .cubic((-a, 8.0), (-jaw, 14.0), (-jaw + 2.0, 15.0))
            .cubic(
                (-jaw + 4.0, chin + 1.5),
                (jaw - 4.0, chin + 1.5),
                (jaw - 2.0, 15.0),
            )
            .cubic((jaw, 14.0), (a, 8.0), (a, -1.0))
            .cubic((a - 2.0, 6.0), (11.0, 9.0), (8.8, m - 2.0))
            .cubic((9.5, chin - 4.0), (-9.5, chin - 4.0), (-8.8, m - 2.0))
            .cubic((-11.0, 9.0), (-a + 2.0, 6.0), (-a, -1.0));
        canvas.fill(full, id.hair, alpha);
    }
}

/// Hair and cloth over the head.
pub(super) fn in_front(face: &Face, canvas: &mut Canvas) {
    let (id, a) = (face.identity, face.identity.half_width);
    // The cap of hair: over the head from ear to ear, back along the hair line.
    let cap = |over: f32, line: f32, peak: f32, side: f32| {
        face.from(-a - over * 0.5, side)
            .cubic(
                (-a - over, -16.0),
                (-a * 0.8, -24.0 - over),
                (0.0, -24.0 - over),
            )
            .cubic(
                (a * 0.8, -24.0 - over),
                (a + over, -16.0),
                (a + over * 0.5, side),
            )
            .cubic((a - 1.0, line + 2.0), (a * 0.7, line), (peak, line))
            .cubic(
                (-a * 0.7, line),
                (-a + 1.0, line + 2.0),
                (-a - over * 0.5, side),
            )
    };
    match id.hair_style {
        HairStyle::Bald => {
            canvas.fill(face.ellipse(-4.0, -18.5, 5.0, 2.0), [1.0, 1.0, 1.0], 0.18);
        }
        HairStyle::Cropped => canvas.fill(cap(0.6, -18.0, 0.0, -8.0), id.hair, 0.8),
        HairStyle::Short => canvas.fill(cap(2.0, -17.0, 0.0, -3.0), id.hair, 1.0),
        HairStyle::Fringe => canvas.fill(cap(2.6, -13.6, 0.0, 3.0), id.hair, 1.0),
        HairStyle::SideParting => {
            canvas.fill(cap(2.4, -18.5, 0.0, -3.0), id.hair, 1.0);
            let lock = face.from(-8.0, -23.0).quad(4.0, -13.0, a + 0.5, -9.0).quad(
                a + 1.0,
                -20.0,
                4.0,
                -25.0,
            );
            canvas.fill(lock, id.hair, 1.0);
        }
        HairStyle::Curly => {
            canvas.fill(cap(2.0, -17.5, 0.0, -6.0), id.hair, 1.0);
            for (x, y) in [
                (-12.0, -20.0),
                (-6.5, -24.0),
                (0.0, -25.5),
                (6.5, -24.0),
                (12.0, -20.0),
                (-7.0, -18.5),
                (1.0, -18.5),
                (8.0, -18.5),
            ] {
                canvas.fill(face.ellipse(x, y, 4.4, 3.8), id.hair, 1.0);
            }
            let shine = id.hair.map(|c| c * 1.3 + 0.05);
            for (x, y) in [(-9.0, -21.5), (-1.0, -23.5), (7.5, -21.5)] {
                canvas.stroke(
                    face.from(x - 1.5, y).quad(x, y - 1.5, x + 1.5, y),
                    0.9,
                    shine,
                    0.6,
                );
            }
        }
        HairStyle::Long => {
            canvas.fill(cap(3.0, -17.0, -3.0, 2.0), id.hair, 1.0);
            for side in [-1.0, 1.0] {
                let lock = face
                    .from(side * (a - 2.0), -14.0)
                    .quad(side * (a - 0.5), 6.0, side * (a - 1.0), 28.0)
                    .line(side * (a + 4.0), 30.0)
                    .quad(side * (a + 5.0), 0.0, side * (a + 1.0), -14.0);
                canvas.fill(lock, id.hair, 1.0);
            }
        }
        HairStyle::Bun => canvas.fill(cap(1.6, -16.5, 0.0, -6.0), id.hair, 1.0),
        HairStyle::Headscarf => {
            canvas.fill(cap(3.5, -16.0, 0.0, 8.0), id.clothes, 1.0);
            let edge = face
                .from(-a + 0.5, 6.0)
                .cubic((-a + 1.0, -14.0), (-a * 0.6, -16.5), (0.0, -16.5))
                .cubic((a * 0.6, -16.5), (a - 1.0, -14.0), (a - 0.5, 6.0));
            canvas.stroke(edge, 1.2, id.clothes.map(|c| c * 0.65), 0.8);
        }
    }
}
