//! What a person reads after each kind of mistake.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;

use exp_core::bounded::Within;
use exp_core::tree::{Diagnostic, Node, Source, decode, merge};
use insta::assert_snapshot;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Settings {
    name: String,
    #[serde(default)]
    seeds: Vec<u8>,
    #[serde(default)]
    train: Option<Train>,
    #[serde(default)]
    context: Option<Context>,
    #[serde(default)]
    labels: BTreeMap<String, bool>,
    #[serde(default)]
    pair: Option<(f64, f64)>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Train {
    epochs: Within<1, 100>,
    batch: u32,
    #[serde(default)]
    lr: Option<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(dead_code)]
enum Context {
    None,
    Learnable {
        tokens: Within<1, 32>,
        #[serde(default)]
        position: Option<Position>,
    },
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Position {
    End,
    Middle,
    Front,
}

fn parse(text: &str) -> Result<Node, Diagnostic> {
    Node::parse(Source::new("a.yaml", text))
}

fn unparsable(text: &str) -> String {
    parse(text).unwrap_err().to_string()
}

fn wrong(text: &str) -> String {
    decode::<Settings>(&parse(text).unwrap())
        .unwrap_err()
        .to_string()
}

/// What is said about a `--set` over good settings.
fn wrong_flag(argument: &str) -> String {
    let base = parse("name: a\ntrain: {epochs: 3, batch: 4}").unwrap();
    let settings =
        Node::parse_set(argument).and_then(|set| decode::<Settings>(&merge(base, set, &[])));
    settings.unwrap_err().to_string()
}

#[test]
fn good_settings_are_decoded() {
    let text = "name: a\nseeds: [1, 2]\ntrain: {epochs: 3, batch: 4, lr: 1}\n\
                context: {learnable: {tokens: 8, position: end}}\nlabels: {no: true}\npair: [1, 2.5]";
    let settings: Settings = decode(&parse(text).unwrap()).unwrap();
    assert_eq!(settings.seeds, [1, 2]);
    assert_eq!(settings.train.unwrap().lr, Some(1.0));
    assert!(settings.labels["no"]);
    assert_eq!(settings.pair, Some((1.0, 2.5)));
    for none in ["none", "{none: {}}", "{none: }"] {
        let settings: Settings =
            decode(&parse(&format!("{{name: a, context: {none}}}")).unwrap()).unwrap();
        assert!(matches!(settings.context, Some(Context::None)));
    }
}

#[test]
fn a_text_that_is_not_one_document() {
    assert_snapshot!(unparsable("# only a comment\n"), @r#"
    error: expected settings, found an empty document
     --> a.yaml:1:1
      |
    1 | # only a comment
      | ^
    "#);
    assert_snapshot!(unparsable("a: 1\n---\nb: 2\n"), @r#"
    error: expected one YAML document, found a second one
     --> a.yaml:3:1
      |
    3 | b: 2
      | ^
      |
      = help: remove the line `---` between them, or make two files
    "#);
    assert_snapshot!(unparsable("a: {b: 1\nc: [2, 3]\n"), @r#"
    error: this is not valid YAML: while parsing a flow mapping, did not find expected ',' or '}'
     --> a.yaml:2:2
      |
    2 | c: [2, 3]
      |  ^
    "#);
    assert_snapshot!(unparsable("a: 1\n b: 2\n"), @r#"
    error: this is not valid YAML: mapping values are not allowed in this context
     --> a.yaml:2:3
      |
    2 |  b: 2
      |   ^
    "#);
    assert_snapshot!(unparsable("a: *late\n"), @r#"
    error: this alias (`*name`) refers to no anchor (`&name`) before it
     --> a.yaml:1:4
      |
    1 | a: *late
      |    ^
      |
      = help: put text that begins with `*` in quotes
    "#);
}

#[test]
fn keys_that_are_no_keys() {
    assert_snapshot!(unparsable("train:\n  epochs: 1\n  batch: 2\n  epochs: 3\n"), @r#"
    error: the key `epochs` is set twice
     --> a.yaml:4:3
      |
    2 |   epochs: 1
      |   ------ first set here
    3 |   batch: 2
    4 |   epochs: 3
      |   ^^^^^^
      |
      = help: remove one of the two
    "#);
    assert_snapshot!(unparsable("{ä: 1, ö: 2, ö: 3}"), @r#"
    error: the key `ö` is set twice
     --> a.yaml:1:14
      |
    1 | {ä: 1, ö: 2, ö: 3}
      |        -     ^
      |        |
      |        first set here
      |
      = help: remove one of the two
    "#);
    assert_snapshot!(unparsable("true: x\n"), @r#"
    error: expected text as a key, found `true`
     --> a.yaml:1:1
      |
    1 | true: x
      | ^^^^
      |
      = help: put the key in quotes if you mean it
    "#);
}

#[test]
fn numbers_that_cannot_be_held() {
    assert_snapshot!(unparsable("a: .nan"), @r#"
    error: expected a finite number, found `.nan`
     --> a.yaml:1:4
      |
    1 | a: .nan
      |    ^^^^
    "#);
    assert_snapshot!(unparsable("a: 9223372036854775808"), @r#"
    error: expected a number of at most 64 bits, found 9223372036854775808
     --> a.yaml:1:4
      |
    1 | a: 9223372036854775808
      |    ^^^^^^^^^^^^^^^^^^^
    "#);
}

#[test]
fn a_key_that_is_unknown() {
    assert_snapshot!(wrong("name: a\nsedes: [1]"), @r#"
    error: unknown key `sedes`
     --> a.yaml:2:1
      |
    2 | sedes: [1]
      | ^^^^^
      |
      = help: did you mean `seeds`?
    "#);
    assert_snapshot!(wrong("name: a\ntrain:\n  epochs: 3\n  batch: 8\n  color: red\n"), @r#"
    error: unknown key `color`
     --> a.yaml:5:3
      |
    5 |   color: red
      |   ^^^^^
      |
      = help: valid keys: `epochs`, `batch`, `lr`
    "#);
}

#[test]
fn a_key_that_is_missing() {
    assert_snapshot!(wrong("seeds: [1]"), @r#"
    error: the key `name` is missing
     --> a.yaml:1:1
      |
    1 | seeds: [1]
      | ^^^^^^^^^^
    "#);
    assert_snapshot!(wrong("name: a\ntrain: {epochs: 3}"), @r#"
    error: the key `batch` is missing
     --> a.yaml:2:8
      |
    2 | train: {epochs: 3}
      |        ^^^^^^^^^^^
    "#);
    assert_snapshot!(wrong("name: a\ntrain:\n  epochs: 3\n\nseeds: []"), @r#"
    error: the key `batch` is missing
     --> a.yaml:3:3
      |
    3 |   epochs: 3
      |   ^^^^^^^^^
    "#);
}

#[test]
fn a_value_of_the_wrong_type() {
    assert_snapshot!(wrong("name: 8"), @r#"
    error: expected text, found 8
     --> a.yaml:1:7
      |
    1 | name: 8
      |       ^
      |
      = help: put it in quotes
    "#);
    assert_snapshot!(wrong("name:\nseeds: []"), @r#"
    error: expected text, found nothing
     --> a.yaml:1:5
      |
    1 | name:
      |     ^
    "#);
    assert_snapshot!(wrong("name: a\nseeds: 3"), @r#"
    error: expected a list, found 3
     --> a.yaml:2:8
      |
    2 | seeds: 3
      |        ^
    "#);
    assert_snapshot!(wrong("name: a\nseeds: [1, two]"), @r#"
    error: expected a whole number, found text `two`
     --> a.yaml:2:12
      |
    2 | seeds: [1, two]
      |            ^^^
    "#);
    assert_snapshot!(wrong("name: a\nseeds: [1.0]"), @r#"
    error: expected a whole number, found 1.0
     --> a.yaml:2:9
      |
    2 | seeds: [1.0]
      |         ^^^
    "#);
    assert_snapshot!(wrong("name: a\ntrain: {epochs: 1, batch: 8, lr: fast}"), @r#"
    error: expected a number, found text `fast`
     --> a.yaml:2:34
      |
    2 | train: {epochs: 1, batch: 8, lr: fast}
      |                                  ^^^^
    "#);
    assert_snapshot!(wrong("name: a\ntrain: [1, 2]"), @r#"
    error: expected a map of settings, found a list
     --> a.yaml:2:8
      |
    2 | train: [1, 2]
      |        ^^^^^^
    "#);
    assert_snapshot!(wrong("name: a\nlabels: {x: yes}"), @r#"
    error: expected `true` or `false`, found text `yes`
     --> a.yaml:2:13
      |
    2 | labels: {x: yes}
      |             ^^^
    "#);
    assert_snapshot!(wrong("name: a\npair: [1, 2, 3]"), @r#"
    error: expected a list of 2 items, found 3
     --> a.yaml:2:7
      |
    2 | pair: [1, 2, 3]
      |       ^^^^^^^^^
    "#);
}

#[test]
fn a_value_out_of_range() {
    assert_snapshot!(wrong("name: a\nseeds:\n- 1\n- -1"), @r#"
    error: expected a whole number from 0 to 255, found -1
     --> a.yaml:4:3
      |
    4 | - -1
      |   ^^
    "#);
    assert_snapshot!(wrong("name: a\ntrain: {epochs: 101, batch: 1}"), @r#"
    error: expected a whole number from 1 to 100, found 101
     --> a.yaml:2:17
      |
    2 | train: {epochs: 101, batch: 1}
      |                 ^^^
    "#);
}

#[test]
fn a_variant_that_is_wrong() {
    assert_snapshot!(wrong("name: a\ncontext: non"), @r#"
    error: unknown name `non`
     --> a.yaml:2:10
      |
    2 | context: non
      |          ^^^
      |
      = help: did you mean `none`?
    "#);
    assert_snapshot!(wrong("name: a\ncontext: {learnable: {tokens: 3, position: left}}"), @r#"
    error: unknown name `left`
     --> a.yaml:2:44
      |
    2 | context: {learnable: {tokens: 3, position: left}}
      |                                            ^^^^
      |
      = help: valid names: `end`, `middle`, `front`
    "#);
    assert_snapshot!(wrong("name: a\ncontext: {learnable: {tokens: 33}}"), @r#"
    error: expected a whole number from 1 to 32, found 33
     --> a.yaml:2:31
      |
    2 | context: {learnable: {tokens: 33}}
      |                               ^^
    "#);
    assert_snapshot!(wrong("name: a\ncontext: learnable"), @r#"
    error: `learnable` needs settings
     --> a.yaml:2:10
      |
    2 | context: learnable
      |          ^^^^^^^^^
      |
      = help: write `learnable: {…}`
    "#);
    assert_snapshot!(wrong("name: a\ncontext: {none: {tokens: 3}}"), @r#"
    error: `none` takes no settings
     --> a.yaml:2:17
      |
    2 | context: {none: {tokens: 3}}
      |                 ^^^^^^^^^^^
      |
      = help: write `none` alone
    "#);
    assert_snapshot!(wrong("name: a\ncontext: {none: {}, learnable: {tokens: 3}}"), @r#"
    error: expected a name, or one name with its settings, found a map of 2 keys
     --> a.yaml:2:10
      |
    2 | context: {none: {}, learnable: {tokens: 3}}
      |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: valid names: `none`, `learnable`
    "#);
}

#[test]
fn a_flag_that_is_wrong() {
    assert_snapshot!(wrong_flag("train.epochs"), @r#"
    error: expected PATH=VALUE, found no `=`
     |
     | --set train.epochs
     |       ^^^^^^^^^^^^
     |
     = help: write it as in `--set train.epochs=3`
    "#);
    assert_snapshot!(wrong_flag("train..epochs=2"), @r#"
    error: expected keys with dots between them before `=`
     |
     | --set train..epochs=2
     |       ^^^^^^^^^^^^^^^
     |
     = help: write it as in `--set train.epochs=3`
    "#);
    assert_snapshot!(wrong_flag("train.epochs="), @r#"
    error: expected a value after `=`, found nothing
     |
     | --set train.epochs=
     |       ^^^^^^^^^^^^^
     |
     = help: write `train.epochs=null` to unset it
    "#);
    assert_snapshot!(wrong_flag("train.epochs=[1"), @r#"
    error: this is not valid YAML: unclosed bracket '['
     |
     | --set train.epochs=[1
     |                    ^
    "#);
    assert_snapshot!(wrong_flag("train.epochs=two"), @r#"
    error: expected a whole number from 1 to 100, found text `two`
     |
     | --set train.epochs=two
     |                    ^^^
    "#);
    assert_snapshot!(wrong_flag("train.epoch=2"), @r#"
    error: unknown key `epoch`
     |
     | --set train.epoch=2
     |             ^^^^^
     |
     = help: did you mean `epochs`?
    "#);
}

#[test]
fn an_alias_bomb_is_refused() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..9 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        text += &format!("a{level}: &a{level} [{aliases}]\n");
    }
    let error = parse(&text).unwrap_err();
    assert!(error.mark.is_some());
    assert_snapshot!(error.message, @"with its aliases (`*name`) written out, this holds more than 100000 values");
}
