//! The part of a training set that is kept out of training, to choose an epoch by.
//!
//! Nothing but the seed, the fold and the clips' names decides: units (persons, or clips) are gone
//! through in the order of a hash of these three, so that the part is the same on every machine and
//! for every order of the list.

use std::collections::BTreeMap;

use exp_core::clip::Clip;
use exp_core::provenance::HeldOut;
use sha2::{Digest, Sha256};

/// Which clips of a training set are kept out of training.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldOutClips {
    /// Whether a clip is kept out, for each of the set.
    is_out: Vec<bool>,
    /// How much that is, of the clips that are used.
    pub counts: HeldOut,
}

impl HeldOutClips {
    /// The clips of the set that are trained on, in its order.
    pub fn trained(&self, clips: &[Clip]) -> Vec<Clip> {
        self.side(clips, false)
    }

    /// The clips of the set that are kept out, in its order.
    pub fn held_out(&self, clips: &[Clip]) -> Vec<Clip> {
        self.side(clips, true)
    }

    fn side(&self, clips: &[Clip], side: bool) -> Vec<Clip> {
        let own = clips.iter().zip(&self.is_out);
        let own = own.filter(|(_, is_out)| **is_out == side);
        own.map(|(clip, _)| clip.clone()).collect()
    }
}

/// Clips that stay together: all of a person, or of one name.
struct Unit {
    clips: Vec<usize>,
    /// How many of each class.
    classes: BTreeMap<usize, usize>,
}

/// How many of each class there are, are wanted, and are kept out so far.
struct Class {
    all: usize,
    wanted: f64,
    out: usize,
}

/// Keeps about a `share` (0 to 0.5) of the clips out of training: whole persons where every clip says
/// who is seen, else clips of each class for itself.
///
/// Every class keeps a clip in training. Of a class with at least two clips one is kept out as well,
/// so that UAR on the part counts the classes that UAR on the test set counts. Apart from that, a class
/// of n clips has as many kept out as is nearest to `share` × n. All but the first only as far as whole
/// persons allow.
///
/// Clips that are not `used` (too short ones, which are to be dropped) stay in training, where they
/// are counted, and do not count here. `None` where not one clip can be kept out.
pub fn hold_out(
    clips: &[Clip],
    used: impl Fn(&Clip) -> bool,
    share: f64,
    seed: u64,
    fold: u32,
) -> Option<HeldOutClips> {
    let that_count: Vec<usize> = (0..clips.len()).filter(|&i| used(&clips[i])).collect();
    let by_person = that_count.iter().all(|&i| clips[i].subject.is_some());
    let name = |clip: &'_ Clip| match &clip.subject {
        Some(person) if by_person => person.clone(),
        _ => clip.name.clone(),
    };
    let units = units(clips, &that_count, name, seed, fold);
    let mut classes: BTreeMap<usize, Class> = BTreeMap::new();
    for &index in &that_count {
        let class = classes.entry(clips[index].label).or_insert(Class {
            all: 0,
            wanted: 0.0,
            out: 0,
        });
        class.all += 1;
    }
    for class in classes.values_mut().filter(|class| class.all > 1) {
        class.wanted = (share * class.all as f64).max(1.0);
    }
    let out = choose(&units, &mut classes);
    let mut is_out = vec![false; clips.len()];
    for &index in out.iter().flat_map(|&unit| &units[unit].clips) {
        is_out[index] = true;
    }
    (!out.is_empty()).then(|| HeldOutClips {
        counts: HeldOut {
            clips: is_out.iter().filter(|is_out| **is_out).count(),
            of_clips: that_count.len(),
            persons: by_person.then_some((out.len(), units.len())),
        },
        is_out,
    })
}

/// The clips by what they have in common, in the order of the hash.
fn units(
    clips: &[Clip],
    that_count: &[usize],
    name: impl Fn(&Clip) -> String,
    seed: u64,
    fold: u32,
) -> Vec<Unit> {
    let mut units: BTreeMap<String, Unit> = BTreeMap::new();
    for &index in that_count {
        let clip = &clips[index];
        let unit = units.entry(name(clip)).or_insert_with(|| Unit {
            clips: Vec::new(),
            classes: BTreeMap::new(),
        });
        unit.clips.push(index);
        *unit.classes.entry(clip.label).or_default() += 1;
    }
    let mut units: Vec<([u8; 32], Unit)> = units
        .into_iter()
        .map(|(name, unit)| {
            let hash = Sha256::new_with_prefix("held out")
                .chain_update(seed.to_le_bytes())
                .chain_update(fold.to_le_bytes())
                .chain_update(name);
            (hash.finalize().into(), unit)
        })
        .collect();
    units.sort_by_key(|(hash, _)| *hash);
    units.into_iter().map(|(_, unit)| unit).collect()
}

/// The units that are kept out: those that bring the classes nearer to what is wanted, then one for
/// each class that has none yet.
fn choose(units: &[Unit], classes: &mut BTreeMap<usize, Class>) -> Vec<usize> {
    let mut out = Vec::new();
    for (index, unit) in units.iter().enumerate() {
        if leaves_all_classes(unit, classes) && brings_nearer(unit, classes) {
            take(unit, classes);
            out.push(index);
        }
    }
    let lacking = |classes: &BTreeMap<usize, Class>, from: usize| {
        let mut lacking = classes.range(from..).filter(|(_, class)| class.out == 0);
        lacking.next().map(|(label, _)| *label)
    };
    let mut from = 0;
    while let Some(label) = lacking(classes, from) {
        let fits = |index: &usize| {
            let unit = &units[*index];
            unit.classes.contains_key(&label) && leaves_all_classes(unit, classes)
        };
        // The smallest, since no more is wanted of the other classes; of equal ones the first.
        let all = (0..units.len()).filter(fits);
        let smallest = all.min_by_key(|&index| units[index].clips.len());
        if let Some(index) = smallest {
            take(&units[index], classes);
            out.push(index);
        }
        from = label + 1;
    }
    out
}

fn leaves_all_classes(unit: &Unit, classes: &BTreeMap<usize, Class>) -> bool {
    let mut own = unit.classes.iter();
    own.all(|(label, count)| classes[label].out + count < classes[label].all)
}

/// Whether the sum of the squared distances from what is wanted becomes smaller.
fn brings_nearer(unit: &Unit, classes: &BTreeMap<usize, Class>) -> bool {
    let change = unit.classes.iter().map(|(label, &count)| {
        let distance = classes[label].out as f64 - classes[label].wanted;
        count as f64 * (2.0 * distance + count as f64)
    });
    change.sum::<f64>() < 0.0
}

fn take(unit: &Unit, classes: &mut BTreeMap<usize, Class>) {
    for (label, count) in &unit.classes {
        if let Some(class) = classes.get_mut(label) {
            class.out += count;
        }
    }
}
