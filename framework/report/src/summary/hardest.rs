//! The clips that most runs get wrong.

use std::collections::{BTreeMap, HashMap};

use exp_core::metrics::Rule;
use exp_store::{RunRecord, Status};
use serde::Serialize;

/// How many are named on each benchmark.
const SHOWN: usize = 12;

/// A test clip that at least half of the runs got wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HardClip {
    /// Its name.
    pub clip: String,
    /// Its class.
    pub class: String,
    /// Runs that predicted it.
    pub runs: usize,
    /// Runs that predicted another class.
    pub wrong: usize,
    /// The class that most of these predicted, and how many of them; the first of equals in the
    /// order of labels.
    pub mistaken: (String, usize),
}

/// What was predicted for one clip.
struct Counts<'a> {
    run: &'a RunRecord,
    target: usize,
    runs: usize,
    wrong: BTreeMap<usize, usize>,
}

/// The hardest clips of some runs of one benchmark, the hardest first: by the share of runs that
/// are wrong, then by name. Runs that are not done have no say.
pub fn hardest(runs: &[RunRecord], benchmark: &str, rule: Rule) -> Vec<HardClip> {
    let mut clips: HashMap<&str, Counts> = HashMap::new();
    let done = runs
        .iter()
        .filter(|run| run.benchmark == benchmark && run.status == Status::Done);
    for run in done {
        let selections = run
            .selections
            .iter()
            .filter(|selection| selection.rule == rule);
        for clip in selections.flat_map(|selection| &selection.predictions) {
            let counts = clips.entry(&clip.clip).or_insert_with(|| Counts {
                run,
                target: clip.target,
                runs: 0,
                wrong: BTreeMap::new(),
            });
            counts.runs += 1;
            if clip.predicted != clip.target {
                *counts.wrong.entry(clip.predicted).or_default() += 1;
            }
        }
    }
    let mut hard: Vec<HardClip> = clips
        .into_iter()
        .filter_map(|(clip, counts)| counts.of(clip))
        .collect();
    let share = |clip: &HardClip| clip.wrong as f64 / clip.runs as f64;
    hard.sort_by(|one, other| {
        share(other)
            .total_cmp(&share(one))
            .then_with(|| one.clip.cmp(&other.clip))
    });
    hard.truncate(SHOWN);
    hard
}

impl Counts<'_> {
    /// The clip if at least half of the runs are wrong about it.
    fn of(&self, clip: &str) -> Option<HardClip> {
        let wrong: usize = self.wrong.values().sum();
        // Of equals, `max_by_key` takes the last, which going backwards is the first label.
        let (&mistaken, &most) = self.wrong.iter().rev().max_by_key(|&(_, &count)| count)?;
        let class = |label: usize| {
            let known = self.run.classes.get(label);
            known.map_or_else(|| format!("class {label}"), String::clone)
        };
        (2 * wrong >= self.runs).then(|| HardClip {
            clip: clip.to_owned(),
            class: class(self.target),
            runs: self.runs,
            wrong,
            mistaken: (class(mistaken), most),
        })
    }
}
