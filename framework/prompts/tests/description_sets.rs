//! The shipped description sets, and what is said about sets that cannot be used.
#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;
use std::path::{Path, PathBuf};

use exp_prompts::DescriptionSet;
use exp_prompts::check::check_file;
use exp_prompts::description_set;
use exp_prompts::provenance::Provenance;

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
fn the_shipped_sets_are_in_order() {
    let eleven = names(&[&SEVEN[..], &MAFW[..]].concat());
    for name in description_set::names(&shipped()).unwrap() {
        // With the longest context that an experiment may ask for.
        let faults = check_file(&shipped().join(format!("{name}.yaml")), 32).unwrap();
        assert!(faults.is_empty(), "{faults:?}");
        let set = DescriptionSet::load(&shipped(), &name).unwrap();
        let classes: Vec<String> = set.texts.iter().map(|(class, _)| class.clone()).collect();
        assert!(
            classes == eleven || classes == eleven[..7],
            "{name}: {classes:?}"
        );
        let Provenance::Written(written) = &set.provenance else {
            panic!("{name} was written by hand");
        };
        assert_eq!(set.names_classes, !name.starts_with("observed"));
        assert_eq!(written.sources.is_empty(), set.names_classes);
    }
}

#[test]
fn the_larger_sets_say_the_same_of_the_seven_classes() {
    for wording in ["", "-b"] {
        let [small, large] = ["observed-7", "observed-11"].map(|set| {
            DescriptionSet::load(&shipped(), &format!("{set}{wording}"))
                .unwrap()
                .for_classes(&names(&SEVEN))
        });
        assert_eq!(small.unwrap(), large.unwrap());
    }
}

#[test]
fn no_two_wordings_share_a_text() {
    for group in [
        &["observed-7", "observed-7-b", "observed-7-c"][..],
        &["names", "names-b", "template", "template-b"],
    ] {
        let mut texts: Vec<String> = group
            .iter()
            .flat_map(|set| DescriptionSet::load(&shipped(), set).unwrap().texts)
            .map(|(_, text)| text)
            .collect();
        let count = texts.len();
        texts.sort();
        texts.dedup();
        // Only neutral is its own adjective.
        let alike = usize::from(group[0] == "names");
        assert_eq!(texts.len(), count - alike);
    }
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
    assert!(message.contains("observed-11-b, observed-7, "), "{message}");
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
