//! Each fault of a text, and where it is shown.
#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;

use exp_prompts::check::{Reason, check_file, token_count};
use exp_prompts::provenance::sha256;
use exp_prompts::{Limits, check_texts};
use insta::assert_snapshot;
use proptest::prelude::*;

const STRICT: Limits = Limits {
    tokens: 20,
    class_names_allowed: false,
};

fn faults(texts: &[(&str, &str)], limits: &Limits) -> Vec<String> {
    let texts: Vec<(String, String)> = texts
        .iter()
        .map(|(class, text)| ((*class).to_owned(), (*text).to_owned()))
        .collect();
    check_texts(&texts, limits)
        .iter()
        .map(ToString::to_string)
        .collect()
}

/// What is wrong with one text, by itself.
fn fault(text: &str) -> Option<String> {
    let mut found = faults(&[("joy", text)], &STRICT);
    assert!(found.len() <= 1, "{found:?}");
    found.pop()
}

#[test]
fn good_texts_have_no_faults() {
    let texts = [
        ("anger", "Low, tense brows (drawn together); a stare."),
        ("fear", "the lids' rims: \"wide\" – 50 % white/pale…"),
        ("surprise", "1 raised brow, crow's-feet, café"),
    ];
    assert!(faults(&texts, &STRICT).is_empty());
}

#[test]
fn what_fits_depends_on_the_contexts() {
    assert_eq!(Limits::beside(0, false).tokens, 75);
    assert_eq!(Limits::beside(8, false).tokens, 67);
    assert_eq!(Limits::beside(80, false).tokens, 0);
    let text = "brows ".repeat(20).trim().to_owned();
    assert_eq!(token_count(&text), 20);
    assert_eq!(fault(&text), None);
    let expected = "the text of class `joy` has 21 tokens, but at most 20 fit";
    assert_eq!(fault(&format!("{text} up")).unwrap(), expected);
    // Longer than CLIP itself takes.
    assert_eq!(token_count(&"brows ".repeat(200)), 200);
}

#[test]
fn a_class_has_one_text_and_no_other_class_has_it() {
    let texts = [
        ("anger", "low brows"),
        ("fear", " "),
        ("anger", "a stare"),
        ("disgust", "Low Brows"),
    ];
    assert_eq!(
        faults(&texts, &STRICT),
        [
            "the text of class `fear` is empty",
            "the text of class `anger` is a second one for the same class",
            "the text of class `disgust` is the same as that of class `anger`",
        ]
    );
}

#[test]
fn no_text_names_a_class_in_any_form() {
    for (class, text, word) in [
        ("happiness", "a happy face", "happy"),
        ("sadness", "eyes that look SAD.", "sad"),
        ("neutral", "a neutral mouth", "neutral"),
        ("anger", "angrily staring eyes", "angrily"),
        ("surprise", "surprised, round eyes", "surprised"),
        ("disgust", "a disgusted nose", "disgusted"),
        ("fear", "fearful eyes", "fearful"),
        ("contempt", "a contemptuous lip", "contemptuous"),
        ("anxiety", "anxious brows", "anxious"),
        ("helplessness", "a helpless gaze", "helpless"),
        ("disappointment", "a disappointed mouth", "disappointed"),
        // The class may be given in another form than the text's.
        ("Angry", "the look of anger", "anger"),
        // A class that is none of the eleven.
        ("pain", "a face in pain", "pain"),
        (
            "mixed_feelings",
            "a sign of mixed feelings",
            "mixed feelings",
        ),
    ] {
        let found = faults(&[("other", text), (class, "a resting face")], &STRICT);
        let expected =
            format!("the text of class `other` contains `{word}`, which names the class `{class}`");
        assert_eq!(found, [expected]);
        let allowed = Limits {
            class_names_allowed: true,
            ..STRICT
        };
        assert!(faults(&[("other", text), (class, "a face")], &allowed).is_empty());
    }
}

#[test]
fn words_that_only_contain_a_class_name_name_none() {
    let texts = [
        ("sadness", "a saddle of wrinkles"),
        ("fear", "fearsome brows"),
        ("pain", "painted lips, mixed with feelings"),
        ("mixed feelings", "a mixed look"),
    ];
    assert!(faults(&texts, &STRICT).is_empty());
}

#[test]
fn only_plain_text_is_kept() {
    for (text, what) in [
        ("<b>raised</b> brows", "it contains `<`"),
        ("raised brows &amp; wide eyes", "it contains `&`"),
        ("**raised** brows", "it contains `*`"),
        ("raised_brows", "it contains `_`"),
        ("`raised` brows", "it contains ```"),
        ("{{ 7 }} brows", "it contains `{`"),
        ("raised\\nbrows", "it contains `\\`"),
        ("raised brows\nwide eyes", "it has more than one line"),
        ("raised\tbrows", "it contains a tab"),
        ("\u{1b}[31mraised brows", "it contains the character U+001B"),
        ("raised \u{202e}brows", "it contains the character U+202E"),
        ("raised\u{a0}brows", "it contains the character U+00A0"),
        ("<|endoftext|>", "it contains `<`"),
        ("- raised brows", "it begins with `-`"),
        ("\"raised brows\"", "it begins with `\"`"),
        (
            "1. raised brows",
            "it begins with a number like an item of a list",
        ),
        (
            "2) raised brows",
            "it begins with a number like an item of a list",
        ),
        (" raised brows", "it begins or ends with a space"),
        ("raised  brows", "it contains two spaces in a row"),
        ("raised brows -- wide eyes", "it contains `--`"),
    ] {
        let expected = format!("the text of class `joy` is not plain text: {what}");
        assert_eq!(fault(text).as_deref(), Some(expected.as_str()), "{text:?}");
    }
}

proptest! {
    #[test]
    fn a_text_without_faults_is_one_visible_line(text in any::<String>()) {
        let texts = [("joy".to_owned(), text.clone())];
        if check_texts(&texts, &Limits::beside(0, false)).is_empty() {
            prop_assert!(!text.trim().is_empty());
            prop_assert_eq!(text.lines().count(), 1);
            prop_assert!(!text.chars().any(char::is_control));
            let markup = text.contains(['<', '&', '\\', '`', '{']);
            prop_assert!(!markup);
            prop_assert!(token_count(&text) <= 75);
        }
    }

    #[test]
    fn a_copy_is_always_found(text in "[a-z]{1,8}( [a-z]{1,8}){0,5}") {
        let texts = [("a1".to_owned(), text.to_uppercase()), ("b2".to_owned(), text)];
        let found = check_texts(&texts, &Limits::beside(0, true));
        let same = Reason::Same { class: "a1".to_owned() };
        prop_assert!(found.iter().any(|fault| fault.reason == same));
    }
}

#[test]
fn faults_of_a_file_have_their_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.yaml");
    let question = "How does {{ class }} look?";
    let good = format!(
        "\
name: mine
about: a generated set
texts:
  anger: low brows
  fear: wide eyes
provenance:
  generated:
    date: 2026-11-23
    model: m-1
    server: http://127.0.0.1:8000/v1
    question_sha256: {}
    question: '{question}'
    samples:
      anger: {{in_use: 1, answers: [{{text: low brows, raw: Low brows}}]}}
      fear: {{in_use: 2, answers: [{{text: eyes, raw: eyes}}, {{text: wide eyes, raw: Wide}}]}}
",
        sha256(question.as_bytes())
    );
    let check = |text: &str| {
        fs::write(&path, text).unwrap();
        let faults = check_file(&path, 8).unwrap();
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        let top = folder.path().to_str().unwrap();
        faults.join("\n\n").replace(top, "TOP")
    };
    assert_eq!(check(&good), "");
    assert_snapshot!(check(&good.replace("fear: wide eyes", "fear: eyes full of *anger*")), @r#"
    error: the text of class `fear` is not plain text: it contains `*`
     --> TOP/mine.yaml:5:9
      |
    5 |   fear: eyes full of *anger*
      |         ^^^^^^^^^^^^^^^^^^^^

    error: the text of class `fear` contains `anger`, which names the class `anger`
     --> TOP/mine.yaml:5:9
      |
    5 |   fear: eyes full of *anger*
      |         ^^^^^^^^^^^^^^^^^^^^
      |
      = help: describe the face instead, or set `names_classes: true` if these texts are meant to name their classes

    error: the text of class `fear` is not its answer 2, and no edit tells why
     --> TOP/mine.yaml:5:9
      |
    5 |   fear: eyes full of *anger*
      |         ^^^^^^^^^^^^^^^^^^^^
      |
      = help: add who changed what, and when, to `edits`: `{by: …, date: …, what: …}`
    "#);
    assert_snapshot!(check(&good.replace("How does", "How would")), @r#"
    error: the question does not have the SHA-256 that is given for it
      --> TOP/mine.yaml:11:22
       |
    11 |     question_sha256: 34e6898007d74533f9eaed65324054b66924764a6427d6a08827f717807056fa
       |                      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
       |
       = help: provenance tells what was asked: restore the question, or generate the set again
    "#);
    // An edit that is told is no fault.
    let edited = good.replace("anger: low brows", "anger: lowered brows");
    assert_snapshot!(check(&edited), @r#"
    error: the text of class `anger` is not its answer 1, and no edit tells why
     --> TOP/mine.yaml:4:10
      |
    4 |   anger: lowered brows
      |          ^^^^^^^^^^^^^
      |
      = help: add who changed what, and when, to `edits`: `{by: …, date: …, what: …}`
    "#);
    let told = format!("{edited}edits: [{{by: me, date: 2026-11-24, what: a plainer word}}]\n");
    assert_eq!(check(&told), "");
}
