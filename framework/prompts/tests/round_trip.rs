//! What is written is read back the same, whatever a model answered; and never half.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;
use std::fs;

use exp_prompts::DescriptionSet;
use exp_prompts::description_set::{names, new_file};
use exp_prompts::provenance::{
    Answer, ClassSamples, Date, Edit, Generated, Imported, Provenance, TokenCounts, Written, sha256,
};
use insta::assert_snapshot;
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;

fn date(text: &str) -> Date {
    Date::try_from(text.to_owned()).unwrap()
}

fn generated() -> DescriptionSet {
    let question = "Describe a face that shows {{ class }}.\nOne line.\n";
    let answer = |text: &str, raw: &str| Answer {
        text: text.to_owned(),
        raw: raw.to_owned(),
        model: None,
    };
    let samples = |in_use, answers| ClassSamples { in_use, answers };
    DescriptionSet {
        name: "mine".to_owned(),
        about: "Asked of a model.".to_owned(),
        names_classes: false,
        texts: vec![
            ("fear".to_owned(), "wide eyes: all white".to_owned()),
            ("anger".to_owned(), "low brows".to_owned()),
        ],
        provenance: Provenance::Generated(Generated {
            date: date("2026-11-23"),
            model: "m-1".to_owned(),
            server: "http://127.0.0.1:8000/v1".to_owned(),
            parameters: BTreeMap::from([
                ("seed".to_owned(), 7.into()),
                ("temperature".to_owned(), 0.7.into()),
            ]),
            tokens: Some(TokenCounts {
                prompt: 120,
                completion: 48,
            }),
            question_sha256: sha256(question.as_bytes()),
            question: question.to_owned(),
            samples: vec![
                (
                    "fear".to_owned(),
                    samples(
                        2,
                        vec![
                            answer("big eyes", "{\"text\": \"big eyes\"}"),
                            answer("wide eyes: all white", "```\nwide eyes: all white\n```\n"),
                        ],
                    ),
                ),
                (
                    "anger".to_owned(),
                    samples(1, vec![answer("low brows", "\u{1b}[1mlow brows")]),
                ),
            ],
        }),
        edits: vec![Edit {
            by: "me".to_owned(),
            date: date("2026-11-24"),
            what: "nothing, to show how".to_owned(),
        }],
    }
}

#[test]
fn the_file_can_be_read_and_edited_by_people() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.yaml");
    generated().write(&path).unwrap();
    assert_snapshot!(fs::read_to_string(&path).unwrap(), @r#"
    name: mine
    about: Asked of a model.
    texts:
      fear: "wide eyes: all white"
      anger: low brows
    provenance:
      generated:
        date: 2026-11-23
        model: m-1
        server: http://127.0.0.1:8000/v1
        parameters:
          seed: 7
          temperature: 0.7
        tokens:
          prompt: 120
          completion: 48
        question_sha256: d5e707f20a5d6ac9e94bc8feb246f2a92bfaeef7268b3334bf8d7a9217081550
        question: |
          Describe a face that shows {{ class }}.
          One line.
        samples:
          fear:
            in_use: 2
            answers:
              - text: big eyes
                raw: "{\"text\": \"big eyes\"}"
              - text: "wide eyes: all white"
                raw: |
                  ```
                  wide eyes: all white
                  ```
          anger:
            in_use: 1
            answers:
              - text: low brows
                raw: "\e[1mlow brows"
    edits:
      - by: me
        date: 2026-11-24
        what: nothing, to show how
    "#);
    assert_eq!(DescriptionSet::read(&path).unwrap(), generated());
    // Nothing else is left in the folder.
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn what_could_not_be_read_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.yaml");
    generated().write(&path).unwrap();
    let before = fs::read(&path).unwrap();
    let empty_text = DescriptionSet {
        texts: vec![("fear".to_owned(), " ".to_owned())],
        ..generated()
    };
    let twice = DescriptionSet {
        texts: vec![generated().texts[0].clone(), generated().texts[0].clone()],
        ..generated()
    };
    let none = DescriptionSet {
        texts: Vec::new(),
        ..generated()
    };
    let mut unused = generated();
    let Provenance::Generated(provenance) = &mut unused.provenance else {
        unreachable!()
    };
    provenance.samples[0].1.in_use = 3;
    let renamed = DescriptionSet {
        name: "yours".to_owned(),
        ..generated()
    };
    for (set, expected) in [
        (empty_text, "expected a text for the class `fear`"),
        (twice, "the key `fear` is set twice"),
        (none, "expected a text for each class, found none"),
        (
            unused,
            "the number of one of 2 answers, counted from 1, found 3",
        ),
        (
            renamed,
            "expected the file's own name `mine`, found `yours`",
        ),
    ] {
        let message = set.write(&path).unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
    }
    assert_eq!(fs::read(&path).unwrap(), before);
    let message = generated()
        .write(&folder.path().join("none/mine.yaml"))
        .unwrap_err();
    assert!(message.to_string().contains("cannot write"), "{message}");
    assert_eq!(names(folder.path()).unwrap(), ["mine"]);
}

#[test]
fn long_answers_are_kept_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.yaml");
    let mut set = generated();
    let Provenance::Generated(provenance) = &mut set.provenance else {
        unreachable!()
    };
    for (_, samples) in &mut provenance.samples {
        for answer in &mut samples.answers {
            answer.raw = "A face: \u{1b}[0m\n".repeat(1 << 16);
        }
    }
    set.write(&path).unwrap();
    assert!(DescriptionSet::read(&path).unwrap() == set);
}

#[test]
fn a_new_set_has_a_name_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let path = new_file(folder.path(), "mine").unwrap();
    generated().write(&path).unwrap();
    for (name, expected) in [
        ("mine", "there is a set `mine` already"),
        ("../mine", "expected a name of letters, digits"),
        (".mine", "expected a name"),
        ("", "expected a name"),
        ("a b", "expected a name"),
    ] {
        let message = new_file(folder.path(), name).unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn a_day_is_a_day() {
    for text in [
        "2026-02-30",
        "23.11.2026",
        "2026-11-23T10:00",
        "yesterday",
        "20261123",
    ] {
        let message = Date::try_from(text.to_owned()).unwrap_err();
        assert!(message.contains("expected a day such as"), "{message}");
    }
    assert_eq!(date("2026-11-23").to_string(), "2026-11-23");
}

fn some_date() -> impl Strategy<Value = Date> {
    (1900..2100, 1..=12, 1..=28).prop_map(|(y, m, d)| date(&format!("{y}-{m:02}-{d:02}")))
}

fn some_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        // What YAML has a meaning for.
        "[-:#&*!|>'\"%@`{}\\[\\], \n\t?~0-9eE.xo_a-f]{0,40}",
        Just("null".to_owned()),
        Just("yes".to_owned()),
        Just("1e3".to_owned()),
        Just("--- a\n...\n".to_owned()),
        Just("\u{feff}\u{2028}\u{85}".to_owned()),
        Just("long words ".repeat(40)),
    ]
}

fn some_texts() -> impl Strategy<Value = Vec<(String, String)>> {
    let text = some_text().prop_filter("no text is empty", |text| !text.trim().is_empty());
    btree_map(some_text(), text, 1..5).prop_map(|texts| texts.into_iter().rev().collect())
}

fn some_value() -> impl Strategy<Value = serde_json::Value> {
    prop_oneof![
        any::<i64>().prop_map(Into::into),
        proptest::num::f64::NORMAL.prop_map(Into::into),
        any::<bool>().prop_map(Into::into),
        some_text().prop_map(Into::into),
    ]
}

fn some_provenance(classes: Vec<String>) -> impl Strategy<Value = Provenance> {
    let answer = (some_text(), some_text(), option::of(some_text()));
    let answer = answer.prop_map(|(text, raw, model)| Answer { text, raw, model });
    let samples = vec(answer, 1..4).prop_flat_map(|answers| {
        (1..=answers.len()).prop_map(move |in_use| ClassSamples {
            in_use,
            answers: answers.clone(),
        })
    });
    let samples = vec(samples, classes.len());
    let parameters = btree_map(some_text(), some_value(), 0..3);
    prop_oneof![
        (some_text(), some_date(), vec(some_text(), 0..3))
            .prop_map(|(by, date, sources)| Provenance::Written(Written { by, date, sources })),
        (some_text(), some_text(), some_date()).prop_map(|(file, list, date)| {
            Provenance::Imported(Imported {
                sha256: sha256(file.as_bytes()),
                file,
                list,
                date,
            })
        }),
        (some_text(), some_text(), some_date(), parameters, samples).prop_map(
            move |(model, question, date, parameters, samples)| {
                Provenance::Generated(Generated {
                    date,
                    model,
                    server: "http://a/v1".to_owned(),
                    parameters,
                    tokens: None,
                    question_sha256: sha256(question.as_bytes()),
                    question,
                    samples: classes.iter().cloned().zip(samples).collect(),
                })
            }
        ),
    ]
}

fn some_set() -> impl Strategy<Value = DescriptionSet> {
    let edit = (some_text(), some_date(), some_text()).prop_map(|(by, date, what)| Edit {
        by,
        date,
        what,
    });
    (some_text(), any::<bool>(), some_texts(), vec(edit, 0..3)).prop_flat_map(
        |(about, names_classes, texts, edits)| {
            let classes = texts.iter().map(|(class, _)| class.clone()).collect();
            some_provenance(classes).prop_map(move |provenance| DescriptionSet {
                name: "mine".to_owned(),
                about: about.clone(),
                names_classes,
                texts: texts.clone(),
                provenance,
                edits: edits.clone(),
            })
        },
    )
}

proptest! {
    #[test]
    fn any_set_is_read_as_it_was_written(set in some_set()) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine.yaml");
        set.write(&path).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(DescriptionSet::read(&path).unwrap(), set);
    }
}
