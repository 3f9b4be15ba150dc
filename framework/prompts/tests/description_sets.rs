//! The shipped description sets, and what is said about sets that cannot be used.
#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;
use std::path::{Path, PathBuf};

use exp_prompts::provenance::Provenance;
use exp_prompts::{DescriptionSet, Tokenizer};

const SEVEN: [&str; 7] = [
    "happiness",
    "sadness",
    "neutral",
    "anger",
    "surprise",
    "disgust",
    "fear",
];
const MAFW: [&str; 4] = ["contempt", "anxiety", "helplessness", "disappointment"];

fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../prompts")
}

fn names(classes: &[&str]) -> Vec<String> {
    classes.iter().map(|class| (*class).to_owned()).collect()
}

#[test]
fn the_shipped_sets_describe_every_class_without_naming_one() {
    let tokenizer = Tokenizer::new();
    let eleven = [&SEVEN[..], &MAFW[..]].concat();
    for (set, classes) in [("observed-7", &SEVEN[..]), ("observed-11", &eleven[..])] {
        let texts = DescriptionSet::load(&shipped(), set).unwrap();
        assert_eq!(texts.texts.len(), classes.len());
        for text in texts.for_classes(&names(classes)).unwrap() {
            let words = text.split_whitespace().count();
            assert!((8..=25).contains(&words), "{words} words: {text}");
            for word in eleven.iter().chain(&["happy", "sad", "angry", "afraid"]) {
                assert!(!text.contains(word), "`{word}` in: {text}");
            }
            // With the longest context that an experiment may ask for.
            assert!(
                tokenizer.tokenize(&text).unwrap().len() + 32 <= 77,
                "{text}"
            );
        }
        let Provenance::Written(written) = texts.provenance else {
            panic!("{set} was written by hand");
        };
        assert!(!written.sources.is_empty());
    }
}

#[test]
fn the_larger_set_says_the_same_of_the_seven_classes() {
    let [small, large] = ["observed-7", "observed-11"].map(|set| {
        DescriptionSet::load(&shipped(), set)
            .unwrap()
            .for_classes(&names(&SEVEN))
    });
    assert_eq!(small.unwrap(), large.unwrap());
}

#[test]
fn an_unknown_set_is_told_with_those_there_are() {
    let message = DescriptionSet::load(&shipped(), "observed7")
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("no description set `observed7`"),
        "{message}"
    );
    assert!(message.contains("did you mean `observed-7`?"), "{message}");
    assert!(message.contains("observed-11, observed-7"), "{message}");
    let message = DescriptionSet::load(&shipped(), "../prompts/observed-7").unwrap_err();
    assert!(
        message.to_string().contains("no description set"),
        "{message}"
    );
    let message = DescriptionSet::load(Path::new("nowhere"), "a").unwrap_err();
    assert!(
        message.to_string().contains("cannot read nowhere"),
        "{message}"
    );
}

#[test]
fn a_class_without_a_text_is_named() {
    let set = DescriptionSet::load(&shipped(), "observed-7").unwrap();
    let message = set
        .for_classes(&names(&["anger", "contempt"]))
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("`observed-7` has no text for the class `contempt`"),
        "{message}"
    );
}

#[test]
fn a_mistake_in_a_file_is_shown_with_its_line() {
    let good = "name: mine\nabout: x\nprovenance: {written: {by: me, date: 2026-01-01}}\ntexts:\n  anger: low brows\n";
    let folder = tempfile::tempdir().unwrap();
    let load = |text: &str| {
        fs::write(folder.path().join("mine.yaml"), text).unwrap();
        DescriptionSet::load(folder.path(), "mine")
    };
    assert_eq!(load(good).unwrap().text("anger"), Some("low brows"));
    for (from, to, line, expected) in [
        ("mine", "yours", 1, "own name `mine`, found `yours`"),
        (
            "low brows",
            "\"\"",
            5,
            "expected a text for the class `anger`",
        ),
        ("low brows", "[low]", 5, "found"),
        ("about", "abuot", 2, "abuot"),
        ("texts:", "texts:\n  anger: again", 6, "anger"),
    ] {
        let message = load(&good.replace(from, to)).unwrap_err().to_string();
        assert!(message.contains(&format!("mine.yaml:{line}:")), "{message}");
        assert!(message.contains(expected), "{message}");
    }
}
