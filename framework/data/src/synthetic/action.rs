//! Facial action units, and which of them make up which expression.

/// A facial action unit: the smallest visible movement of a face that has a name.
///
/// Numbers and names are those of the Facial Action Coding System: P. Ekman, W. V. Friesen and
/// J. C. Hager, *Facial Action Coding System: The Manual*, 2002 (first edition 1978). Only the units
/// that the drawing can show are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Unit {
    /// 1: the inner ends of the brows rise.
    InnerBrowRaiser,
    /// 2: the outer ends of the brows rise.
    OuterBrowRaiser,
    /// 4: the brows are lowered and drawn together.
    BrowLowerer,
    /// 5: the upper eyelids rise, and white shows above the iris.
    UpperLidRaiser,
    /// 6: the cheeks rise, with crow's-feet beside the eyes.
    CheekRaiser,
    /// 7: the eyelids narrow.
    LidTightener,
    /// 9: the nose wrinkles.
    NoseWrinkler,
    /// 10: the upper lip rises.
    UpperLipRaiser,
    /// 12: the lip corners are pulled up and outwards.
    LipCornerPuller,
    /// 15: the lip corners are pulled down.
    LipCornerDepressor,
    /// 17: the chin pushes the lower lip up.
    ChinRaiser,
    /// 20: the lips are stretched sideways.
    LipStretcher,
    /// 23 and 24: the lips are tightened and pressed together.
    LipTightener,
    /// 25: the lips part.
    LipsPart,
    /// 26: the jaw drops.
    JawDrop,
    /// 43 and 45: the eyes close; part of no expression, used for blinks.
    EyeClosure,
}

/// How many units there are.
pub const UNITS: usize = 16;

impl Unit {
    /// Every unit, in the order of their numbers.
    pub const ALL: [Self; UNITS] = [
        Self::InnerBrowRaiser,
        Self::OuterBrowRaiser,
        Self::BrowLowerer,
        Self::UpperLidRaiser,
        Self::CheekRaiser,
        Self::LidTightener,
        Self::NoseWrinkler,
        Self::UpperLipRaiser,
        Self::LipCornerPuller,
        Self::LipCornerDepressor,
        Self::ChinRaiser,
        Self::LipStretcher,
        Self::LipTightener,
        Self::LipsPart,
        Self::JawDrop,
        Self::EyeClosure,
    ];

    /// Whether the unit moves brows, eyelids or cheeks, and not nose, mouth or jaw.
    pub fn is_upper(self) -> bool {
        matches!(
            self,
            Self::InnerBrowRaiser
                | Self::OuterBrowRaiser
                | Self::BrowLowerer
                | Self::UpperLidRaiser
                | Self::CheekRaiser
                | Self::LidTightener
                | Self::EyeClosure
        )
    }
}

/// How strongly each unit is active in one frame: 0 (rest) to 1 (as strong as a face can).
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Activation([f32; UNITS]);

impl Activation {
    /// The activation of `unit`, 0 to 1.
    pub fn get(&self, unit: Unit) -> f32 {
        self.0[unit as usize]
    }

    /// Sets the activation of `unit`; values outside 0 to 1 are clipped.
    pub fn set(&mut self, unit: Unit, value: f32) {
        self.0[unit as usize] = value.clamp(0.0, 1.0);
    }

    /// Raises `unit` to at least `value`.
    pub fn raise(&mut self, unit: Unit, value: f32) {
        self.set(unit, self.get(unit).max(value));
    }

    /// The strongest activation among the units of an expression (blinks are none).
    pub fn strongest(&self) -> f32 {
        Unit::ALL
            .into_iter()
            .filter(|unit| *unit != Unit::EyeClosure)
            .map(|unit| self.get(unit))
            .fold(0.0, f32::max)
    }
}

/// The seven classes of the benchmark, in label order (that of DFEW).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Emotion {
    Happiness,
    Sadness,
    Neutral,
    Anger,
    Surprise,
    Disgust,
    Fear,
}

/// What an expression consists of.
#[derive(Debug, Clone, Copy)]
pub struct Prototype {
    /// Units that make the expression up. One may be missing in a clip, but never all.
    pub core: &'static [Unit],
    /// Units that come or go.
    pub optional: &'static [Unit],
}

impl Emotion {
    /// Every class, in label order.
    pub const ALL: [Self; 7] = [
        Self::Happiness,
        Self::Sadness,
        Self::Neutral,
        Self::Anger,
        Self::Surprise,
        Self::Disgust,
        Self::Fear,
    ];

    /// The class's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Happiness => "happiness",
            Self::Sadness => "sadness",
            Self::Neutral => "neutral",
            Self::Anger => "anger",
            Self::Surprise => "surprise",
            Self::Disgust => "disgust",
            Self::Fear => "fear",
        }
    }

    /// The action units of the expression.
    ///
    /// The core units are the prototypes of the Emotional Facial Action Coding System (EMFACS-7:
    /// W. V. Friesen and P. Ekman, unpublished manual, University of California, San Francisco,
    /// 1983), as they are usually quoted: happiness 6+12, sadness 1+4+15, surprise 1+2+5+26, fear
    /// 1+2+4+5+20+26, anger 4+5+7+23, disgust 9+15+17. (Some lists have 16 in place of 17 for disgust
    /// and 7 in addition for fear.) Optional units are variants that P. Ekman and W. V. Friesen
    /// list in *Unmasking the Face*, 1975, in words, and S. Du, Y. Tao and A. M. Martinez count in
    /// "Compound facial expressions of emotion", PNAS 111(15), 2014.
    pub fn prototype(self) -> Prototype {
        use Unit::*;
        let (core, optional): (&[Unit], &[Unit]) = match self {
            Self::Happiness => (
                &[CheekRaiser, LipCornerPuller],
                &[LipsPart, JawDrop, LidTightener],
            ),
            Self::Sadness => (
                &[InnerBrowRaiser, BrowLowerer, LipCornerDepressor],
                &[ChinRaiser, CheekRaiser, LipsPart],
            ),
            Self::Neutral => (&[], &[]),
            Self::Anger => (
                &[BrowLowerer, UpperLidRaiser, LidTightener, LipTightener],
                &[ChinRaiser, UpperLipRaiser],
            ),
            Self::Surprise => (
                &[InnerBrowRaiser, OuterBrowRaiser, UpperLidRaiser, JawDrop],
                &[LipsPart],
            ),
            Self::Disgust => (
                &[NoseWrinkler, LipCornerDepressor, ChinRaiser],
                &[UpperLipRaiser, BrowLowerer, LidTightener],
            ),
            Self::Fear => (
                &[
                    InnerBrowRaiser,
                    OuterBrowRaiser,
                    BrowLowerer,
                    UpperLidRaiser,
                    LipStretcher,
                    JawDrop,
                ],
                &[LipsPart],
            ),
        };
        Prototype { core, optional }
    }
}
