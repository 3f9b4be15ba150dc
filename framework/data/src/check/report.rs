//! What a check found.

use std::collections::BTreeMap;

use exp_core::clip::{Clip, Side};
use serde::Serialize;

use super::counts::SideCount;
use super::image::Image;
use super::inspect::Inspected;

/// What a check found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The benchmark's name in settings.
    pub benchmark: String,
    /// Class names in label order.
    pub classes: Vec<String>,
    /// Where the official counts come from.
    pub source: Option<&'static str>,
    /// The counts of each side of each fold.
    pub sides: Vec<SideCount>,
    /// Usable clips in all folds, each counted once.
    pub clips: usize,
    /// How long they are; `None` without a clip.
    pub frames: Option<FrameCounts>,
    /// Frames that the model takes of a clip.
    pub needed: usize,
    /// Clips with fewer frames than that.
    pub short: usize,
    /// As many there are by public lists, where all folds were checked and that is known.
    pub short_officially: Option<usize>,
    /// Whether every frame was decoded.
    pub deep: bool,
    /// The kinds of images, the most frequent first.
    pub images: Vec<Images>,
    /// All findings, the gravest kinds first.
    pub findings: Vec<Finding>,
}

/// The lengths of clips, in frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct FrameCounts {
    /// The shortest clip.
    pub fewest: usize,
    /// The middle one by length, the longer one of two.
    pub median: usize,
    /// The longest clip.
    pub most: usize,
    /// All frames.
    pub total: usize,
}

/// Images of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Images {
    /// Format and size.
    pub image: Image,
    /// How many there are among those that were looked at.
    pub count: usize,
}

/// One thing that a check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What kind of thing.
    pub kind: Kind,
    /// The fold, where it matters.
    pub fold: Option<u32>,
    /// The side of the fold, where it matters.
    pub side: Option<Side>,
    /// The clip, where it is about one.
    pub clip: Option<String>,
    /// What was found.
    pub detail: String,
}

/// Kinds of findings, the gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A number of clips is not the official one.
    Count,
    /// A class without a clip.
    EmptyClass,
    /// A clip whose folder is missing or holds no frame.
    Unusable,
    /// An image that cannot be read.
    Unreadable,
    /// A clip that a side lists twice.
    Twice,
    /// A clip in training and test.
    InBoth,
    /// A test clip with the very frames of a training clip.
    SameFrames,
    /// A clip with another label than in another fold.
    OtherLabel,
    /// A clip in the test sets of two folds, which published benchmarks keep apart.
    InTwoTests,
    /// A test clip with the first frame of a training clip.
    SameFirstFrame,
    /// A clip with another number of frames than listed.
    Recounted,
    /// A clip with fewer frames than the model takes.
    Short,
    /// A clip with images of another size than most.
    OddSize,
}

impl Kind {
    /// Whether a training with such a finding would not be faithful to the benchmark. Short clips
    /// are part of all three, and which rule they follow is a setting.
    pub fn is_fault(self) -> bool {
        self < Self::SameFirstFrame
    }

    /// So many findings of this kind, in words.
    pub fn in_words(self, count: usize) -> String {
        let (one, several) = match self {
            Self::Count => (
                "count differs from the official one",
                "counts differ from the official ones",
            ),
            Self::EmptyClass => ("class is empty", "classes are empty"),
            Self::Unusable => ("clip cannot be used", "clips cannot be used"),
            Self::Unreadable => ("image cannot be read", "images cannot be read"),
            Self::Twice => ("clip is listed twice", "clips are listed twice"),
            Self::InBoth => (
                "clip is in training and test",
                "clips are in training and test",
            ),
            Self::SameFrames => (
                "test clip has the frames of a training clip",
                "test clips have the frames of a training clip",
            ),
            Self::OtherLabel => (
                "clip has different labels in different folds",
                "clips have different labels in different folds",
            ),
            Self::InTwoTests => ("clip is in two test sets", "clips are in two test sets"),
            Self::SameFirstFrame => (
                "test clip begins with the frame of a training clip",
                "test clips begin with the frame of a training clip",
            ),
            Self::Recounted => (
                "clip has another number of frames than listed; the disk counts",
                "clips have another number of frames than listed; the disk counts",
            ),
            Self::Short => (
                "clip has fewer frames than the model takes",
                "clips have fewer frames than the model takes",
            ),
            Self::OddSize => (
                "clip has images of another size than most",
                "clips have images of another size than most",
            ),
        };
        match count {
            1 => format!("1 {one}"),
            _ => format!("{count} {several}"),
        }
    }
}

impl Finding {
    /// A finding about one clip, in whatever fold.
    pub(super) fn of(kind: Kind, clip: &str, detail: String) -> Self {
        Self {
            kind,
            fold: None,
            side: None,
            clip: Some(clip.to_owned()),
            detail,
        }
    }
}

impl Report {
    /// Whether training on these clips would be faithful to the benchmark.
    pub fn is_faithful(&self) -> bool {
        !self.findings.iter().any(|finding| finding.kind.is_fault())
    }

    /// The findings of each kind there is, the gravest kind first.
    pub fn by_kind(&self) -> impl Iterator<Item = (Kind, &[Finding])> {
        self.findings
            .chunk_by(|one, other| one.kind == other.kind)
            .map(|findings| (findings[0].kind, findings))
    }
}

impl FrameCounts {
    pub(super) fn of(clips: &[&Clip]) -> Option<Self> {
        let mut counts: Vec<usize> = clips.iter().map(|clip| clip.frames.len()).collect();
        counts.sort_unstable();
        Some(Self {
            fewest: *counts.first()?,
            median: counts[counts.len() / 2],
            most: *counts.last()?,
            total: counts.iter().sum(),
        })
    }
}

impl Images {
    pub(super) fn of(inspected: &[Inspected]) -> Vec<Self> {
        let mut kinds: BTreeMap<Image, usize> = BTreeMap::new();
        for (image, count) in inspected.iter().flat_map(|clip| &clip.images) {
            *kinds.entry(*image).or_insert(0) += count;
        }
        let mut images: Vec<Self> = kinds
            .into_iter()
            .map(|(image, count)| Self { image, count })
            .collect();
        images.sort_by_key(|images| std::cmp::Reverse(images.count));
        images
    }
}
