//! Rules that hold for any tree of settings.
#![allow(clippy::unwrap_used, missing_docs)]

use exp_core::bounded::{Share, Within};
use exp_core::tree::{Diagnostic, Mark, Node, Source, Value, decode, merge};
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Value as Json, json};

/// Any value, with keys from a small set so that two maps share some.
fn json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        "\\PC{0,6}".prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            map_of(inner),
        ]
    })
}

fn map_of(inner: impl Strategy<Value = Json>) -> impl Strategy<Value = Json> {
    let keys = prop_oneof!["[abcdé]", "\\PC{1,4}"];
    prop::collection::vec((keys, inner), 0..5).prop_map(|entries| entries.into_iter().collect())
}

fn settings() -> impl Strategy<Value = Json> {
    map_of(json())
}

/// Settings for [`Settings`], mostly with a mistake or two.
fn nearly_valid() -> impl Strategy<Value = Json> {
    let kind = prop_oneof![
        3 => Just(json!("a")),
        1 => (-200..200).prop_map(|value| json!({"b": value})),
        1 => Just(json!({"c": {"a": "x"}})),
        1 => json().prop_map(|value| json!({"c": {"a": value}})),
        1 => json().prop_map(|value| json!({"d": [value, 1]})),
        1 => json(),
    ];
    let list = prop_oneof![
        3 => prop::collection::vec(0..258, 0..3).prop_map(Json::from),
        1 => json(),
    ];
    let map = prop_oneof![
        3 => prop::collection::btree_map("[xy]", 1..10, 0..2).prop_map(|map| json!(map)),
        1 => map_of((-1..11).prop_map(Json::from)),
    ];
    let pair = prop_oneof![3 => Just(json!([true, 1.5])), 1 => json()];
    let share = prop_oneof![3 => Just(json!(0.5)), 1 => (-1.0..2.0).prop_map(Json::from)];
    let more = prop::option::weighted(0.1, ("\\PC{1,3}", json()));
    (kind, list, map, pair, share, more).prop_map(|(kind, list, map, pair, share, more)| {
        let known = [
            ("a", kind),
            ("b", list),
            ("c", map),
            ("d", pair),
            ("é", share),
        ];
        let known = known.map(|(key, value)| (key.to_owned(), value));
        known.into_iter().chain(more).collect()
    })
}

/// The same value as YAML in blocks or, since JSON is YAML, in brackets.
fn write(value: &Json, blocks: bool) -> String {
    if blocks {
        serde_saphyr::to_string(value).unwrap()
    } else {
        value.to_string()
    }
}

fn parse(name: &str, text: &str) -> Node {
    Node::parse(Source::new(name, text)).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// What serde-saphyr itself makes of a text, by the rules of YAML 1.2.
fn by_serde(text: &str) -> Json {
    let options = serde_saphyr::options! {
        strict_booleans: true,
        underscored_numbers_as_strings: true,
    };
    serde_saphyr::from_str_with_options(text, options).unwrap()
}

fn merge_json(base: &Json, over: &Json) -> Json {
    let (Json::Object(base), Json::Object(over)) = (base, over) else {
        return over.clone();
    };
    let mut merged = base.clone();
    for (key, value) in over {
        let value = base
            .get(key)
            .map_or(value.clone(), |old| merge_json(old, value));
        merged.insert(key.clone(), value);
    }
    Json::Object(merged)
}

/// Calls `check` with every leaf of `node`, its keys' marks and the value at its path in `over`.
fn leaves<'a>(
    node: &'a Node,
    over: Option<&'a Json>,
    check: &mut dyn FnMut(&'a Node, Option<&'a Json>),
) {
    match node.entries() {
        Some(entries) if !entries.is_empty() => {
            for entry in entries {
                assert_eq!(
                    parse("key", entry.key_mark.text()).text(),
                    Some(&*entry.key)
                );
                let over = over.and_then(|over| over.get(&entry.key));
                assert_eq!(entry.key_mark.source.name == "over", over.is_some());
                leaves(&entry.node, over, check);
            }
        }
        _ => check(node, over),
    }
}

fn assert_within(mark: &Mark) {
    let text = &mark.source.text;
    assert!(text.get(mark.span.clone()).is_some(), "{mark:?}");
    assert!(mark.line() <= text.matches('\n').count() + 1);
    assert!(mark.column() <= text.chars().count() + 1);
}

fn assert_points_into(error: &Diagnostic, source: &str) {
    let mark = error.mark.as_ref().unwrap();
    assert_eq!(mark.source.name, source);
    assert_within(mark);
    error
        .related
        .iter()
        .for_each(|(mark, _)| assert_within(mark));
    let place = format!(" --> {source}:{}:{}", mark.line(), mark.column());
    assert!(error.to_string().contains(&place), "{place}\n{error}");
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Settings {
    a: Option<Kind>,
    #[serde(default)]
    b: Vec<u8>,
    #[serde(default)]
    c: std::collections::BTreeMap<String, Option<Within<1, 9>>>,
    d: (bool, f32),
    #[serde(default)]
    é: Option<Share>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(dead_code)]
enum Kind {
    A,
    B(i8),
    C { a: String },
    D(u8, u8),
}

proptest! {
    // A failing case is printed; no file is left beside this one.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn parsing_gives_what_serde_gives(value in settings(), blocks: bool) {
        let text = write(&value, blocks);
        let parsed = parse("a.yaml", &text).to_json();
        prop_assert_eq!(&parsed, &by_serde(&text));
        prop_assert_eq!(parsed, value);
    }

    #[test]
    fn plain_scalars_have_the_types_of_yaml_1_2(
        scalar in "[-+0-9.eExo_:abn~]{1,5}|no|yes|on|y|True|~|Null|0o17|010|1e3|12:30:45",
    ) {
        let text = format!("key: {scalar}");
        if let Ok(node) = Node::parse(Source::new("a.yaml", &*text)) {
            prop_assert_eq!(node.to_json(), by_serde(&text));
        }
    }

    #[test]
    fn every_mark_covers_what_was_written(value in settings()) {
        let text = value.to_string();
        let node = parse("a.yaml", &text);
        leaves(&node, None, &mut |leaf, _| {
            let written: Json = serde_json::from_str(leaf.mark.text()).unwrap();
            assert_eq!(written, leaf.to_json());
        });
        prop_assert_eq!(node.mark.text(), text);
    }

    #[test]
    fn the_later_layer_wins_and_marks_stay(base in settings(), over in settings()) {
        let below = parse("base", &base.to_string());
        let above = parse("over", &over.to_string());
        let merged = merge(below.clone(), above.clone(), &[]);
        let expected = merge_json(&base, &over);
        prop_assert_eq!(merged.to_json().to_string(), expected.to_string());
        leaves(&merged, Some(&over), &mut |leaf, over| {
            let written: Json = serde_json::from_str(leaf.mark.text()).unwrap();
            assert_eq!(written, leaf.to_json());
            // Two empty maps merge to the earlier one.
            if leaf.value != Value::Map(Vec::new()) {
                assert_eq!(leaf.mark.source.name == "over", over.is_some());
            }
        });
        prop_assert_eq!(merge(below.clone(), below.clone(), &[]), below.clone());
        prop_assert_eq!(merge(merged.clone(), above, &[]).to_json(), merged.to_json());
    }

    #[test]
    fn plugin_nodes_never_mix(base in settings(), over in settings()) {
        let merged = merge(parse("base", &base.to_string()), parse("over", &over.to_string()), &["a", "b"]);
        for key in ["a", "b"] {
            let (Some(old), Some(new)) = (base.get(key), over.get(key)) else { continue };
            let got = merged.get(key).unwrap();
            let name = |value: &Json| parse("x", &format!("[{value}]")).items().unwrap()[0].tag().map(|(name, ..)| name.to_owned());
            if name(new).is_none() || name(old) != name(new) {
                prop_assert_eq!(&got.to_json(), new);
            } else {
                prop_assert_eq!(got.tag().map(|(name, ..)| name.to_owned()), name(new));
            }
        }
    }

    #[test]
    fn every_error_of_decoding_points_into_the_text(value in nearly_valid(), blocks: bool) {
        let text = write(&value, blocks);
        if let Err(error) = decode::<Settings>(&parse("a.yaml", &text)) {
            assert_points_into(&error, "a.yaml");
        }
    }

    #[test]
    fn any_text_is_parsed_or_refused_with_a_place(text in "([ab:{}\\[\\],&*'\"#|>?!%@ é\n\r\t-]|\\PC|a: |- ){0,24}") {
        if let Err(error) = Node::parse(Source::new("a.yaml", &*text)) {
            assert_points_into(&error, "a.yaml");
        }
    }

    #[test]
    fn any_flag_is_parsed_or_refused_with_a_place(text in "([ab.=:{}\\[\\]é ]|\\PC){0,12}") {
        match Node::parse_set(&text) {
            Ok(node) => assert_within(&node.mark),
            Err(error) => {
                assert_within(error.mark.as_ref().unwrap());
                prop_assert!(!error.to_string().is_empty());
            }
        }
    }
}
