//! The repair of a text that CLIP makes before it looks for tokens.
//!
//! CLIP runs the Python library ftfy with its default settings, then undoes HTML escapes twice, joins
//! white space and lowers case (`basic_clean` and `whitespace_clean` in `clip/simple_tokenizer.py` of
//! <https://github.com/openai/CLIP>). Of ftfy's steps (<https://ftfy.readthedocs.io>) we do those that
//! work on characters: HTML escapes, Windows characters among the C1 controls, Latin ligatures, full
//! and half width, curly quotes, control characters, and composition (NFC).
//!
//! Not done: the repair of mojibake (a text decoded from the wrong encoding, such as `cafÃ©`) and the
//! removal of terminal colour codes. HTML escapes must end in a semicolon, as they do when a program
//! wrote them.

use html_escape::decode_html_entities;
use unicode_normalization::UnicodeNormalization;

/// What Windows-1252 has at 0x80 to 0x9F; five places are empty.
const WINDOWS_1252: &str = "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}Ž\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}žŸ";

/// The text as CLIP's byte-pair encoding sees it.
pub(crate) fn clean(text: &str) -> String {
    // ftfy leaves escapes alone in what looks like HTML.
    let unescape = !text.contains('<');
    let mut text = text.to_owned();
    // An unescaped character may need repair, and a repaired one may complete an escape. Each round
    // that changes something makes the text shorter or its characters simpler, so this ends.
    loop {
        let repaired = repair(&text, unescape);
        if repaired == text {
            break;
        }
        text = repaired;
    }
    let text = undo_escapes(&undo_escapes(&text));
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").to_lowercase()
}

fn repair(text: &str, unescape: bool) -> String {
    let unescaped = if unescape {
        undo_escapes(text)
    } else {
        text.to_owned()
    };
    unescaped
        .chars()
        .map(windows_character)
        .flat_map(simple_form)
        .map(straight_quote)
        .filter(|character| !is_control(*character))
        .nfc()
        .collect()
}

/// HTML says that numbers 128 to 159 mean Windows characters, too.
fn undo_escapes(text: &str) -> String {
    decode_html_entities(text)
        .chars()
        .map(windows_character)
        .collect()
}

fn windows_character(character: char) -> char {
    match character {
        '\u{80}'..='\u{9f}' => WINDOWS_1252
            .chars()
            .nth(character as usize - 0x80)
            .unwrap_or(character),
        _ => character,
    }
}

/// Ligatures to their letters, full and half width forms to the usual ones.
fn simple_form(character: char) -> impl Iterator<Item = char> {
    let is_form = matches!(
        character,
        'Ĳ' | 'ĳ' | 'ŉ' | 'Ǆ'..='ǌ' | 'Ǳ'..='ǳ' | 'ﬀ'..='ﬆ' | '\u{3000}' | '\u{ff01}'..='\u{ffef}'
    );
    let (form, same) = if is_form {
        (Some(character), None)
    } else {
        (None, Some(character))
    };
    form.into_iter().nfkc().chain(same)
}

fn straight_quote(character: char) -> char {
    match character {
        '\u{2bc}' | '\u{2018}'..='\u{201b}' => '\'',
        '\u{201c}'..='\u{201f}' => '"',
        _ => character,
    }
}

/// Characters without a meaning in text; tabs and line ends are white space and stay.
fn is_control(character: char) -> bool {
    matches!(
        character,
        '\0'..='\u{8}' | '\u{b}' | '\u{e}'..='\u{1f}' | '\u{7f}'
            | '\u{206a}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffc}'
    )
}
