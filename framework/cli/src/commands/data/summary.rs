//! What `exp data check` prints.

use std::fmt::Write;

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use exp_data::check::{Finding, Report, SideCount};

/// Examples of a kind of finding.
const EXAMPLES: usize = 3;

/// Kinds of images.
const IMAGES: usize = 4;

/// The counts, what the clips are like, and what is wrong with them.
pub fn summary(report: &Report) -> String {
    let mut text = format!("{}\n", counts(report).trim_fmt());
    // Writing to a string cannot fail, here and below.
    if let Some(source) = report.source {
        let _ = writeln!(
            text,
            "In brackets: the official count, where it is another. Source: {source}."
        );
    }
    let _ = writeln!(text, "\n{}", lengths(report));
    if !report.images.is_empty() {
        let _ = writeln!(text, "{}", images(report));
    }
    text.push('\n');
    for (kind, findings) in report.by_kind() {
        let mark = match kind.is_fault() {
            true => "FAULT",
            false => "note",
        };
        let _ = writeln!(text, "{mark:<5}  {}", kind.in_words(findings.len()));
        for finding in findings.iter().take(EXAMPLES) {
            let _ = writeln!(text, "         {}", example(finding, report));
        }
        if findings.len() > EXAMPLES {
            let _ = writeln!(text, "         and {} more", findings.len() - EXAMPLES);
        }
    }
    let verdict = match report.is_faithful() {
        true => "Training on these clips would be faithful to the benchmark.",
        false => {
            "Training on these clips would NOT be faithful to the benchmark: see the faults above."
        }
    };
    text + verdict
}

/// A row a class and a column a side of a fold, so that eleven classes fit on a screen.
fn counts(report: &Report) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_HORIZONTAL_ONLY)
        .set_content_arrangement(ContentArrangement::Disabled);
    table.style_mut().row_separator = comfy_table::LineStyle::none();
    let several = several_folds(report);
    table.set_header(row("", report, |side| match several {
        true => format!("fold {}\n{}", side.fold, side.side.name()),
        false => side.side.name().to_owned(),
    }));
    table.add_row(row("clips", report, |side| {
        beside(side.listed, side.official)
    }));
    table.add_row(row("usable", report, |side| side.usable.to_string()));
    for (label, class) in report.classes.iter().enumerate() {
        table.add_row(row(class, report, |side| {
            let class = &side.classes[label];
            beside(class.listed, class.official)
        }));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn row(head: &str, report: &Report, cell: impl Fn(&SideCount) -> String) -> Vec<String> {
    let cells = report.sides.iter().map(cell);
    std::iter::once(head.to_owned()).chain(cells).collect()
}

/// A count, with the official one in brackets where that is another.
fn beside(count: usize, official: Option<usize>) -> String {
    match official {
        Some(official) if official != count => format!("{count} ({official})"),
        _ => count.to_string(),
    }
}

fn several_folds(report: &Report) -> bool {
    report.sides.iter().any(|side| side.fold != 1)
}

fn lengths(report: &Report) -> String {
    let Some(frames) = report.frames else {
        return "No clip can be used.".to_owned();
    };
    let officially = match report.short_officially {
        Some(count) => format!(" (in the official frames: {count})"),
        None => String::new(),
    };
    format!(
        "{} clips of {} to {} frames (median {}), {} frames in all; {} have fewer than {}{officially}.",
        report.clips,
        frames.fewest,
        frames.most,
        frames.median,
        frames.total,
        report.short,
        report.needed
    )
}

fn images(report: &Report) -> String {
    let kinds = report.images.iter().take(IMAGES).map(|images| {
        let image = images.image;
        format!(
            "{} {} of {} x {}",
            images.count,
            image.format.name(),
            image.width,
            image.height
        )
    });
    let mut kinds: Vec<String> = kinds.collect();
    if report.images.len() > IMAGES {
        kinds.push(format!("{} other kinds", report.images.len() - IMAGES));
    }
    let looked_at = match report.deep {
        true => "Images, all decoded",
        false => "Images, by the header of each clip's first frame",
    };
    format!("{looked_at}: {}.", kinds.join(", "))
}

fn example(finding: &Finding, report: &Report) -> String {
    let fold = finding.fold.filter(|_| several_folds(report));
    let mut place: Vec<String> = fold
        .map(|fold| format!("fold {fold}"))
        .into_iter()
        .collect();
    place.extend(finding.side.map(|side| side.name().to_owned()));
    place.extend(finding.clip.clone());
    match place.is_empty() {
        true => finding.detail.clone(),
        false => format!("{}: {}", place.join(" "), finding.detail),
    }
}
