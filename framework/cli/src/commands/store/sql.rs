//! `exp store sql`: a question to the store.

use clap::Args;
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use exp_report::text::visible;
use exp_store::{SqlAnswer, query};
use serde_json::{Map, Value};

use super::StoreArgument;
use crate::Outcome;

/// Ask the store in SQL; it is only read. `SELECT sql FROM sqlite_schema` shows its tables.
#[derive(Args)]
pub struct Arguments {
    /// The question, as in "SELECT id, status FROM run".
    #[arg(value_name = "SELECT")]
    sql: String,
    /// Print a JSON list with an object for each row.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    store: StoreArgument,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let answer = query(&arguments.store.path()?, &arguments.sql)?;
    match arguments.json {
        true => println!("{}", serde_json::to_string_pretty(&objects(answer))?),
        false => println!("{}", table(&answer)),
    }
    Ok(Outcome::Done)
}

fn objects(answer: SqlAnswer) -> Vec<Map<String, Value>> {
    let columns = &answer.columns;
    let object = |row: Vec<Value>| columns.iter().cloned().zip(row).collect();
    answer.rows.into_iter().map(object).collect()
}

fn table(answer: &SqlAnswer) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_HORIZONTAL_ONLY)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(answer.columns.iter().map(|name| visible(name)));
    table.style_mut().row_separator = comfy_table::LineStyle::none();
    for row in &answer.rows {
        table.add_row(row.iter().map(|value| match value {
            Value::Null => String::new(),
            Value::String(text) => visible(text).into_owned(),
            number => number.to_string(),
        }));
    }
    for (at, _) in answer.columns.iter().enumerate() {
        let numbers = answer
            .rows
            .iter()
            .all(|row| row[at].is_number() || row[at].is_null());
        if let Some(column) = table.column_mut(at).filter(|_| numbers) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.trim_fmt()
}
