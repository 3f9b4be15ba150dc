//! Whether a benchmark on this disk is the one that its authors describe, and whether its clips can
//! be trained on faithfully.

mod counts;
mod duplicates;
mod image;
mod inspect;
mod report;

use std::collections::{HashMap, HashSet};
use std::path::Path;

use exp_core::clip::{Clip, Side, Split};
use exp_core::official::Official;

pub use crate::format::Format;
pub use counts::{ClassCount, SideCount};
pub use image::Image;
pub use report::{Finding, FrameCounts, Images, Kind, Report};

use inspect::{Inspected, inspect};

const SIDES: [Side; 2] = [Side::Train, Side::Test];

/// What is checked.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The benchmark's name in settings.
    pub benchmark: &'a str,
    /// Its folds as they were opened, each with its number; at least one.
    pub folds: &'a [(u32, Split)],
    /// What its authors say of it, where it is a published benchmark.
    pub official: Option<&'a Official>,
    /// Frames that the model takes of a clip.
    pub frames: usize,
    /// Whether to decode every frame. Otherwise the first frame of each clip is looked at, and of
    /// that only the header.
    pub deep: bool,
}

/// Checks a benchmark. A clip that several folds have is read once. `progress` is called from several
/// threads with (clips read, all clips).
pub fn check(subject: &Subject<'_>, progress: &(dyn Fn(usize, usize) + Sync)) -> Report {
    let clips = Distinct::of(subject.folds);
    let inspected = inspect(&clips.clips, subject.deep, progress);
    let mut findings = counts::findings(subject);
    findings.extend(clip_findings(subject, &clips.clips, &inspected));
    findings.extend(duplicates::findings(subject, &clips, &inspected));
    findings.sort_by_key(|finding| finding.kind);
    let short = |clip: &&&Clip| clip.frames.len() < subject.frames;
    let all_folds = subject
        .official
        .filter(|official| subject.frames == 16 && official.folds.len() == subject.folds.len());
    Report {
        benchmark: subject.benchmark.to_owned(),
        classes: subject.folds[0].1.classes.clone(),
        source: subject.official.map(|official| official.source),
        sides: counts::sides(subject),
        clips: clips.clips.len(),
        frames: FrameCounts::of(&clips.clips),
        needed: subject.frames,
        short: clips.clips.iter().filter(short).count(),
        short_officially: all_folds.and_then(|official| official.shorter_than_16),
        deep: subject.deep,
        images: Images::of(&inspected),
        findings,
    }
}

/// The clips of all folds, each once.
struct Distinct<'a> {
    clips: Vec<&'a Clip>,
    /// Where a clip stands in `clips`, by its first frame.
    places: HashMap<&'a Path, usize>,
}

impl<'a> Distinct<'a> {
    fn of(folds: &'a [(u32, Split)]) -> Self {
        let mut distinct = Self {
            clips: Vec::new(),
            places: HashMap::new(),
        };
        for (_, split) in folds {
            for clip in split.train.iter().chain(&split.test) {
                let Some(first) = clip.frames.first() else {
                    continue;
                };
                let next = distinct.clips.len();
                if *distinct.places.entry(first).or_insert(next) == next {
                    distinct.clips.push(clip);
                }
            }
        }
        distinct
    }

    fn place(&self, clip: &Clip) -> Option<usize> {
        let first = clip.frames.first()?;
        self.places.get(first.as_path()).copied()
    }
}

/// What is to be said of single clips.
fn clip_findings(subject: &Subject<'_>, clips: &[&Clip], inspected: &[Inspected]) -> Vec<Finding> {
    let mut findings = Vec::new();
    // What lies on disk is the same in every fold, and told once.
    let mut told = HashSet::new();
    for (_, split) in subject.folds {
        for clip in &split.unusable {
            if told.insert(&clip.name) {
                let detail = clip.reason.clone();
                findings.push(Finding::of(Kind::Unusable, &clip.name, detail));
            }
        }
        for clip in &split.recounted {
            if told.insert(&clip.name) {
                let detail = format!("{} frames listed, {} on disk", clip.listed, clip.found);
                findings.push(Finding::of(Kind::Recounted, &clip.name, detail));
            }
        }
    }
    let usual = Images::of(inspected).into_iter().next();
    for (clip, inspected) in clips.iter().zip(inspected) {
        for reason in &inspected.unreadable {
            findings.push(Finding::of(Kind::Unreadable, &clip.name, reason.clone()));
        }
        if clip.frames.len() < subject.frames {
            let detail = format!("{} frames", clip.frames.len());
            findings.push(Finding::of(Kind::Short, &clip.name, detail));
        }
        let size = |image: &Image| (image.width, image.height);
        let usual = usual.as_ref().map(|images| size(&images.image));
        let odd = inspected.images.iter().map(|(image, _)| image);
        if let Some(odd) = odd
            .clone()
            .find(|image| usual.is_some_and(|usual| usual != size(image)))
        {
            let detail = format!("{} x {}", odd.width, odd.height);
            findings.push(Finding::of(Kind::OddSize, &clip.name, detail));
        }
    }
    findings
}
