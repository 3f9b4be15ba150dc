//! The results as plain text, for the end of a run.

use std::fmt::Write;

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use exp_core::metrics::Rule;

use crate::describe;
use crate::summary::{BenchmarkSummary, Summary};
use crate::text;
use crate::verdict::Verdict;

/// Every benchmark's table of settings under the rule `last`, what its figures mean, and the runs
/// that do not count. Ends with a line feed; empty for an experiment without a run.
pub fn table(summary: &Summary) -> String {
    let mut shown = String::new();
    for benchmark in &summary.benchmarks {
        // Writing to a string cannot fail, here and below.
        let _ = writeln!(shown, "{} on {}\n", summary.name, benchmark.name);
        let _ = writeln!(shown, "{}\n", results(summary, benchmark).trim_fmt());
        let _ = writeln!(
            shown,
            "UAR and WAR in percent: mean ± standard deviation (n); {}.",
            describe::counted(benchmark, Rule::Last)
        );
        let _ = writeln!(
            shown,
            "Rule `last`: {}, on {}.",
            describe::rule(Rule::Last, benchmark),
            describe::clips(benchmark)
        );
        let notes = [describe::absent(benchmark), describe::held_out(benchmark)];
        for note in notes.into_iter().flatten() {
            let _ = writeln!(shown, "{note}");
        }
        let notes = [describe::frozen(benchmark), describe::tf32(benchmark)];
        for note in notes.into_iter().flatten() {
            let _ = writeln!(shown, "{note}");
        }
        if benchmark.synthetic {
            let _ = writeln!(
                shown,
                "The clips are drawn: these figures say nothing about real faces."
            );
        }
        shown.push('\n');
    }
    left_out(summary, &mut shown);
    let end = shown.trim_end().len();
    shown.truncate(end);
    if !shown.is_empty() {
        shown.push('\n');
    }
    text::visible(&shown).into_owned()
}

/// What the comparisons say, as a few lines for below the table: the answer on each benchmark, and
/// what has to be known of it. Ends with a line feed.
pub fn answer(verdict: &Verdict) -> String {
    let mut shown = String::new();
    for benchmark in &verdict.benchmarks {
        if verdict.benchmarks.len() > 1 {
            let _ = writeln!(shown, "On {}:", benchmark.benchmark);
        }
        for sentence in benchmark.answer.iter().chain(&benchmark.notes) {
            let _ = writeln!(shown, "{}", text::one_line(sentence));
        }
    }
    text::visible(&shown).into_owned()
}

fn results(summary: &Summary, benchmark: &BenchmarkSummary) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_HORIZONTAL_ONLY)
        .set_content_arrangement(ContentArrangement::Disabled);
    table.style_mut().row_separator = comfy_table::LineStyle::none();
    let factors = summary.factors.iter().map(|factor| text::one_line(factor));
    table.set_header(
        std::iter::once(String::new())
            .chain(factors)
            .chain(["UAR".to_owned(), "WAR".to_owned()]),
    );
    for setting in &benchmark.settings {
        let rule = setting.rule(Rule::Last);
        let labels = setting
            .setting
            .labels
            .iter()
            .map(|label| text::one_line(label));
        table.add_row(
            std::iter::once(setting.setting.letter.clone())
                .chain(labels)
                .chain([text::figure(&rule.uar), text::figure(&rule.war)]),
        );
    }
    let columns = summary.factors.len() + 3;
    for column in [columns - 2, columns - 1] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

fn left_out(summary: &Summary, shown: &mut String) {
    if summary.left_out.is_empty() {
        return;
    }
    let runs = text::count(summary.left_out.len(), "run");
    let verb = if summary.left_out.len() == 1 {
        "is"
    } else {
        "are"
    };
    let _ = writeln!(shown, "{runs} {verb} not in these figures:");
    for run in &summary.left_out {
        let several = summary
            .benchmarks
            .iter()
            .any(|benchmark| benchmark.name == run.benchmark && benchmark.folds.len() > 1);
        let fold = if several {
            format!(", fold {}", run.fold)
        } else {
            String::new()
        };
        let on = if summary.benchmarks.len() > 1 {
            format!(" on {}", run.benchmark)
        } else {
            String::new()
        };
        let _ = writeln!(
            shown,
            "  {}{on}, seed {}{fold} ({}): {}",
            run.letter,
            run.seed,
            run.status,
            text::one_line(&run.reason)
        );
    }
}
