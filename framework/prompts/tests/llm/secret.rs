//! The key is in nothing that is written, said or kept.

use std::fs;
use std::io::Write;

use serde_json::json;

use crate::server::{completion, describe, send, serve, text};
use crate::trial;

const KEY: &str = "sk-never-to-be-seen";

#[test]
fn a_key_that_the_server_repeats_is_nowhere() {
    // Repeats it in plain text, in JSON, with escapes, as the model's name, in a redirect.
    let (base, seen) = serve(|number, asked, stream| match number {
        0 => send(
            stream,
            "500 Internal Server Error",
            format!("for {KEY}").as_bytes(),
        ),
        1 => send(
            stream,
            "429 Too Many Requests",
            json!({"error": {"message": format!("{KEY} is too fast"), KEY: KEY}})
                .to_string()
                .as_bytes(),
        ),
        2 => {
            let message = json!({"content": format!("level brows {KEY} <b>")});
            send(stream, "200 OK", &completion(&message, "stop"));
        }
        3 => send(
            stream,
            "500 Internal Server Error",
            br#"{"error": "\u0073k-never-to-be-seen"}"#,
        ),
        4 => {
            let body = completion(&json!({"content": text(&asked.class())}), "stop");
            let body = String::from_utf8(body).unwrap().replace("canned-2026", KEY);
            send(stream, "200 OK", body.as_bytes());
        }
        5 => send(
            stream,
            &format!(
                "302 Found\r\nLocation: http://{}.example/{KEY}",
                KEY.to_uppercase()
            ),
            b"",
        ),
        _ => send(
            stream,
            "401 Unauthorized",
            format!("no such key: {KEY}").as_bytes(),
        ),
    });
    let mut said = String::new();
    let mut trial = trial(&base, &["happiness"]);
    trial.key = Some(KEY);
    trial.patience.attempts = 5;
    said += &format!("{:?}", trial.run(false));
    assert_eq!(seen.lock().unwrap().len(), 5, "{said}");
    for _ in 0..2 {
        trial.classes = vec!["happiness".to_owned(), "sadness".to_owned()];
        trial.classes.remove(0);
        let unfinished = trial.run(true).unwrap_err();
        said += &format!("{unfinished} {unfinished:?}");
    }
    assert!(said.contains("redirects"), "{said}");
    assert!(said.contains("refuses the key"), "{said}");
    said += &format!("{:?}", trial.calls.lock().unwrap());
    let mut files = 0;
    let mut folders = vec![trial.folder.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => {
                    said += &fs::read_to_string(path).unwrap();
                    files += 1;
                }
            }
        }
    }
    assert!(files >= 2, "the set and the question");
    // It was sent, and it was hidden where it stood.
    let head = format!("authorization: bearer {KEY}");
    assert!(
        seen.lock()
            .unwrap()
            .iter()
            .all(|asked| asked.head.contains(&head))
    );
    assert!(said.contains("[key] is too fast"));
    assert!(!said.contains("never-to-be-seen"), "{said}");
}

#[test]
fn a_key_that_is_cut_off_leaves_no_beginning() {
    let (base, _) = serve(|number, asked, stream| match number {
        // The limit of what is read lies in the middle of the key.
        0 => {
            let body = "x".repeat((1 << 20) - 12) + KEY + &"x".repeat(1000);
            send(stream, "200 OK", body.as_bytes());
        }
        1 => {
            let _ = stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"a\": \"sk-never-to-");
        }
        _ => describe(stream, &asked.class()),
    });
    let mut trial = trial(&base, &["happiness"]);
    trial.key = Some(KEY);
    trial.run(false).unwrap();
    let calls = trial.calls.lock().unwrap();
    let responses = calls.iter().filter_map(|call| call.response.as_deref());
    let responses: Vec<&str> = responses.collect();
    assert!(responses[0].ends_with("xxx[key]"));
    assert_eq!(responses[1], "{\"a\": \"[key]");
}
