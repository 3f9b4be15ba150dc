//! How tables, settings and measures look in the terminal.

use std::borrow::Cow;

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use exp_report::text::{one_line, visible};
use jiff::Timestamp;
use serde_json::Value;

/// A table with a line under its header. The columns `right` are aligned to the right.
pub fn table<'a>(
    header: impl IntoIterator<Item = &'a str>,
    right: &[usize],
    rows: impl IntoIterator<Item = Vec<String>>,
) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_HORIZONTAL_ONLY)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(header.into_iter().map(cell));
    table.style_mut().row_separator = comfy_table::LineStyle::none();
    for row in rows {
        table.add_row(row.iter().map(|text| cell(text)));
    }
    for &column in right {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.trim_fmt()
}

fn cell(text: &str) -> String {
    one_line(&visible(text))
}

/// Settings, or anything like them, as YAML.
pub fn yaml(value: &Value) -> anyhow::Result<String> {
    let options = serde_saphyr::ser_options! {
        compact_list_indent: false,
        folded_wrap_chars: usize::MAX,
        no_lang_directive: true,
    };
    Ok(serde_saphyr::to_string_with_options(value, options)?)
}

/// A value in a table: a string as it is, a plugin without settings by its name, else JSON.
pub fn value(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => text.into(),
        Value::Object(map) => match map.iter().next() {
            Some((name, inner))
                if map.len() == 1 && *inner == Value::Object(Default::default()) =>
            {
                name.into()
            }
            _ => value.to_string().into(),
        },
        other => other.to_string().into(),
    }
}

/// The first digits of a run's id, enough to name it.
pub fn short(id: &str) -> &str {
    id.get(..8).unwrap_or(id)
}

/// A moment to the second, in UTC.
pub fn moment(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// A duration: `12.3 s`, `3 min 12 s`, `2 h 05 min`.
pub fn duration(seconds: f64) -> String {
    if seconds < 60.0 {
        return format!("{seconds:.1} s");
    }
    let whole = seconds.round() as u64;
    match whole / 3600 {
        0 => format!("{} min {:02} s", whole / 60, whole % 60),
        hours => format!("{hours} h {:02} min", whole % 3600 / 60),
    }
}

/// A number of bytes: `512 bytes`, `4.2 MB`.
pub fn bytes(bytes: u64) -> String {
    let mut size = bytes as f64;
    let mut unit = "bytes";
    for larger in ["kB", "MB", "GB", "TB"] {
        if size < 1000.0 {
            break;
        }
        (size, unit) = (size / 1000.0, larger);
    }
    match unit {
        "bytes" => format!("{bytes} bytes"),
        _ => format!("{size:.1} {unit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn measures_read_well() {
        assert_eq!(duration(59.94), "59.9 s");
        assert_eq!(duration(192.4), "3 min 12 s");
        assert_eq!(duration(7500.0), "2 h 05 min");
        assert_eq!(
            [999, 1000, 4_234_000_000].map(bytes),
            ["999 bytes", "1.0 kB", "4.2 GB"]
        );
    }

    #[test]
    fn a_plugin_is_called_by_its_name() {
        assert_eq!(value(&json!({"mean": {}})), "mean");
        assert_eq!(
            value(&json!({"transformer": {"depth": 1}})),
            r#"{"transformer":{"depth":1}}"#
        );
        assert_eq!(value(&json!("none")), "none");
        assert_eq!(value(&json!(0.5)), "0.5");
    }
}
