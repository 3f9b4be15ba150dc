//! Where figures come from: the prompts as used and the provenance, each told once for all runs
//! that share it.

use exp_core::provenance::{GoneOn, PromptFile, Provenance};
use exp_store::RunRecord;
use serde::Serialize;

use super::settings::Setting;
use super::{repeat, unique};

/// The prompts that some settings share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PromptGroup {
    /// The letters of the settings.
    pub letters: Vec<String>,
    /// The benchmarks.
    pub benchmarks: Vec<String>,
    /// The texts of each class, in label order.
    pub prompts: Vec<PromptText>,
    /// The files that the texts came from.
    pub files: Vec<PromptFile>,
}

/// The text of one class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PromptText {
    /// The class.
    pub class: String,
    /// The text before tokenisation.
    pub text: String,
    /// The number of tokens that the text encoder was given, start and end token included.
    pub tokens: usize,
}

/// The program, machine and inputs that some runs share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Origin {
    /// What they share.
    pub provenance: Provenance,
    /// Lines that were added or removed but not committed; 0 if all was committed.
    pub changed_lines: usize,
    /// How many runs share it.
    pub runs: usize,
    /// The benchmarks of these runs.
    pub benchmarks: Vec<String>,
    /// When the first of these runs started, RFC 3339.
    pub started: Option<String>,
    /// When the last of these runs finished, RFC 3339.
    pub finished: Option<String>,
    /// What to type to do them again.
    pub commands: Vec<String>,
}

/// The prompts of the runs that have any, grouped.
pub(super) fn prompts(runs: &[RunRecord], settings: &[Setting]) -> Vec<PromptGroup> {
    let mut groups: Vec<PromptGroup> = Vec::new();
    for run in runs.iter().filter(|run| !run.prompts.is_empty()) {
        let prompts: Vec<PromptText> = run
            .prompts
            .iter()
            .map(|prompt| PromptText {
                class: prompt.class.clone(),
                text: prompt.text.clone(),
                tokens: prompt.token_ids.len(),
            })
            .collect();
        let files = run
            .provenance
            .as_ref()
            .map_or(Vec::new(), |provenance| provenance.prompt_files.clone());
        let index = groups
            .iter()
            .position(|group| group.prompts == prompts && group.files == files)
            .unwrap_or_else(|| {
                groups.push(PromptGroup {
                    letters: Vec::new(),
                    benchmarks: Vec::new(),
                    prompts,
                    files,
                });
                groups.len() - 1
            });
        let setting = settings.iter().find(|setting| setting.levels == run.levels);
        if let Some(setting) = setting {
            add(&mut groups[index].letters, &setting.letter);
        }
        add(&mut groups[index].benchmarks, &run.benchmark);
    }
    groups
}

/// The provenance of the runs that have any, grouped.
pub(super) fn origins(runs: &[RunRecord], experiment: &str) -> Vec<Origin> {
    let mut groups: Vec<(Provenance, Vec<&RunRecord>)> = Vec::new();
    for run in runs {
        let Some(provenance) = &run.provenance else {
            continue;
        };
        let provenance = shared(provenance);
        match groups.iter_mut().find(|(known, _)| *known == provenance) {
            Some((_, runs)) => runs.push(run),
            None => groups.push((provenance, vec![run])),
        }
    }
    groups
        .into_iter()
        .map(|(provenance, runs)| origin(provenance, &runs, experiment))
        .collect()
}

/// What runs share that one program did on one machine: not the prompts' files, which are told with
/// the prompts, nor what was held out, which is told with the results, nor the memory that each took,
/// which is a cost, nor after which epoch a run was gone on with.
fn shared(provenance: &Provenance) -> Provenance {
    Provenance {
        prompt_files: Vec::new(),
        held_out: None,
        peak_memory: None,
        gone_on: (provenance.gone_on.iter())
            .map(|one| GoneOn {
                epochs: 0,
                by: shared(&one.by),
            })
            .collect(),
        ..provenance.clone()
    }
}

fn origin(provenance: Provenance, runs: &[&RunRecord], experiment: &str) -> Origin {
    let started = runs.iter().filter_map(|run| run.started).min();
    let finished = runs.iter().filter_map(|run| run.finished).max();
    Origin {
        commands: repeat::commands(&provenance, experiment),
        changed_lines: provenance.diff.as_deref().map_or(0, changed_lines),
        runs: runs.len(),
        benchmarks: unique(runs.iter().map(|run| run.benchmark.clone())),
        started: started.map(|time| format!("{time:.0}")),
        finished: finished.map(|time| format!("{time:.0}")),
        provenance,
    }
}

fn add(names: &mut Vec<String>, name: &str) {
    if !names.iter().any(|other| other == name) {
        names.push(name.to_owned());
    }
}

/// Lines that `git diff` marks as added or removed.
fn changed_lines(diff: &str) -> usize {
    let changed = |line: &&str| {
        let header = line.starts_with("+++ ") || line.starts_with("--- ");
        !header && (line.starts_with('+') || line.starts_with('-'))
    };
    diff.lines().filter(changed).count()
}
