//! As much of HTTP/1.1 as the pages need: GET, one request a connection.

use std::io::{self, Read, Write};
use std::net::{IpAddr, TcpStream};
use std::time::{Duration, Instant};

use super::pages::{Answer, Pages};

/// The longest head of a request.
const HEAD: usize = 8 * 1024;

/// A reader that takes longer than this to say or take something is gone.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often the store is looked at for somebody who watches.
const LOOK: Duration = Duration::from_secs(1);

/// How often a watched page hears something, so that a closed one is noticed.
const SIGN: Duration = Duration::from_secs(10);

/// Someone who asks.
pub struct Connection {
    stream: TcpStream,
    port: u16,
}

/// What is wrong with a request: status line and explanation.
struct Refusal(&'static str, &'static str);

impl Connection {
    pub fn new(stream: TcpStream, port: u16) -> Self {
        Self { stream, port }
    }

    /// Says that there are too many.
    pub fn refuse_busy(&mut self) {
        let busy = Refusal("503 Service Unavailable", "Too many pages are open.");
        // Whether that is heard makes no difference.
        let _ = self.refuse(&busy);
    }

    /// Answers one request; one for events is answered until the reader goes.
    pub fn serve(&mut self, pages: &Pages) -> io::Result<()> {
        self.stream.set_read_timeout(Some(PATIENCE))?;
        self.stream.set_write_timeout(Some(PATIENCE))?;
        let head = self.head()?;
        let path = match request(&head, self.port) {
            Ok(path) => path,
            Err(refusal) => return self.refuse(&refusal),
        };
        match pages.answer(&path) {
            Answer::Page(page) => self.send("200 OK", "text/html; charset=utf-8", &page),
            Answer::Missing(text) => self.send("404 Not Found", "text/plain; charset=utf-8", &text),
            Answer::Failed(text) => self.send(
                "500 Internal Server Error",
                "text/plain; charset=utf-8",
                &text,
            ),
            Answer::Events(place) => self.events(pages, &place),
        }
    }

    /// The head of the request, as long as it may be.
    fn head(&mut self) -> io::Result<Vec<u8>> {
        let mut head = Vec::new();
        let mut part = [0; 1024];
        let begun = Instant::now();
        while !head.windows(4).any(|end| end == b"\r\n\r\n") && head.len() < HEAD {
            let read = self.stream.read(&mut part)?;
            if read == 0 || begun.elapsed() > PATIENCE {
                break;
            }
            head.extend_from_slice(&part[..read]);
        }
        Ok(head)
    }

    fn refuse(&mut self, refusal: &Refusal) -> io::Result<()> {
        self.send(refusal.0, "text/plain; charset=utf-8", refusal.1)
    }

    fn send(&mut self, status: &str, kind: &str, body: &str) -> io::Result<()> {
        let length = body.len();
        write!(
            self.stream,
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n{COMMON}\r\n\r\n{body}"
        )?;
        self.stream.flush()
    }

    /// Server-sent events (HTML Standard, section 9.2): the inside of the page, whenever it is
    /// another.
    fn events(&mut self, pages: &Pages, place: &str) -> io::Result<()> {
        write!(
            self.stream,
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n{COMMON}\r\n\r\nretry: 2000\n\n"
        )?;
        let mut sent = None;
        let mut heard = Instant::now();
        loop {
            if let Some(body) = pages.body(place)
                && sent.as_ref() != Some(&body)
            {
                // In JSON the text is one line, as an event's must be.
                let line = serde_json::to_string(&*body)?;
                write!(self.stream, "event: body\ndata: {line}\n\n")?;
                sent = Some(body);
                heard = Instant::now();
            }
            if heard.elapsed() >= SIGN {
                self.stream.write_all(b": still here\n\n")?;
                heard = Instant::now();
            }
            self.stream.flush()?;
            std::thread::sleep(LOOK);
        }
    }
}

/// Headers of every answer: nothing is kept, guessed at, framed or read by other sites.
const COMMON: &str = "Connection: close\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nX-Frame-Options: DENY\r\nCross-Origin-Resource-Policy: same-origin\r\nReferrer-Policy: no-referrer";

/// The path that a request asks for.
fn request(head: &[u8], port: u16) -> Result<String, Refusal> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut request = httparse::Request::new(&mut headers);
    match request.parse(head) {
        Ok(httparse::Status::Complete(_)) => {}
        Ok(httparse::Status::Partial) if head.len() >= HEAD => {
            return Err(Refusal(
                "431 Request Header Fields Too Large",
                "The request is too long.",
            ));
        }
        _ => return Err(Refusal("400 Bad Request", "This is no HTTP request.")),
    }
    let mut hosts = request
        .headers
        .iter()
        .filter(|header| header.name.eq_ignore_ascii_case("host"));
    let host = hosts
        .next()
        .and_then(|header| std::str::from_utf8(header.value).ok());
    match host {
        Some(host) if hosts.next().is_none() && is_ours(host, port) => {}
        _ => {
            return Err(Refusal(
                "421 Misdirected Request",
                "These pages are served under this machine's address or as localhost only.",
            ));
        }
    }
    if request.method != Some("GET") {
        return Err(Refusal(
            "405 Method Not Allowed",
            "These pages can only be read.",
        ));
    }
    let target = request.path.unwrap_or_default();
    Ok(target.split('?').next().unwrap_or_default().to_owned())
}

/// Whether a request was meant for this server: a browser that was led here by a foreign name, whose
/// owner let it point to this machine (DNS rebinding), sends that name.
fn is_ours(host: &str, port: u16) -> bool {
    let (name, named) = match host.rsplit_once(':') {
        Some((name, digits)) if !digits.contains(']') => (name, digits.parse().ok()),
        _ => (host, Some(80)),
    };
    let bare = name
        .strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'));
    let address = bare.unwrap_or(name).parse::<IpAddr>().is_ok();
    named == Some(port) && (address || name.eq_ignore_ascii_case("localhost"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(head: &str) -> Result<String, &'static str> {
        request(head.as_bytes(), 7300).map_err(|refusal| &refusal.0[..3])
    }

    #[test]
    fn only_gets_to_this_machine_are_answered() {
        for host in [
            "127.0.0.1:7300",
            "localhost:7300",
            "LOCALHOST:7300",
            "[::1]:7300",
            "10.0.0.7:7300",
        ] {
            let head = format!("GET /experiment/a?x=1 HTTP/1.1\r\nHost: {host}\r\n\r\n");
            assert_eq!(asked(&head).as_deref(), Ok("/experiment/a"), "{host}");
        }
        for host in [
            "evil.example:7300",
            "127.0.0.1",
            "localhost",
            "127.0.0.1:80",
            "localhost.evil.example:7300",
            "127.0.0.1.evil.example:7300",
            "",
        ] {
            let head = format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");
            assert_eq!(asked(&head), Err("421"), "{host}");
        }
        assert_eq!(asked("GET / HTTP/1.1\r\n\r\n"), Err("421"));
        assert_eq!(
            asked("GET / HTTP/1.1\r\nHost: 127.0.0.1:7300\r\nHost: evil\r\n\r\n"),
            Err("421")
        );
        assert_eq!(
            asked("POST / HTTP/1.1\r\nHost: 127.0.0.1:7300\r\n\r\n"),
            Err("405")
        );
        assert_eq!(asked("hello\r\n\r\n"), Err("400"));
        assert_eq!(
            asked(&format!("GET /{} HTTP/1.1\r\n", "x".repeat(HEAD))),
            Err("431")
        );
    }
}
