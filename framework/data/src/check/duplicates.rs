//! Clips of the test set that training sees under another name.

use std::collections::HashMap;

use exp_core::clip::{Clip, Side};

use super::inspect::{Inspected, all_frames};
use super::report::{Finding, Kind};
use super::{Distinct, Subject};

/// Test clips whose first frame is, byte for byte, that of a training clip. Then all frames of both
/// are compared: the same ones make it the same clip.
pub(super) fn findings(
    subject: &Subject<'_>,
    clips: &Distinct<'_>,
    inspected: &[Inspected],
) -> Vec<Finding> {
    let first = |clip: &Clip| clips.place(clip).and_then(|place| inspected[place].first);
    let mut whole = Whole::default();
    let mut findings = Vec::new();
    for (fold, split) in subject.folds {
        let mut training: HashMap<[u8; 32], Vec<&Clip>> = HashMap::new();
        for clip in &split.train {
            if let Some(hash) = first(clip) {
                training.entry(hash).or_default().push(clip);
            }
        }
        for clip in &split.test {
            let same = first(clip).and_then(|hash| training.get(&hash));
            // A clip under its own name on both sides is found by its name.
            let others = same.into_iter().flatten();
            let others: Vec<&Clip> = others
                .copied()
                .filter(|other| other.name != clip.name)
                .collect();
            let Some(&one) = others.first() else {
                continue;
            };
            let (kind, other, what) = match others.iter().find(|other| whole.same(clip, other)) {
                Some(other) => (Kind::SameFrames, *other, "every frame is"),
                None => (Kind::SameFirstFrame, one, "the first frame is"),
            };
            let labels = match clip.label == other.label {
                true => String::new(),
                false => format!(
                    ", and the labels differ: {} here, {} there",
                    split.classes[clip.label], split.classes[other.label]
                ),
            };
            findings.push(Finding {
                kind,
                fold: Some(*fold),
                side: Some(Side::Test),
                clip: Some(clip.name.clone()),
                detail: format!("{what} that of the training clip {}{labels}", other.name),
            });
        }
    }
    findings
}

/// Hashes over all frames of clips, taken once each.
#[derive(Default)]
struct Whole(HashMap<String, Option<[u8; 32]>>);

impl Whole {
    fn same(&mut self, one: &Clip, other: &Clip) -> bool {
        one.frames.len() == other.frames.len() && {
            let hash = self.of(one);
            hash.is_some() && hash == self.of(other)
        }
    }

    fn of(&mut self, clip: &Clip) -> Option<[u8; 32]> {
        let name = clip.name.clone();
        *self.0.entry(name).or_insert_with(|| all_frames(clip))
    }
}
