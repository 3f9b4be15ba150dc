//! Answers that came whole and cannot be used.

use serde_json::json;

use crate::server::{completion, describe, say, send, serve, text};
use crate::trial;

/// What a request for a class whose first answer is `content` is told, and that the second one is
/// asked for with that.
fn complaint(content: &'static str) -> String {
    let (base, seen) = serve(move |number, asked, stream| match number {
        0 => say(stream, content),
        _ => describe(stream, &asked.class()),
    });
    let trial = trial(&base, &["happiness"]);
    let set = trial.run(false).unwrap();
    assert_eq!(set.text("happiness"), Some(text("happiness")));
    let fault = trial.faults().remove(0);
    let seen = seen.lock().unwrap();
    let again = seen[1].said();
    assert!(again.last().unwrap().contains(&fault), "{again:?}");
    // The answer goes back with the complaint, unless it is empty or very long.
    let length = content.chars().count();
    assert_eq!(
        again.len(),
        if (1..=2000).contains(&length) { 3 } else { 2 }
    );
    fault
}

#[test]
fn faulty_texts_are_asked_for_again_with_the_reason() {
    let long = "raised cheeks and narrow eyes, ".repeat(20);
    let cases: [(&'static str, &str); 13] = [
        ("", "the answer is empty"),
        ("<think>hm</think>", "the answer is empty"),
        (r#"{"text": ""}"#, "the answer is empty"),
        (
            r#"{"text": "narrow eyes""#,
            "the answer looks like JSON, but is none: EOF",
        ),
        (
            r#"{"description": "narrow eyes"}"#,
            "not an object with the one string `text`",
        ),
        (
            r#"["narrow eyes"]"#,
            "not an object with the one string `text`",
        ),
        (
            "narrow eyes\n\nraised cheeks",
            "the answer has 2 lines instead of one",
        ),
        (long.leak(), "tokens, but at most 67 fit"),
        (
            "x".repeat(300_000).leak(),
            "the answer has 300000 characters",
        ),
        (
            format!("<think>{}</think>narrow eyes", "x".repeat(40_000)).leak(),
            "the answer has 40026 bytes, of which no more than 32768 are kept",
        ),
        (
            r#"{"text": "a happy face"}"#,
            "contains `happy`, which names the class `happiness`",
        ),
        (
            r#"{"text": "<b>narrow</b> eyes"}"#,
            "the text is not plain text: it contains `<`",
        ),
        (
            "narrow \u{1b}[31meyes",
            "the text is not plain text: it contains the character U+001B",
        ),
    ];
    for (content, expected) in cases {
        let fault = complaint(content);
        assert!(fault.contains(expected), "{fault}");
    }
}

/// Like [`complaint`], for a whole message.
fn message_complaint(message: serde_json::Value, finish: &'static str) -> String {
    let (base, _) = serve(move |number, asked, stream| match number {
        0 => send(stream, "200 OK", &completion(&message, finish)),
        _ => describe(stream, &asked.class()),
    });
    let trial = trial(&base, &["happiness"]);
    trial.run(false).unwrap();
    trial.faults().remove(0)
}

#[test]
fn refusals_and_cut_off_answers_are_told_apart() {
    let refusal = json!({"content": null, "refusal": "I cannot describe faces."});
    assert_eq!(
        message_complaint(refusal, "stop"),
        "the model refuses: I cannot describe faces."
    );
    let cut = json!({"content": "raised cheeks, nar"});
    assert_eq!(
        message_complaint(cut, "length"),
        "the answer was cut off before its end"
    );
    assert_eq!(
        message_complaint(json!({"content": ""}), "content_filter"),
        "the server's filter took the answer"
    );
}

#[test]
fn a_model_that_does_not_listen_is_given_up_on() {
    let (base, seen) = serve(|_, _, stream| say(stream, "a happy face"));
    let failure = trial(&base, &["happiness"]).failure();
    assert_eq!(
        failure,
        "none of 4 answers can be used; of the last one, the text contains `happy`, which names the \
         class `happiness`"
    );
    assert_eq!(seen.lock().unwrap().len(), 4);
}

#[test]
fn two_classes_never_get_the_same_text() {
    let (base, _) = serve(|_, asked, stream| match asked.said().len() {
        1 => say(stream, "level brows and open eyes"),
        _ => describe(stream, &asked.class()),
    });
    let trial = trial(&base, &["happiness", "sadness"]);
    let set = trial.run(false).unwrap();
    assert_ne!(set.texts[0].1, set.texts[1].1);
    let faults = trial.faults();
    assert_eq!(faults.len(), 1);
    assert!(
        faults[0].starts_with("the text is the same as that of class"),
        "{faults:?}"
    );
}

#[test]
fn the_names_of_classes_without_a_text_yet_are_known() {
    let (base, _) = serve(|_, asked, stream| match asked.said().len() {
        1 => say(stream, "a face that is neither happy, nor sad, nor neutral"),
        _ => describe(stream, &asked.class()),
    });
    let trial = trial(&base, &["happiness", "sadness", "neutral"]);
    trial.run(false).unwrap();
    assert_eq!(trial.faults().len(), 3);
}

#[test]
fn class_names_may_be_allowed() {
    let (base, _) = serve(|_, asked, stream| {
        say(stream, &format!("a face that shows {}", asked.class()));
    });
    let mut trial = trial(&base, &["happiness", "sadness"]);
    trial.limits.class_names_allowed = true;
    let set = trial.run(false).unwrap();
    assert_eq!(set.text("sadness"), Some("a face that shows sadness"));
    assert!(set.names_classes);
}
