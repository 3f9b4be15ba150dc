//! Sentences that every renderer says alike.

use exp_core::experiment::{FROZEN_NOTE, TF32_NOTE};
use exp_core::metrics::{Metric, Rule};
use exp_core::provenance::HeldOut;

use crate::summary::{BenchmarkSummary, Summary, unique};
use crate::text::{count, list, span};

/// What a selection rule takes.
pub fn rule(rule: Rule, benchmark: &BenchmarkSummary) -> String {
    match rule {
        Rule::Last => "the last epoch".to_owned(),
        Rule::BestTest => "the epoch with the best WAR on the test set".to_owned(),
        Rule::HeldOut => {
            let shares = benchmark.settings.iter().filter_map(|own| own.held_out);
            // Rounded, since 0.29 times 100 is not 29.
            let shares = unique(shares)
                .into_iter()
                .map(|share| (1e4 * share).round() / 1e2);
            let shares: Vec<String> = shares.map(|share| share.to_string()).collect();
            format!(
                "the epoch with the best WAR on the held-out {} % of the training set",
                shares.join(" or ")
            )
        }
    }
}

/// What was kept out of training, or nothing.
pub fn held_out(benchmark: &BenchmarkSummary) -> Option<String> {
    let span_of = |count: &dyn Fn(&HeldOut) -> Option<usize>| {
        let counts = || benchmark.held_out.iter().filter_map(count);
        counts()
            .min()
            .zip(counts().max())
            .map(|(least, most)| span(least, most))
    };
    let clips = span_of(&|one| Some(one.clips))?;
    let of_clips = span_of(&|one| Some(one.of_clips))?;
    let persons = span_of(&|one| Some(one.persons?.0));
    let of_persons = span_of(&|one| Some(one.persons?.1));
    let how = match persons.zip(of_persons) {
        Some((persons, all)) => format!("all of {persons} of {all} persons"),
        None => "of each class by chance".to_owned(),
    };
    let which: Vec<&str> = (benchmark.settings.iter())
        .filter(|own| own.held_out.is_some())
        .map(|own| own.setting.letter.as_str())
        .collect();
    let which = match which.len() == benchmark.settings.len() {
        true => String::new(),
        false => format!(" ({})", list(&which)),
    };
    Some(format!(
        "Kept out of training{which}, to choose an epoch by: {clips} of {of_clips} training clips, {how}. All figures are of models trained on the others."
    ))
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
pub fn selected(rule: Rule, benchmark: &BenchmarkSummary) -> String {
    let flaw = match rule {
        Rule::Last | Rule::HeldOut => "",
        Rule::BestTest => ", which is too good by construction",
    };
    format!(
        "Rule {}: {}{flaw}.",
        rule.name(),
        self::rule(rule, benchmark)
    )
}

/// The short name of a figure.
pub fn metric(metric: Metric) -> &'static str {
    match metric {
        Metric::Uar => "UAR",
        Metric::War => "WAR",
    }
}
