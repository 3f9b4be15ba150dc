//! The server: a thread a connection, and a function that plays its part on each.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};

/// What a client asked.
#[derive(Debug, Clone)]
pub struct Asked {
    pub head: String,
    pub body: Value,
}

impl Asked {
    /// The messages' texts, the question first.
    pub fn said(&self) -> Vec<String> {
        let messages = self.body["messages"].as_array().unwrap();
        let texts = messages.iter().map(|message| message["content"].as_str());
        texts.map(|text| text.unwrap().to_owned()).collect()
    }

    /// The class that the question is about.
    pub fn class(&self) -> String {
        let question = self.said().remove(0);
        let class = question.strip_prefix("Describe ").unwrap();
        class.strip_suffix('.').unwrap().to_owned()
    }
}

pub type Seen = Arc<Mutex<Vec<Asked>>>;

/// Starts a server whose answer to the request of a number, counted from 0, is `answer`'s.
pub fn serve(
    answer: impl Fn(usize, &Asked, &mut TcpStream) + Send + Sync + 'static,
) -> (String, Seen) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}/v1", listener.local_addr().unwrap());
    let seen = Seen::default();
    let (kept, answer) = (Arc::clone(&seen), Arc::new(answer));
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (kept, answer) = (Arc::clone(&kept), Arc::clone(&answer));
            thread::spawn(move || {
                let mut stream = stream.unwrap();
                let asked = read(&mut stream);
                let mut seen = kept.lock().unwrap();
                let number = seen.len();
                seen.push(asked.clone());
                drop(seen);
                answer(number, &asked, &mut stream);
            });
        }
    });
    (base, seen)
}

fn read(stream: &mut TcpStream) -> Asked {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap().to_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap()];
    stream.read_exact(&mut body).unwrap();
    Asked {
        head,
        body: serde_json::from_slice(&body).unwrap(),
    }
}

/// Sends a status with more header lines, and a body. The client may hang up first.
pub fn send(stream: &mut TcpStream, status: &str, body: &[u8]) {
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let _ = stream
        .write_all(head.as_bytes())
        .and_then(|()| stream.write_all(body));
}

/// A chat completion with this message.
pub fn completion(message: &Value, finish: &str) -> Vec<u8> {
    let body = json!({
        "id": "x", "object": "chat.completion", "created": 1, "model": "canned-2026",
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": {"prompt_tokens": 20, "completion_tokens": 10, "total_tokens": 30},
    });
    body.to_string().into_bytes()
}

/// Answers with these words.
pub fn say(stream: &mut TcpStream, content: &str) {
    let message = json!({"role": "assistant", "content": content});
    send(stream, "200 OK", &completion(&message, "stop"));
}

/// Answers with a description that passes all checks.
pub fn describe(stream: &mut TcpStream, class: &str) {
    say(stream, &json!({"text": text(class)}).to_string());
}

/// A description for a class.
pub fn text(class: &str) -> &'static str {
    match class {
        "happiness" => "lip corners pulled up, raised cheeks, and narrow eyes",
        "sadness" => "inner brows raised and lip corners pulled down",
        _ => "level brows, open eyes, and closed, relaxed lips",
    }
}
