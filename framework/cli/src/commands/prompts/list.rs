//! `exp prompts list`: the sets there are.

use clap::Args;
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use exp_prompts::DescriptionSet;
use exp_prompts::check::token_count;
use exp_prompts::description_set::names;
use exp_report::text::{span, visible};

use crate::Outcome;
use crate::project::Project;

/// List the description sets of the project.
#[derive(Args)]
pub struct Arguments {}

pub fn run(_: &Arguments) -> anyhow::Result<Outcome> {
    let folder = Project::find(&std::env::current_dir()?)?.prompts();
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_HORIZONTAL_ONLY)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(["Set", "Classes", "Tokens", "Origin"]);
    table.style_mut().row_separator = comfy_table::LineStyle::none();
    let mut outcome = Outcome::Done;
    for name in names(&folder)? {
        match DescriptionSet::load(&folder, &name) {
            Ok(set) => drop(table.add_row(row(&set))),
            Err(error) => {
                eprintln!("{}", visible(&error.to_string()));
                outcome = Outcome::SomeFailed;
            }
        }
    }
    for column in [1, 2] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    println!("{}", table.trim_fmt());
    println!(
        "\nTokens: of the shortest and the longest text; CLIP reads 75 less those of the context."
    );
    Ok(outcome)
}

fn row(set: &DescriptionSet) -> [String; 4] {
    let tokens = set.texts.iter().map(|(_, text)| token_count(text));
    let (least, most) = tokens.fold((usize::MAX, 0), |(least, most), tokens| {
        (least.min(tokens), most.max(tokens))
    });
    let mut origin = set.provenance.to_string();
    if let Some(edit) = set.edits.last() {
        origin.push_str(&format!(", edited {}", edit.date));
    }
    [
        visible(&set.name).into_owned(),
        set.texts.len().to_string(),
        span(least, most),
        visible(&origin).replace(['\n', '\t'], " "),
    ]
}
