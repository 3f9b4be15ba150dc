//! The similarities as plain text.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

use super::Similarities;
use crate::text::{cosine, count, one_line, visible};

/// The matrix, the closest pair and the mean of the pairs. Ends with a line feed.
///
/// Columns have the numbers that their classes have in the rows, so that eleven classes fit into
/// a terminal.
pub fn table(similarities: &Similarities, backbone: &str) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_HORIZONTAL_ONLY)
        .set_content_arrangement(ContentArrangement::Disabled);
    table.style_mut().row_separator = comfy_table::LineStyle::none();
    let classes = similarities.texts.iter().map(|(class, _)| class);
    let numbers = 1..=similarities.texts.len();
    table.set_header(
        ["".to_owned(), "Class".to_owned()]
            .into_iter()
            .chain(numbers.clone().map(|number| number.to_string())),
    );
    for ((number, class), row) in numbers.zip(classes).zip(&similarities.matrix) {
        table.add_row(
            [number.to_string(), one_line(class)]
                .into_iter()
                .chain(row.iter().map(|&value| cosine(value))),
        );
    }
    for column in table.column_iter_mut().filter(|column| column.index != 1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let shown = format!(
        "{} with the backbone {backbone}: cosine similarities of the texts\n\n{}\n\n{}\n",
        similarities.set,
        table.trim_fmt(),
        pairs(similarities)
    );
    visible(&shown).into_owned()
}

/// The closest pair and the mean, as a sentence.
pub(super) fn pairs(similarities: &Similarities) -> String {
    let (Some(closest), Some(mean)) = (similarities.closest(), similarities.mean()) else {
        return "There is one class, and so no pair.".to_owned();
    };
    format!(
        "Closest: {} and {}, {}. Mean of {}: {}.",
        one_line(closest.first),
        one_line(closest.second),
        cosine(closest.cosine),
        count(similarities.pairs().count(), "pair"),
        cosine(mean)
    )
}
