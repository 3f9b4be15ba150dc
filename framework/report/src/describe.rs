//! Sentences that every renderer says alike.

use exp_core::experiment::{FROZEN_NOTE, TF32_NOTE};
use exp_core::metrics::{Metric, Rule};

use crate::summary::{BenchmarkSummary, Summary};
use crate::text::{count, list, span};

/// What a selection rule takes.
pub fn rule(rule: Rule) -> &'static str {
    match rule {
        Rule::Last => "the last epoch",
        Rule::BestTest => "the epoch with the best WAR on the test set",
    }
}

/// What n counts: `n = 5 seeds, each the mean over 5 folds`.
pub fn counted(benchmark: &BenchmarkSummary, rule: Rule) -> String {
    let (least, most) = benchmark.n(rule);
    let noun = if most == 1 { "seed" } else { "seeds" };
    let n = format!("n = {} {noun}", span(least, most));
    match benchmark.folds.len() {
        1 => n,
        folds => format!("{n}, each the mean over {folds} folds"),
    }
}

/// How many clips a figure stands on: `210 test clips`.
pub fn clips(benchmark: &BenchmarkSummary) -> String {
    let Some((least, most)) = benchmark.clips else {
        return "no test clip yet".to_owned();
    };
    let noun = if most == 1 { "test clip" } else { "test clips" };
    let each = if benchmark.folds.len() > 1 {
        " a fold"
    } else {
        ""
    };
    format!("{} {noun}{each}", span(least, most))
}

/// The size of the grid on one benchmark: `synthetic: 4 settings × 5 seeds = 20 runs of 12 epochs,
/// 210 test clips`.
pub fn grid(benchmark: &BenchmarkSummary) -> String {
    let mut factors = vec![
        count(benchmark.settings.len(), "setting"),
        count(benchmark.seeds.len(), "seed"),
    ];
    let mut product = benchmark.settings.len() * benchmark.seeds.len();
    if benchmark.folds.len() > 1 {
        factors.push(count(benchmark.folds.len(), "fold"));
        product *= benchmark.folds.len();
    }
    let runs = count(benchmark.runs, "run");
    // Not a full grid if settings differ in their folds.
    let grid = if product == benchmark.runs {
        format!("{} = {runs}", factors.join(" × "))
    } else {
        format!("{}, {runs}", factors.join(", "))
    };
    let epochs = match benchmark.epochs {
        Some((least, most)) => format!(
            " of {} {}",
            span(least, most),
            if most == 1 { "epoch" } else { "epochs" }
        ),
        None => String::new(),
    };
    format!("{}: {grid}{epochs}, {}", benchmark.name, clips(benchmark))
}

/// How the runs ended: `19 done, 1 failed`.
pub fn statuses(summary: &Summary) -> String {
    let parts = summary
        .statuses
        .iter()
        .map(|(status, count)| format!("{count} {status}"));
    parts.collect::<Vec<_>>().join(", ")
}

/// What has to be known of settings whose image encoder is frozen, or nothing.
pub fn frozen(benchmark: &BenchmarkSummary) -> Option<String> {
    note(benchmark, &benchmark.frozen, FROZEN_NOTE)
}

/// What has to be known of settings that may have been computed in TF32, or nothing.
pub fn tf32(benchmark: &BenchmarkSummary) -> Option<String> {
    note(benchmark, &benchmark.tf32, TF32_NOTE)
}

/// A note on the settings with these letters, if there are any.
fn note(benchmark: &BenchmarkSummary, letters: &[String], note: &str) -> Option<String> {
    let which = match letters.len() == benchmark.settings.len() {
        true => String::new(),
        false => format!(" ({})", list(letters)),
    };
    (!letters.is_empty()).then(|| format!("Note{which}: {note}."))
}

/// Classes without a test clip, or nothing.
pub fn absent(benchmark: &BenchmarkSummary) -> Option<String> {
    let class = |(class, folds): &(String, Vec<u32>)| {
        if *folds == benchmark.folds {
            class.clone()
        } else {
            let noun = if folds.len() == 1 { "fold" } else { "folds" };
            format!("{class} (in {noun} {})", list(folds))
        }
    };
    let classes: Vec<String> = benchmark.absent.iter().map(class).collect();
    (!classes.is_empty()).then(|| {
        format!(
            "Without a test clip, and so left out of UAR: {}.",
            list(&classes)
        )
    })
}

/// What drawn faces are worth.
pub const DRAWN: &str = "The clips are drawn by a program: figures on them say nothing about real faces and cannot be compared with published ones.";

/// What bold means.
pub const BEST: &str = "Bold: distinguishable from the next best.";

/// What a selection rule is called in a caption, with its flaw.
pub fn selected(rule: Rule) -> String {
    let flaw = match rule {
        Rule::Last => "",
        Rule::BestTest => ", which is too good by construction",
    };
    format!("Rule {}: {}{flaw}.", rule.name(), self::rule(rule))
}

/// The short name of a figure.
pub fn metric(metric: Metric) -> &'static str {
    match metric {
        Metric::Uar => "UAR",
        Metric::War => "WAR",
    }
}
