//! What is wrong in the file of published results.

use exp_core::tree::{Diagnostic, Mark, Node, suggest};

use super::{Published, PublishedResult, pairs, read};

/// Everything that is wrong in the parsed file: entries that cannot be read, unknown benchmarks,
/// figures out of range, missing sources, folds that contradict each other, and entries that stand twice. `benchmarks` are the names of
/// all protocol files.
pub fn faults(node: &Node, benchmarks: &[String]) -> Vec<Diagnostic> {
    let (published, mut faults) = read(node);
    for (result, mark) in published.results.iter().zip(&published.marks) {
        faults.extend(entry_faults(result, mark, benchmarks));
    }
    faults.extend(fold_faults(&published));
    for (one, other) in pairs(published.results.len()) {
        let (first, second) = (&published.results[one], &published.results[other]);
        if first.same_setting(second) && first.same_figures(second) {
            let name = second.title();
            faults.push(
                Diagnostic::new(format!("{name} on {} stands twice", second.benchmark))
                    .at(&published.marks[other])
                    .related(&published.marks[one], "first here")
                    .help("remove one of the two"),
            );
        }
    }
    faults
}

fn entry_faults(result: &PublishedResult, mark: &Mark, benchmarks: &[String]) -> Vec<Diagnostic> {
    let mut faults = Vec::new();
    let mut fault = |message: String, help: Option<String>| {
        faults.push(Diagnostic {
            help,
            ..Diagnostic::new(message).at(mark)
        });
    };
    let name = result.title();
    if !benchmarks.contains(&result.benchmark) {
        fault(
            format!("{name}: there is no benchmark `{}`", result.benchmark),
            suggest(
                &result.benchmark,
                "there are",
                benchmarks.iter().map(String::as_str),
            ),
        );
    }
    if result.source.trim().is_empty() {
        fault(
            format!("{name} has no source"),
            Some("say where the figures were read".to_owned()),
        );
    }
    if result.uar.is_none() && result.war.is_none() {
        fault(format!("{name} has neither `uar` nor `war`"), None);
    }
    if result.fold.is_some() && result.folds.is_some() {
        fault(
            format!("{name} has both `fold` and `folds`"),
            Some("give `fold` where the figures are of one fold alone".to_owned()),
        );
    }
    for (key, value) in [("uar", result.uar), ("war", result.war)] {
        if value.is_some_and(|value| !(value > 0.0 && value <= 100.0)) {
            let value = value.unwrap_or_default();
            fault(
                format!("{name}: `{key}` is {value}, expected a percentage above 0 and up to 100"),
                None,
            );
        } else if value.is_some_and(|value| value <= 1.0) {
            fault(
                format!("{name}: `{key}` is a share, expected a percentage"),
                Some("multiply it by 100".to_owned()),
            );
        }
    }
    faults
}

/// Results of the whole protocol of a benchmark that give it another number of folds than the first
/// of them does.
fn fold_faults(published: &Published) -> impl Iterator<Item = Diagnostic> {
    let whole = |result: &PublishedResult| result.fold.is_none() && result.not_comparable.is_none();
    let all = move || {
        let marked = published.results.iter().zip(&published.marks);
        marked.filter(move |(result, _)| whole(result))
    };
    all().filter_map(move |(result, mark)| {
        let (first, first_mark) = all().find(|(one, _)| one.benchmark == result.benchmark)?;
        let (name, benchmark) = (result.title(), &result.benchmark);
        (result.folds != first.folds).then(|| {
            Diagnostic::new(format!("{name} gives {benchmark} another number of folds"))
                .at(mark)
                .related(first_mark, "than this one")
                .help("`folds` is that of the official protocol; what is of other folds is `not_comparable`")
        })
    })
}
