//! How many clips there are, beside how many there should be.

use std::collections::HashMap;

use exp_core::clip::{Side, Split};
use serde::Serialize;

use super::report::{Finding, Kind};
use super::{SIDES, Subject};

/// The clips of one side of a fold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SideCount {
    /// The fold.
    pub fold: u32,
    /// Which side.
    pub side: Side,
    /// Clips that the label file lists.
    pub listed: usize,
    /// Clips of them that can be used.
    pub usable: usize,
    /// Clips by the authors' count.
    pub official: Option<usize>,
    /// The clips of each class, in label order.
    pub classes: Vec<ClassCount>,
}

/// The clips of one class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClassCount {
    /// The class.
    pub class: String,
    /// Clips that the label file lists.
    pub listed: usize,
    /// Clips by the authors' count, where it is known.
    pub official: Option<usize>,
}

/// Names and labels of all clips that a side lists, usable or not.
fn listed(split: &Split, side: Side) -> impl Iterator<Item = (&str, usize)> {
    let usable = split.side(side).iter();
    let unusable = split.unusable.iter().filter(move |clip| clip.side == side);
    usable
        .map(|clip| (clip.name.as_str(), clip.label))
        .chain(unusable.map(|clip| (clip.name.as_str(), clip.label)))
}

/// The counts of each side of each fold.
pub(super) fn sides(subject: &Subject<'_>) -> Vec<SideCount> {
    let both =
        |(fold, split): &'_ (u32, Split)| SIDES.map(|side| count(subject, *fold, side, split));
    subject.folds.iter().flat_map(both).collect()
}

fn count(subject: &Subject<'_>, fold: u32, side: Side, split: &Split) -> SideCount {
    let official = subject.official;
    let mut counts = vec![0; split.classes.len()];
    for (_, label) in listed(split, side) {
        counts[label] += 1;
    }
    let classes = split.classes.iter().zip(&counts).enumerate();
    SideCount {
        fold,
        side,
        listed: counts.iter().sum(),
        usable: split.side(side).len(),
        official: official.and_then(|official| official.clips(fold, side)),
        classes: classes
            .map(|(label, (class, &listed))| ClassCount {
                class: class.clone(),
                listed,
                official: official.and_then(|official| official.clips_of_class(fold, side, label)),
            })
            .collect(),
    }
}

/// What is wrong with the counts, and with what is counted twice.
pub(super) fn findings(subject: &Subject<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for count in sides(subject) {
        let mut find = |kind, detail| {
            findings.push(Finding {
                kind,
                fold: Some(count.fold),
                side: Some(count.side),
                clip: None,
                detail,
            });
        };
        if let Some(official) = count.official.filter(|official| *official != count.listed) {
            find(
                Kind::Count,
                format!("{} clips, officially {official}", count.listed),
            );
        }
        for class in &count.classes {
            if let Some(official) = class.official.filter(|official| *official != class.listed) {
                find(
                    Kind::Count,
                    format!(
                        "{} clips of {}, officially {official}",
                        class.listed, class.class
                    ),
                );
            }
            if class.listed == 0 {
                find(Kind::EmptyClass, format!("no clip of {}", class.class));
            }
        }
    }
    for (fold, split) in subject.folds {
        findings.extend(twice(*fold, split));
    }
    findings.extend(other_labels(subject));
    if subject.official.is_some() {
        findings.extend(in_two_tests(subject));
    }
    findings
}

/// Clips that a fold lists twice: on one side, or on both.
fn twice(fold: u32, split: &Split) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut seen: HashMap<&str, (Side, usize)> = HashMap::new();
    for side in SIDES {
        for (name, label) in listed(split, side) {
            let Some((before, other)) = seen.insert(name, (side, label)) else {
                continue;
            };
            let labels = match label == other {
                true => String::new(),
                false => format!(
                    ", as {} and as {}",
                    split.classes[other], split.classes[label]
                ),
            };
            let (kind, detail) = match before == side {
                true => (Kind::Twice, format!("listed twice{labels}")),
                false => (Kind::InBoth, format!("in training and test{labels}")),
            };
            findings.push(Finding {
                kind,
                fold: Some(fold),
                side: Some(side),
                clip: Some(name.to_owned()),
                detail,
            });
        }
    }
    findings
}

/// A clip shows the same feeling in every fold; label files that disagree are not of one copy.
fn other_labels(subject: &Subject<'_>) -> Vec<Finding> {
    let mut seen: HashMap<&str, (u32, usize)> = HashMap::new();
    let mut findings = Vec::new();
    for (fold, split) in subject.folds {
        for side in SIDES {
            for (name, label) in listed(split, side) {
                let (first, other) = *seen.entry(name).or_insert((*fold, label));
                if other != label && first != *fold {
                    findings.push(Finding {
                        kind: Kind::OtherLabel,
                        fold: Some(*fold),
                        side: Some(side),
                        clip: Some(name.to_owned()),
                        detail: format!(
                            "{} here, {} in fold {first}",
                            split.classes[label], split.classes[other]
                        ),
                    });
                }
            }
        }
    }
    findings
}

/// The folds of published benchmarks have disjoint test sets.
fn in_two_tests(subject: &Subject<'_>) -> Vec<Finding> {
    let mut seen: HashMap<&str, u32> = HashMap::new();
    let mut findings = Vec::new();
    for (fold, split) in subject.folds {
        for (name, _) in listed(split, Side::Test) {
            if let Some(other) = seen.insert(name, *fold).filter(|other| other != fold) {
                findings.push(Finding {
                    kind: Kind::InTwoTests,
                    fold: Some(*fold),
                    side: Some(Side::Test),
                    clip: Some(name.to_owned()),
                    detail: format!("also in the test set of fold {other}"),
                });
            }
        }
    }
    findings
}
