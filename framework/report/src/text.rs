//! How data and figures become text, alike for every renderer.

use std::borrow::Cow;
use std::fmt::Write;

use crate::figure::Figure;

/// A text in which every character that could disturb its surroundings is written out.
///
/// Control characters (but line feed and tab) and the invisible characters that turn the direction
/// of writing become `[U+202E]` and the like: a report shows what a prompt holds, a terminal
/// obeys no escape sequence of a label, and no text reorders the words beside it.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(disturbs) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if disturbs(character) {
            // Writing to a string cannot fail.
            let _ = write!(shown, "[U+{:04X}]", u32::from(character));
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

/// Control characters, and Unicode's Bidi_Control set (Unicode Standard Annex 9).
fn disturbs(character: char) -> bool {
    let harmless = character == '\n' || character == '\t';
    let turns = matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}')
        || ('\u{202a}'..='\u{202e}').contains(&character)
        || ('\u{2066}'..='\u{2069}').contains(&character);
    (character.is_control() && !harmless) || turns
}

/// The longest label, class or other name that is shown whole wherever it stands.
pub const LONGEST: usize = 80;

/// A name as it is shown where it stands in many places: one that is longer than [`LONGEST`]
/// characters is cut, with an ellipsis.
pub fn short(name: &str) -> Cow<'_, str> {
    cut(name, LONGEST)
}

/// The first characters of a text, and an ellipsis where there are more.
pub fn cut(text: &str, longest: usize) -> Cow<'_, str> {
    match text.char_indices().nth(longest) {
        Some((end, _)) => Cow::Owned(format!("{}…", text[..end].trim_end())),
        None => Cow::Borrowed(text),
    }
}

/// A text without line feeds and tabs, which would break a row.
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A percentage with one decimal.
pub fn percent(value: f64) -> String {
    format!("{value:.1}")
}

/// A cosine with two decimals; what rounds to zero has no sign.
pub fn cosine(value: f64) -> String {
    let shown = format!("{value:.2}");
    match shown.as_str() {
        "-0.00" => "0.00".to_owned(),
        _ => shown,
    }
}

/// A time as `0.8 s`, `4 min 10 s` or `2 h 05 min`.
pub fn duration(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    match whole {
        0..10 => format!("{seconds:.1} s"),
        10..60 => format!("{whole} s"),
        60..3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3600, whole / 60 % 60),
    }
}

/// An energy in joules as `0.8 Wh` or `1.25 kWh`.
pub fn energy(joules: f64) -> String {
    let watt_hours = joules / 3600.0;
    match watt_hours < 999.95 {
        true => format!("{watt_hours:.1} Wh"),
        false => format!("{:.2} kWh", watt_hours / 1000.0),
    }
}

/// A size as `999 B` or `1.5 GB`, in powers of 1,000.
pub fn bytes(bytes: u64) -> String {
    let units = ["kB", "MB", "GB", "TB"];
    let mut size = bytes as f64;
    let mut shown = format!("{bytes} B");
    for unit in units {
        if size < 999.95 {
            break;
        }
        size /= 1000.0;
        shown = format!("{size:.1} {unit}");
    }
    shown
}

/// A figure as `61.2 ± 1.3 (5)`: mean, standard deviation, n. One seed has no deviation; without
/// a seed there is a dash.
pub fn figure(figure: &Figure) -> String {
    match (figure.mean, figure.sd) {
        (Some(mean), Some(sd)) => format!("{} ± {} ({})", percent(mean), percent(sd), figure.n),
        (Some(mean), None) => format!("{} ({})", percent(mean), figure.n),
        (None, _) => "–".to_owned(),
    }
}

/// A number with its noun: `1 seed`, `5 seeds`.
pub fn count(number: usize, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        _ => format!("{number} {noun}s"),
    }
}

/// `5` or `4 to 5`.
pub fn span(least: impl PartialEq + ToString, most: impl PartialEq + ToString) -> String {
    let (least, most) = (least.to_string(), most.to_string());
    if least == most {
        least
    } else {
        format!("{least} to {most}")
    }
}

/// Things in a row: `1, 2 and 3`.
pub fn list<T: ToString>(things: &[T]) -> String {
    let mut words: Vec<String> = things.iter().map(T::to_string).collect();
    match words.pop() {
        None => String::new(),
        Some(last) if words.is_empty() => last,
        Some(last) => format!("{} and {last}", words.join(", ")),
    }
}

/// The letter that stands for the setting at `index` in charts: A, B, … Z, AA, AB, …
pub fn letter(index: usize) -> String {
    let last = char::from(b'A' + (index % 26) as u8);
    match index / 26 {
        0 => last.to_string(),
        more => format!("{}{last}", letter(more - 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_disturbs_is_written_out() {
        assert_eq!(
            visible("a\u{202e}b\u{1b}[31m\0"),
            "a[U+202E]b[U+001B][31m[U+0000]"
        );
        assert_eq!(
            visible("عربى, two\nlines\tand 😀"),
            "عربى, two\nlines\tand 😀"
        );
    }

    #[test]
    fn long_names_are_cut_between_characters() {
        assert_eq!(short("depth 2"), "depth 2");
        assert_eq!(short(&"é".repeat(LONGEST)), "é".repeat(LONGEST));
        let cut = short(&"é".repeat(10_000)).into_owned();
        assert_eq!(cut, format!("{}…", "é".repeat(LONGEST)));
    }

    #[test]
    fn sizes_are_read_at_a_glance() {
        let sizes = [999, 4_096, 1_500_000_000, 80_000_000_000].map(bytes);
        assert_eq!(sizes, ["999 B", "4.1 kB", "1.5 GB", "80.0 GB"]);
    }

    #[test]
    fn times_have_two_parts_at_most() {
        assert_eq!(energy(2_880.0), "0.8 Wh");
        assert_eq!(energy(3_599_999.0), "1.00 kWh");
        assert_eq!(energy(4_500_000.0), "1.25 kWh");
        let times = [0.04, 9.96, 59.4, 61.0, 3599.0, 7500.0].map(duration);
        assert_eq!(
            times,
            [
                "0.0 s",
                "10 s",
                "59 s",
                "1 min 01 s",
                "59 min 59 s",
                "2 h 05 min"
            ]
        );
    }

    #[test]
    fn letters_go_on_after_z() {
        let letters = [0, 25, 26, 51, 52, 701, 702].map(letter);
        assert_eq!(letters, ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]);
    }

    #[test]
    fn lists_and_spans_read_as_words() {
        assert_eq!(list(&[1, 2, 3]), "1, 2 and 3");
        assert_eq!(list(&["one"]), "one");
        assert_eq!(list::<u8>(&[]), "");
        assert_eq!(
            (span(5, 5), span(4, 5)),
            ("5".to_owned(), "4 to 5".to_owned())
        );
        assert_eq!(
            (count(1, "seed"), count(0, "seed")),
            ("1 seed".to_owned(), "0 seeds".to_owned())
        );
    }
}
