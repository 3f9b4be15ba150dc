//! Training clips that are kept out of training, and the rule that needs them.

use exp_core::clip::Clip;
use exp_core::experiment::Experiment;
use exp_core::metrics::Rule;
use exp_core::tree::{Diagnostic, Node};
use exp_data::{HeldOutClips, hold_out};

use super::prepare::{Planned, used};
use crate::inputs::Fold;

/// Chooses which of a fold's training clips, of which so many are used, are kept out.
pub fn choose(
    planned: &Planned,
    fold: &Fold,
    clips: usize,
) -> Result<Option<HeldOutClips>, Diagnostic> {
    let settings = &planned.settings;
    let share = settings.train.held_out.get();
    if share == 0.0 {
        return Ok(None);
    }
    let is_used = |clip: &Clip| used(&settings.clip, std::slice::from_ref(clip)) > 0;
    match hold_out(&fold.train, is_used, share, planned.seed, planned.fold) {
        Some(chosen) => Ok(Some(chosen)),
        None => Err(Diagnostic::new(format!(
            "`train.held_out` is {share}, but none of the {clips} training clips of benchmark `{}` \
             can be kept out: some class would have no clip left to train on",
            planned.benchmark
        ))
        .at(settings.mark("train.held_out"))
        .help("set `train.held_out` to 0, or measure on a benchmark with more clips, of more persons, in each class")),
    }
}

/// Nothing can be compared by a rule that some run does not have.
pub fn rule_is_there(
    node: &Node,
    experiment: &Experiment,
    planned: &[Planned],
) -> Result<(), Diagnostic> {
    let compare = experiment.compare.as_ref();
    if compare.is_none_or(|compare| compare.rule != Rule::HeldOut) {
        return Ok(());
    }
    let lacking = planned
        .iter()
        .find(|run| run.settings.train.held_out.get() == 0.0);
    let Some(lacking) = lacking else {
        return Ok(());
    };
    let mark = node
        .get("compare.rule")
        .map_or(&node.mark, |rule| &rule.mark);
    Err(Diagnostic::new(format!(
        "the comparison is by the rule `held_out`, but runs on `{}` keep nothing out of training",
        lacking.benchmark
    ))
    .at(mark)
    .help("set `train.held_out` to the share of the training clips that is to choose the epoch, as in `train: {held_out: 0.1}`"))
}
