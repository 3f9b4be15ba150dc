//! Token ids against those of the published code and of CLIP's own steps in Python.
#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::LazyLock;

use exp_prompts::tokenizer::{CONTEXT_LENGTH, END, START};
use exp_prompts::{TokenizeError, Tokenizer};
use proptest::prelude::*;
use serde::Deserialize;

static TOKENIZER: LazyLock<Tokenizer> = LazyLock::new(Tokenizer::new);

#[derive(Deserialize)]
struct Expected {
    text: String,
    ids: Vec<u32>,
}

fn check(json: &str) {
    let expected: Vec<Expected> = serde_json::from_str(json).unwrap();
    assert!(expected.len() > 20);
    for Expected { text, ids } in expected {
        assert_eq!(TOKENIZER.tokenize(&text).unwrap(), ids, "{text:?}");
    }
}

/// The nine texts and all prompts of the parity cases, as the published code tokenised them.
#[test]
fn ids_are_the_references() {
    check(include_str!("data/reference.json"));
}

/// Texts that need repair; `make_golden.py` beside them runs ftfy and CLIP's steps.
#[test]
fn repaired_texts_give_clips_ids() {
    check(include_str!("data/golden.json"));
}

#[test]
fn a_long_text_is_refused_with_its_length() {
    let fits = "brows ".repeat(CONTEXT_LENGTH - 2);
    assert_eq!(TOKENIZER.tokenize(&fits).unwrap().len(), CONTEXT_LENGTH);
    let error = TOKENIZER.tokenize(&format!("{fits}up")).unwrap_err();
    let message = error.to_string();
    assert!(
        message.contains("78 tokens") && message.contains("brows up"),
        "{message}"
    );
}

#[test]
fn a_marker_inside_a_text_is_refused() {
    for text in ["a <|EndOfText|> b", "&lt;|startoftext|>", "!<|endoftext|>"] {
        let error = TOKENIZER.tokenize(text).unwrap_err();
        assert!(matches!(error, TokenizeError::Marker { .. }), "{text}");
    }
}

#[test]
fn every_id_has_a_spelling() {
    for id in 0..=END {
        assert!(!TOKENIZER.decode(id).is_empty(), "{id}");
    }
    assert_eq!(TOKENIZER.decode(START), "<|startoftext|>");
    assert_eq!(TOKENIZER.decode(8231), "nose");
    assert_eq!(TOKENIZER.decode(END + 1), "\u{fffd}");
    assert_eq!(TOKENIZER.decode(u32::MAX), "\u{fffd}");
}

proptest! {
    #[test]
    fn any_text_is_tokenised_or_refused(text in any::<String>()) {
        if let Ok(ids) = TOKENIZER.tokenize(&text) {
            prop_assert!(ids.len() >= 2 && ids.len() <= CONTEXT_LENGTH);
            prop_assert_eq!((ids[0], ids[ids.len() - 1]), (START, END));
            prop_assert!(ids[1..ids.len() - 1].iter().all(|id| *id < START));
        }
    }

    #[test]
    fn escapes_and_odd_characters_never_end_in_a_loop(text in "[&#;<>a-z0-9\u{80}-\u{a0}‘“ﬁＡ ]{0,60}") {
        let _ = TOKENIZER.tokenize(&text);
    }

    #[test]
    fn case_and_space_change_nothing(words in "[a-z]{1,5}( [a-z]{1,5}){0,6}") {
        let shouted = format!("  {}\n", words.to_uppercase().replace(' ', " \t "));
        prop_assert_eq!(TOKENIZER.tokenize(&words).unwrap(), TOKENIZER.tokenize(&shouted).unwrap());
    }
}
