//! The parser of answers, on answers that models give and on bytes that none would.

use exp_prompts::llm::answer::{AnswerFault, LONGEST, parse};
use proptest::prelude::*;

#[test]
fn each_way_to_answer_is_understood() {
    for answer in [
        "level brows",
        "  level brows\n",
        "\"level brows\"",
        "“level brows”",
        "```\nlevel brows\n```",
        "```level brows```",
        r#"{"text": "level brows"}"#,
        "{\n  \"text\": \" level brows \"\n}",
        "```json\n{\"text\": \"level brows\"}\n```",
        "Here is the description:\n```json\n{\"text\": \"level brows\"}\n```\nI hope it helps!",
        "<think>\nBrows? {Level}.\n</think>\n\nlevel brows",
    ] {
        assert_eq!(parse(answer).as_deref(), Ok("level brows"), "{answer}");
    }
    // A fence inside of JSON is a part of the text, which the checks of texts then refuse.
    let fence = r#"{"text": "a ```level brows``` c"}"#;
    assert_eq!(parse(fence).as_deref(), Ok("a ```level brows``` c"));
}

#[test]
fn what_is_not_understood_is_not_guessed() {
    for answer in ["", " \n ", "{\"text\": \" \"}", "<think>endless", "\"\""] {
        assert_eq!(parse(answer), Err(AnswerFault::Empty), "{answer}");
    }
    for answer in [
        r#"{"text": "a", "more": 1}"#,
        r#"{"text": 1}"#,
        r#"{"texts": ["a"]}"#,
        "[]",
    ] {
        assert_eq!(parse(answer), Err(AnswerFault::OtherJson), "{answer}");
    }
    let lines = 2;
    for answer in ["Sure!\nlevel brows", r#"{"text": "level\nbrows"}"#] {
        assert_eq!(
            parse(answer),
            Err(AnswerFault::ManyLines { lines }),
            "{answer}"
        );
    }
    let nested = "[".repeat(1500);
    assert!(matches!(
        parse(&nested),
        Err(AnswerFault::BrokenJson { .. })
    ));
}

/// Pieces that mean something to the parser, in any order.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("```".to_owned()),
        Just("json\n".to_owned()),
        Just("{\"text\": \"".to_owned()),
        Just("\"}".to_owned()),
        Just("<think>".to_owned()),
        Just("</think>".to_owned()),
        Just("\\u0000".to_owned()),
        Just("\n".to_owned()),
        Just("“".to_owned()),
        Just("\"".to_owned()),
        any::<String>(),
        any::<Vec<u8>>().prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_text_is_one_short_line_whatever_comes(answer in pieces()) {
        if let Ok(text) = parse(&answer) {
            prop_assert!(!text.is_empty());
            prop_assert_eq!(text.trim(), text.as_str());
            prop_assert!(!text.contains('\n'));
            prop_assert!(text.chars().count() <= LONGEST);
        }
    }

    #[test]
    fn a_text_in_json_comes_back_as_it_is(text in "[a-z][a-z ,.'-]{0,60}[a-z]") {
        let object = serde_json::json!({ "text": text }).to_string();
        prop_assert_eq!(parse(&object), Ok(text.clone()));
        prop_assert_eq!(parse(&format!("```json\n{object}\n```")), Ok(text.clone()));
        prop_assert_eq!(parse(&text), Ok(text));
    }
}
