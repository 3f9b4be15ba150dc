//! From action units to what can be seen of them.

use super::action::{Activation, Unit};
use super::phrases::{self as p, Words};

/// The weakest activation that a caption mentions: at that, a brow moves by about a pixel.
const VISIBLE: f32 = 0.22;

/// What the units make visible, each with its strength, and which parts are at rest.
pub(super) fn sights(action: &Activation) -> (Vec<(&'static Words, f32)>, Vec<&'static Words>) {
    use Unit::*;
    let unit = |unit| action.get(unit);
    let seen = |strength: f32| strength >= VISIBLE;
    let (inner, outer, knit) = (
        unit(InnerBrowRaiser),
        unit(OuterBrowRaiser),
        unit(BrowLowerer),
    );
    let mut sights: Vec<(&'static Words, f32)> = Vec::new();
    let mut resting = Vec::new();

    match (seen(inner), seen(outer), seen(knit)) {
        (true, _, true) => sights.push((&p::BROWS_RAISED_AND_KNIT, inner.min(knit))),
        (true, true, false) => sights.push((&p::BROWS_RAISED, (inner + outer) / 2.0)),
        (true, false, false) => sights.push((&p::INNER_BROWS_UP, inner)),
        (false, true, false) => sights.push((&p::OUTER_BROWS_UP, outer)),
        (false, _, true) => sights.push((&p::BROWS_LOWERED, knit)),
        (false, false, false) => resting.push(&p::BROWS_RESTING),
    }
    let (wide, narrow) = (unit(UpperLidRaiser), unit(LidTightener));
    if unit(EyeClosure) > 0.8 {
        sights.push((&p::EYES_CLOSED, 0.6));
    } else {
        match (seen(wide), seen(narrow)) {
            (true, true) => sights.push((&p::EYES_GLARE, wide.min(narrow))),
            (true, false) => sights.push((&p::EYES_WIDE, wide)),
            (false, true) => sights.push((&p::EYES_NARROW, narrow)),
            (false, false) => resting.push(&p::EYES_RESTING),
        }
    }
    // How far the lips are apart is what `mouth` draws, in parts of the widest opening.
    let closed = (1.0 - 0.9 * unit(LipTightener)) * (1.0 - 0.6 * unit(ChinRaiser));
    let open = (0.21 * unit(LipsPart) + 0.79 * unit(JawDrop)) * closed;
    let corners = unit(LipCornerPuller) - unit(LipCornerDepressor);
    let mouth = [
        (&p::SMILE, if open < 0.1 { corners } else { 0.0 }),
        (&p::SMILE_OPEN, if open < 0.1 { 0.0 } else { corners }),
        (&p::CORNERS_DOWN, -corners),
        (&p::CHIN_RAISED, unit(ChinRaiser)),
        (&p::LIPS_STRETCHED, unit(LipStretcher)),
        (
            &p::LIPS_PRESSED,
            if open < 0.1 { unit(LipTightener) } else { 0.0 },
        ),
        (&p::UPPER_LIP_RAISED, unit(UpperLipRaiser)),
        // An opening of 0.1 is a pixel, one of 0.35 shows the teeth and more.
        (
            &p::LIPS_PARTED,
            if (0.1..0.35).contains(&open) {
                2.5 * open
            } else {
                0.0
            },
        ),
        (&p::MOUTH_OPEN, if open >= 0.35 { open } else { 0.0 }),
    ];
    let before = sights.len();
    sights.extend(mouth.into_iter().filter(|(_, strength)| seen(*strength)));
    if sights.len() == before && open < 0.05 && corners.abs() < 0.12 {
        resting.push(&p::MOUTH_RESTING);
    }
    for (words, strength) in [
        (&p::CHEEKS_RAISED, unit(CheekRaiser)),
        (&p::NOSE_WRINKLED, unit(NoseWrinkler)),
    ] {
        if seen(strength) {
            sights.push((words, strength));
        }
    }
    if action.strongest() < 0.12 {
        resting.push(&p::FACE_RESTING);
    }
    (sights, resting)
}
