//! The tables of a document.

use exp_core::metrics::{Metric, Rule};

use super::{Cell, Column, Table};
use crate::across::{Measured, Row, across};
use crate::beside::{Entry, standings};
use crate::figure::Figure;
use crate::summary::{BenchmarkSummary, Setting, SettingSummary};
use crate::verdict::{BenchmarkVerdict, Effect, decimals, p_value, points, signed};
use crate::{Report, describe, text};

/// Every table of one benchmark: the results under each rule, then folds and recalls under the
/// report's own.
pub(super) fn tables(report: &Report, at: usize, benchmark: &BenchmarkSummary) -> Vec<Table> {
    let view = report.view;
    let mut tables: Vec<Table> = (benchmark.rules(view.rule))
        .map(|rule| results(report, benchmark, rule))
        .collect();
    let verdicts = report.verdict.benchmarks.iter();
    let verdict = verdicts
        .into_iter()
        .find(|verdict| verdict.benchmark == benchmark.name);
    tables.extend(
        verdict
            .map(|verdict| comparisons(verdict, benchmark))
            .filter(|table| !table.rows.is_empty()),
    );
    tables.extend(published(report, at, benchmark));
    if benchmark.folds.len() > 1 {
        tables.extend([Metric::Uar, Metric::War].map(|metric| folds(report, benchmark, metric)));
    }
    tables.push(recalls(report, benchmark));
    tables
}

/// Results on all benchmarks, where there are several.
pub(super) fn side_by_side(report: &Report) -> Option<Table> {
    let across = across(report)?;
    let titles = across.benchmarks.iter().flat_map(|own| {
        let drawn = if own.synthetic { " (drawn faces)" } else { "" };
        ["UAR", "WAR"].map(|metric| format!("{}{drawn} {metric}", own.name))
    });
    let row = |row: &Row| {
        let cell = |own: &Option<Measured>| {
            let own = own.as_ref();
            own.map_or(Cell::none(), |own| cell(own.figure, own.best))
        };
        head(row.setting)
            .chain(row.figures.iter().map(cell))
            .collect()
    };
    let counted =
        (across.benchmarks.iter()).map(|own| format!("On {}: {}.", own.name, own.counted));
    let figures = "UAR and WAR in percent, mean ± standard deviation (n).".to_owned();
    let caption: Vec<String> = [across.rule, figures]
        .into_iter()
        .chain(counted)
        .chain(across.notes)
        .collect();
    Some(Table {
        title: "Results on all benchmarks".to_owned(),
        caption: caption.join(" "),
        columns: columns(report, titles),
        rows: across.rows.iter().map(row).collect(),
    })
}

/// Every comparison, the primary ones first.
fn comparisons(verdict: &BenchmarkVerdict, benchmark: &BenchmarkSummary) -> Table {
    let row = |effect: &Effect| {
        let evidence = &effect.evidence;
        let mut values: Vec<f64> = evidence.mean.into_iter().collect();
        let test = evidence.test;
        values.extend(
            test.into_iter()
                .flat_map(|test| [test.interval.low, test.interval.high]),
        );
        let decimals = decimals(&values);
        let dash = || "–".to_owned();
        let interval = test.map_or_else(dash, |test| {
            let ends = [test.interval.low, test.interval.high].map(|end| points(end, decimals));
            ends.join(" to ")
        });
        [
            format!("{}: {} − {}", effect.factor, effect.level, effect.baseline),
            describe::metric(effect.metric).to_owned(),
            evidence
                .mean
                .map_or_else(dash, |mean| signed(mean, decimals)),
            interval,
            evidence.corrected.map_or_else(dash, p_value),
            evidence.n.to_string(),
        ]
        .map(Cell::Text)
        .to_vec()
    };
    let titles = [
        "Comparison",
        "Figure",
        "Difference",
        "95 % interval",
        "p",
        "n",
    ];
    Table {
        title: format!("Comparisons on {}", verdict.benchmark),
        caption: format!(
            "{} Differences in percentage points, averaged over folds and the other factors within a seed; p after Holm's correction.",
            (verdict.primary.iter().chain(&verdict.others).next()).map_or_else(
                String::new,
                |effect| describe::selected(effect.rule, benchmark)
            )
        ),
        columns: (titles.iter().enumerate())
            .map(|(at, title)| Column {
                title: (*title).to_owned(),
                figures: at > 1,
            })
            .collect(),
        rows: verdict
            .primary
            .iter()
            .chain(&verdict.others)
            .map(row)
            .collect(),
    }
}

/// Published results with ours among them.
fn published(report: &Report, at: usize, benchmark: &BenchmarkSummary) -> Option<Table> {
    let standings = standings(&report.beside[at], benchmark, report.view);
    let against = standings.against.as_ref();
    let row = |row: Entry| {
        let head = [row.title, row.published, row.backbone, row.uar, row.war];
        let place = against.map(|_| row.against);
        let cells = head.into_iter().chain(place).chain([row.differs]);
        cells.map(Cell::Text).collect()
    };
    let head = ["Method", "Published", "Backbone", "UAR", "WAR"].map(str::to_owned);
    let place = against.map(|letter| format!("Against {letter}"));
    let titles = head.into_iter().chain(place);
    let titles = titles.chain(["Differs from ours".to_owned()]);
    let ours = format!(
        "Published figures are points. Ours: {} Mean with a 95 % interval over seeds.",
        describe::selected(report.view.rule, benchmark)
    );
    let caption = [standings.figures, ours].into_iter().chain(standings.notes);
    (!standings.rows.is_empty()).then(|| Table {
        title: format!("Beside published results on {}", benchmark.name),
        caption: caption.collect::<Vec<_>>().join(" "),
        columns: (titles.enumerate())
            .map(|(at, title)| Column {
                title,
                figures: at == 3 || at == 4,
            })
            .collect(),
        rows: standings.rows.into_iter().map(row).collect(),
    })
}

fn results(report: &Report, benchmark: &BenchmarkSummary, rule: Rule) -> Table {
    let best = |metric| report.best(benchmark, metric, rule);
    let row = |(at, setting): (usize, &SettingSummary)| {
        let under = setting.rule(rule);
        let figures = [(Metric::Uar, &under.uar), (Metric::War, &under.war)];
        let figures = figures.map(|(metric, figure)| {
            let best = best(metric) == Some(at);
            cell(figure, best)
        });
        head(&setting.setting).chain(figures).collect()
    };
    Table {
        title: format!(
            "Results on {}, {}",
            benchmark.name,
            describe::rule(rule, benchmark)
        ),
        caption: format!(
            "{} UAR and WAR in percent, mean ± standard deviation (n); {}; {}. {}",
            describe::selected(rule, benchmark),
            describe::counted(benchmark, rule),
            describe::clips(benchmark),
            describe::BEST,
        ),
        columns: columns(report, ["UAR".to_owned(), "WAR".to_owned()]),
        rows: benchmark.settings.iter().enumerate().map(row).collect(),
    }
}

fn folds(report: &Report, benchmark: &BenchmarkSummary, metric: Metric) -> Table {
    let rule = report.view.rule;
    let name = describe::metric(metric);
    let row = |setting: &SettingSummary| {
        let under = setting.rule(rule);
        let own = |fold: &u32| {
            let found = under.folds.iter().find(|own| own.fold == *fold);
            found.map_or(Cell::none(), |found| cell(found.metric(metric), false))
        };
        let folds = benchmark.folds.iter().map(own);
        let mean = cell(under.metric(metric), false);
        head(&setting.setting).chain(folds).chain([mean]).collect()
    };
    let titles = benchmark.folds.iter().map(|fold| format!("Fold {fold}"));
    Table {
        title: format!("{name} of each fold of {}", benchmark.name),
        caption: format!(
            "{} {name} in percent, mean ± standard deviation (n); n counts seeds.",
            describe::selected(rule, benchmark)
        ),
        columns: columns(report, titles.chain(["Mean".to_owned()])),
        rows: benchmark.settings.iter().map(row).collect(),
    }
}

fn recalls(report: &Report, benchmark: &BenchmarkSummary) -> Table {
    let rule = report.view.rule;
    let row = |setting: &SettingSummary| {
        let recalls = &setting.rule(rule).recalls;
        let own = |class: &String| {
            let found = recalls.iter().find(|recall| recall.class == *class);
            found.map_or(Cell::none(), |found| cell(&found.figure, false))
        };
        head(&setting.setting)
            .chain(benchmark.classes.iter().map(own))
            .collect()
    };
    Table {
        title: format!("Recall of each class of {}", benchmark.name),
        caption: format!(
            "{} Recall in percent, mean ± standard deviation (n); n counts seeds.",
            describe::selected(rule, benchmark)
        ),
        columns: columns(report, benchmark.classes.iter().cloned()),
        rows: benchmark.settings.iter().map(row).collect(),
    }
}

/// The columns that name a setting, and some with figures.
fn columns(report: &Report, figures: impl IntoIterator<Item = String>) -> Vec<Column> {
    let words = std::iter::once("Setting".to_owned()).chain(report.summary.factors.iter().cloned());
    let words = words.map(|title| Column {
        title,
        figures: false,
    });
    let figures = figures.into_iter().map(|title| Column {
        title,
        figures: true,
    });
    words.chain(figures).collect()
}

/// The cells that name a setting.
fn head(setting: &Setting) -> impl Iterator<Item = Cell> {
    let letter = setting.letter.clone();
    let labels = setting.labels.iter().cloned();
    std::iter::once(letter).chain(labels).map(Cell::Text)
}

fn cell(figure: &Figure, best: bool) -> Cell {
    match figure.mean {
        None => Cell::none(),
        Some(mean) => Cell::Figure {
            mean: text::percent(mean),
            sd: figure.sd.map(text::percent),
            n: figure.n,
            best,
        },
    }
}

impl Cell {
    fn none() -> Self {
        Self::Text("–".to_owned())
    }
}
