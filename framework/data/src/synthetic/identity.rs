//! Who is seen: everything about a face that no expression changes.

use super::canvas::{Rgb, mix};
use rand::RngExt;
use rand::rngs::ChaCha8Rng;

/// The colour of hair, brows and beard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub(super) enum HairColour {
    Black,
    Brown,
    Chestnut,
    Red,
    Blond,
    Grey,
    White,
}

/// How the hair is worn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub(super) enum HairStyle {
    Bald,
    Cropped,
    Short,
    Fringe,
    SideParting,
    Curly,
    Long,
    Bun,
    Headscarf,
}

/// Hair on the lower face.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub(super) enum Beard {
    None,
    Moustache,
    Stubble,
    Full,
}

/// What is worn before the eyes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub(super) enum Glasses {
    None,
    Round,
    Square,
}

/// A face at rest. Lengths are in units of which a head is about 46 high; see `face`.
#[derive(Debug, Clone)]
pub(super) struct Identity {
    pub skin: Rgb,
    /// Position of `skin` on the scale of skin tones: 0 lightest, 1 darkest.
    pub tone: f32,
    pub hair_colour: HairColour,
    pub hair: Rgb,
    pub hair_style: HairStyle,
    pub beard: Beard,
    pub glasses: Glasses,
    pub iris: Rgb,
    pub lips: Rgb,
    pub clothes: Rgb,
    /// Strength of wrinkles at rest, 0 to 1.
    pub age: f32,
    pub half_width: f32,
    pub jaw: f32,
    pub chin: f32,
    pub chin_width: f32,
    pub brow_height: f32,
    pub brow_thickness: f32,
    pub brow_length: f32,
    /// Rest position of the inner brow ends; positive is lower.
    pub brow_tilt: f32,
    pub eye_distance: f32,
    pub eye_width: f32,
    pub eye_opening: f32,
    pub nose_length: f32,
    pub nose_width: f32,
    pub mouth_height: f32,
    pub mouth_width: f32,
    pub lip_fullness: f32,
    /// Rest position of the lip corners; positive is lower.
    pub lip_corners: f32,
}

/// Skin tones from light to dark, between which a face's is chosen.
const SKIN: [Rgb; 6] = [
    [0.96, 0.84, 0.75],
    [0.90, 0.73, 0.60],
    [0.80, 0.60, 0.44],
    [0.66, 0.45, 0.31],
    [0.53, 0.36, 0.25],
    [0.42, 0.28, 0.20],
];

const IRIS: [Rgb; 5] = [
    [0.20, 0.12, 0.07],
    [0.33, 0.20, 0.10],
    [0.25, 0.40, 0.58],
    [0.30, 0.42, 0.26],
    [0.40, 0.43, 0.46],
];

pub(super) fn pick<T: Copy>(rng: &mut ChaCha8Rng, choices: &[T]) -> T {
    choices[rng.random_range(0..choices.len())]
}

fn vary(rng: &mut ChaCha8Rng, colour: Rgb, by: f32) -> Rgb {
    let all = rng.random_range(-by..by);
    colour.map(|c| (c + all + rng.random_range(-by..by) / 2.0).clamp(0.02, 1.0))
}

impl HairColour {
    fn rgb(self) -> Rgb {
        match self {
            Self::Black => [0.08, 0.07, 0.07],
            Self::Brown => [0.26, 0.17, 0.11],
            Self::Chestnut => [0.42, 0.25, 0.14],
            Self::Red => [0.66, 0.29, 0.12],
            Self::Blond => [0.84, 0.68, 0.38],
            Self::Grey => [0.54, 0.54, 0.54],
            Self::White => [0.88, 0.87, 0.84],
        }
    }
}

impl Identity {
    /// A new face. `resting` scales how far its expression at rest is from a level one.
    pub fn draw(rng: &mut ChaCha8Rng, resting: f32) -> Self {
        use HairColour::*;
        let tone: f32 = rng.random();
        let at = tone * (SKIN.len() - 1) as f32;
        let low = (at as usize).min(SKIN.len() - 2);
        let skin = vary(rng, mix(SKIN[low], SKIN[low + 1], at - low as f32), 0.03);
        let age = if rng.random_bool(0.25) {
            rng.random_range(0.4..1.0)
        } else {
            rng.random_range(0.0..0.4)
        };
        let hair_colour = if age > 0.6 {
            pick(rng, &[Grey, White, Grey, Brown])
        } else if tone > 0.5 {
            pick(rng, &[Black, Black, Brown, Chestnut, Grey])
        } else {
            pick(rng, &[Black, Brown, Brown, Chestnut, Red, Blond, Blond])
        };
        let hair = vary(rng, hair_colour.rgb(), 0.04);
        let hair_style = pick(
            rng,
            &[
                HairStyle::Bald,
                HairStyle::Cropped,
                HairStyle::Short,
                HairStyle::Short,
                HairStyle::Fringe,
                HairStyle::SideParting,
                HairStyle::SideParting,
                HairStyle::Curly,
                HairStyle::Long,
                HairStyle::Long,
                HairStyle::Bun,
                HairStyle::Headscarf,
            ],
        );
        let can_have_beard = matches!(
            hair_style,
            HairStyle::Bald
                | HairStyle::Cropped
                | HairStyle::Short
                | HairStyle::SideParting
                | HairStyle::Curly
        );
        let beard = if can_have_beard && rng.random_bool(0.4) {
            pick(rng, &[Beard::Moustache, Beard::Stubble, Beard::Full])
        } else {
            Beard::None
        };
        let glasses = if rng.random_bool(0.22) {
            pick(rng, &[Glasses::Round, Glasses::Square])
        } else {
            Glasses::None
        };
        let iris = if tone > 0.55 {
            IRIS[0]
        } else {
            pick(rng, &IRIS)
        };
        let red = pick(
            rng,
            &[[0.62, 0.28, 0.27], [0.70, 0.32, 0.32], [0.55, 0.22, 0.20]],
        );
        Self {
            skin,
            tone,
            hair_colour,
            hair,
            hair_style,
            beard,
            glasses,
            iris: vary(rng, iris, 0.04),
            lips: mix(skin.map(|c| c * 0.78), red, rng.random_range(0.25..0.65)),
            clothes: [rng.random(), rng.random(), rng.random()],
            age,
            half_width: rng.random_range(15.5..18.5),
            jaw: rng.random_range(0.78..0.97),
            chin: rng.random_range(20.5..23.5),
            chin_width: rng.random_range(4.0..9.0),
            brow_height: rng.random_range(8.6..10.4),
            brow_thickness: rng.random_range(1.5..3.0),
            brow_length: rng.random_range(9.2..11.2),
            brow_tilt: rng.random_range(-1.0..1.0) * resting,
            eye_distance: rng.random_range(7.3..8.4),
            eye_width: rng.random_range(4.3..5.2),
            eye_opening: 2.5 + rng.random_range(-0.5..0.5) * resting,
            nose_length: rng.random_range(5.0..7.0),
            nose_width: rng.random_range(2.4..4.0),
            mouth_height: rng.random_range(11.6..13.2),
            mouth_width: rng.random_range(6.2..8.2),
            lip_fullness: rng.random_range(0.8..1.6),
            lip_corners: rng.random_range(-0.9..0.9) * resting,
        }
    }
}
