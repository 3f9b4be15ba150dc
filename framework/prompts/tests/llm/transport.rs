//! Faults of servers and of the way to them.

use std::io::Write;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use exp_prompts::llm::Stopped;

use crate::server::{describe, say, send, serve, text};
use crate::trial;

/// A server that does something else first, and then its work. What is said of that first request.
fn recovers(first: impl Fn(&mut TcpStream) + Send + Sync + 'static) -> String {
    let (base, seen) = serve(move |number, asked, stream| match number {
        0 => first(stream),
        _ => describe(stream, &asked.class()),
    });
    let trial = trial(&base, &["happiness"]);
    let set = trial.run(false).unwrap();
    assert_eq!(set.text("happiness"), Some(text("happiness")));
    assert_eq!(seen.lock().unwrap().len(), 2);
    let calls = trial.calls.lock().unwrap();
    assert_eq!((calls[0].retry, calls[1].retry), (0, 1));
    assert_eq!((calls[1].status, &calls[1].fault), (Some(200), &None));
    calls[0].fault.clone().unwrap()
}

#[test]
fn too_many_requests_are_made_again() {
    let fault = recovers(|stream| {
        send(
            stream,
            "429 Too Many Requests",
            br#"{"error": {"message": "slow down"}}"#,
        );
    });
    assert_eq!(fault, "the server answers 429 Too Many Requests: slow down");
}

#[test]
fn a_server_that_names_a_pause_gets_it() {
    let began = Instant::now();
    recovers(|stream| send(stream, "429 Too Many Requests\r\nRetry-After: 1", b""));
    assert!(began.elapsed() >= Duration::from_secs(1));
}

#[test]
fn a_pause_that_is_too_long_ends_it() {
    for wanted in ["3600", "Fri, 01 Jan 2100 00:00:00 GMT"] {
        let (base, seen) = serve(move |_, _, stream| {
            send(
                stream,
                &format!("503 Service Unavailable\r\nRetry-After: {wanted}"),
                b"maintenance",
            );
        });
        let unfinished = trial(&base, &["happiness"]).run(false).unwrap_err();
        let Some(Stopped::Later { seconds, said }) = unfinished.stopped else {
            panic!("{unfinished}");
        };
        assert!(seconds >= 3600);
        assert!(said.ends_with("maintenance"), "{said}");
        assert_eq!(seen.lock().unwrap().len(), 1);
    }
}

#[test]
fn a_server_that_recovers_is_asked_again() {
    let fault = recovers(|stream| send(stream, "500 Internal Server Error", b"<html>oops"));
    assert_eq!(
        fault,
        "the server answers 500 Internal Server Error: <html>oops"
    );
}

#[test]
fn a_server_that_stays_broken_is_given_up_on_for_this_class_only() {
    let (base, seen) = serve(|_, asked, stream| match asked.class().as_str() {
        "sadness" => send(stream, "500 Internal Server Error", b""),
        class => describe(stream, class),
    });
    let trial = trial(&base, &["happiness", "sadness", "neutral"]);
    let unfinished = trial.run(false).unwrap_err();
    assert_eq!((unfinished.kept, unfinished.wanted), (2, 3));
    assert_eq!(
        unfinished.to_string(),
        "some texts are missing:\n  sadness: gave up after 3 attempts: the server answers 500 Internal \
         Server Error: it says nothing more\n2 of 3 answers are kept; the same command with \
         `--continue` asks for the others"
    );
    assert_eq!(seen.lock().unwrap().len(), 5);
}

#[test]
fn a_dropped_connection_is_made_again() {
    let fault = recovers(|stream| stream.shutdown(Shutdown::Both).unwrap());
    assert!(fault.starts_with("no answer from the server: "), "{fault}");
    let fault = recovers(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"choices\"");
    });
    assert_eq!(fault, "the connection broke in the middle of the answer");
}

#[test]
fn nobody_listening_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}/v1", listener.local_addr().unwrap());
    drop(listener);
    let failure = trial(&base, &["happiness"]).failure();
    assert!(failure.contains("Connection refused"), "{failure}");
}

#[test]
fn silence_ends() {
    let fault = recovers(|_| thread::sleep(Duration::from_secs(5)));
    assert_eq!(fault, "nothing came for 1 s");
}

#[test]
fn a_slow_drip_ends() {
    let fault = recovers(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
        while stream.write_all(b" ").is_ok() {
            thread::sleep(Duration::from_millis(20));
        }
    });
    assert_eq!(fault, "the answer took longer than 2 s");
}

#[test]
fn ten_megabytes_are_not_read() {
    let fault = recovers(|stream| send(stream, "200 OK", &vec![b'x'; 10_000_000]));
    assert_eq!(fault, "the answer has more than 1048576 bytes");
}

#[test]
fn what_is_no_completion_is_asked_for_again() {
    let fault = recovers(|stream| send(stream, "200 OK", b"{\"choices\": [\x1b[2J"));
    assert_eq!(
        fault, "the answer is no JSON: {\"choices\": [\u{fffd}[2J",
        "escape codes are not handed on"
    );
    let fault = recovers(|stream| send(stream, "200 OK", br#"{"results": ["calm"]}"#));
    assert!(fault.starts_with("the answer is JSON, but no chat completion"));
    let fault = recovers(|stream| {
        let body = br#"{"error": {"message": "insufficient credits"}}"#;
        send(stream, "200 OK", body);
    });
    assert!(fault.ends_with(": insufficient credits"), "{fault}");
    // A server's words are never more than a line of a message.
    let long = format!(r#"{{"choices": "{}"}}"#, "A".repeat(900_000));
    let fault = recovers(move |stream| send(stream, "200 OK", long.as_bytes()));
    assert!(fault.len() < 1000, "{}", fault.len());
    let fault = recovers(|stream| send(stream, "200 OK", b""));
    assert_eq!(fault, "the answer is no JSON: it says nothing more");
}

#[test]
fn a_redirect_is_not_followed() {
    let (elsewhere, reached) = serve(|_, asked, stream| describe(stream, &asked.class()));
    for status in ["301 Moved Permanently", "307 Temporary Redirect"] {
        let target = format!("{elsewhere}/chat/completions?key=1");
        let (base, seen) = serve(move |_, _, stream| {
            send(stream, &format!("{status}\r\nLocation: {target}"), b"");
        });
        let unfinished = trial(&base, &["happiness"]).run(false).unwrap_err();
        let origin = elsewhere.strip_suffix("/v1").unwrap();
        assert_eq!(
            unfinished.stopped,
            Some(Stopped::Redirected {
                target: origin.to_owned()
            })
        );
        assert_eq!(seen.lock().unwrap().len(), 1);
    }
    assert!(reached.lock().unwrap().is_empty());
}

#[test]
fn a_wrong_key_ends_it_for_all_classes() {
    let (base, seen) = serve(|_, _, stream| {
        send(
            stream,
            "401 Unauthorized",
            br#"{"error": {"message": "who are you?"}}"#,
        );
    });
    let classes = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"];
    let mut trial = trial(&base, &classes);
    trial.key = Some("sk-wrong-key");
    let unfinished = trial.run(false).unwrap_err().to_string();
    assert_eq!(
        unfinished,
        "the server refuses the key (status 401: who are you?); see EXP_LLM_KEY\n0 of 11 answers are \
         kept; the same command with `--continue` asks for the others"
    );
    // Those that were under way, and no others.
    assert!(seen.lock().unwrap().len() <= 4);
    assert!(
        seen.lock().unwrap()[0]
            .head
            .contains("authorization: bearer sk-wrong-key")
    );

    trial.key = None;
    let unfinished = trial.run(false).unwrap_err().to_string();
    assert!(unfinished.contains("set EXP_LLM_KEY"), "{unfinished}");
}

#[test]
fn a_model_that_is_not_there_is_told() {
    let (base, seen) = serve(|_, _, stream| {
        send(
            stream,
            "404 Not Found",
            br#"{"error": "model 'canned' not found"}"#,
        );
    });
    let unfinished = trial(&base, &["happiness"])
        .run(false)
        .unwrap_err()
        .to_string();
    assert!(
        unfinished.contains("status 404: model 'canned' not found"),
        "{unfinished}"
    );
    assert_eq!(seen.lock().unwrap().len(), 1);
}

#[test]
fn a_server_that_knows_no_schema_is_asked_without() {
    let (base, seen) = serve(|_, asked, stream| match asked.body.get("response_format") {
        Some(_) => send(
            stream,
            "400 Bad Request",
            br#"{"detail": "no response_format"}"#,
        ),
        None => describe(stream, &asked.class()),
    });
    let trial = trial(&base, &["happiness"]);
    trial.run(false).unwrap();
    let seen = seen.lock().unwrap();
    assert_eq!(seen[0].body["response_format"]["type"], "json_schema");
    assert_eq!(seen.len(), 2);
    assert!(trial.faults()[0].ends_with("no response_format"));
}

#[test]
fn a_server_that_breaks_at_a_schema_is_asked_without() {
    let (base, seen) = serve(|_, asked, stream| match asked.body.get("response_format") {
        Some(_) => send(stream, "500 Internal Server Error", b"oops"),
        None => describe(stream, &asked.class()),
    });
    trial(&base, &["happiness"]).run(false).unwrap();
    assert_eq!(seen.lock().unwrap().len(), 2);
}

#[test]
fn a_server_that_answers_nobody_ends_it_for_all() {
    let (base, seen) = serve(|_, _, stream| send(stream, "500 Internal Server Error", b""));
    let names: Vec<String> = (0..30).map(|number| format!("class {number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut trial = trial(&base, &names);
    trial.samples = 100;
    let unfinished = trial.run(false).unwrap_err();
    assert_eq!(unfinished.stopped, Some(Stopped::Silent { texts: 8 }));
    // Three requests for each of eight texts, and what was under way.
    let requests = seen.lock().unwrap().len();
    assert!((24..36).contains(&requests), "{requests}");
}

#[test]
fn a_pause_ends_when_asking_does() {
    let (base, _) = serve(|_, asked, stream| match asked.class().as_str() {
        "sadness" => {
            thread::sleep(Duration::from_millis(300));
            send(stream, "401 Unauthorized", b"");
        }
        _ => send(stream, "503 Service Unavailable\r\nRetry-After: 30", b""),
    });
    let mut trial = trial(&base, &["happiness", "sadness"]);
    trial.patience.longest_pause = Duration::from_secs(60);
    trial.patience.whole = Duration::from_secs(60);
    let began = Instant::now();
    let unfinished = trial.run(false).unwrap_err();
    assert!(matches!(unfinished.stopped, Some(Stopped::NoKey { .. })));
    assert!(began.elapsed() < Duration::from_secs(15));
}

#[test]
fn attempts_and_time_count_for_a_text_and_not_for_an_asking() {
    // A faulty answer after every failure: each asking alone would have three attempts.
    let (base, seen) = serve(|number, _, stream| match number % 2 {
        0 => send(stream, "503 Service Unavailable", b""),
        _ => say(stream, "a happy face"),
    });
    let failure = trial(&base, &["happiness"]).failure();
    assert!(failure.starts_with("gave up after 3 attempts"), "{failure}");
    assert_eq!(seen.lock().unwrap().len(), 5);

    let (base, seen) = serve(|_, _, stream| {
        thread::sleep(Duration::from_millis(300));
        say(stream, "a happy face");
    });
    let mut trial = trial(&base, &["happiness"]);
    trial.patience.whole = Duration::from_millis(200);
    let failure = trial.failure();
    assert!(failure.starts_with("none of 1 answers"), "{failure}");
    assert_eq!(seen.lock().unwrap().len(), 1);
}

#[test]
fn a_request_ends_in_time_whatever_comes() {
    // Headers after a while, then a byte, then silence that would be allowed by itself.
    let (base, _) = serve(|_, _, stream| {
        thread::sleep(Duration::from_millis(700));
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n ");
        thread::sleep(Duration::from_secs(10));
    });
    let mut trial = trial(&base, &["happiness"]);
    trial.patience.idle = Duration::from_secs(5);
    trial.patience.total = Duration::from_secs(1);
    trial.patience.attempts = 1;
    let began = Instant::now();
    let failure = trial.failure();
    assert!(
        failure.ends_with("the answer took longer than 1 s"),
        "{failure}"
    );
    assert!(began.elapsed() < Duration::from_secs(4));
}

#[test]
fn what_is_wrong_without_a_schema_too_is_told() {
    let (base, seen) = serve(|_, _, stream| {
        send(
            stream,
            "400 Bad Request",
            br#"{"error": {"message": "bad model name"}}"#,
        );
    });
    let unfinished = trial(&base, &["happiness"])
        .run(false)
        .unwrap_err()
        .to_string();
    assert!(
        unfinished.contains("status 400: bad model name"),
        "{unfinished}"
    );
    assert_eq!(seen.lock().unwrap().len(), 2);
}
