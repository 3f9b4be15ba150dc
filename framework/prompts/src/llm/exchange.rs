//! One request to a server and what it means.

use std::error::Error;
use std::io::Read;
use std::time::{Duration, Instant};

use exp_core::llm_call::LlmCall;
use reqwest::StatusCode;
use reqwest::blocking::Response;
use reqwest::header::{AUTHORIZATION, HeaderMap, LOCATION, RETRY_AFTER};
use serde_json::Value;

use super::Stopped;
use super::client::{Client, Patience, Purpose};
use super::wire::{self, Reply};

/// Most bytes of an answer that are read. Descriptions have some hundred.
const LARGEST_ANSWER: usize = 1 << 20;

/// What came of one request.
pub(super) enum Outcome {
    Reply(Reply),
    /// Another try may succeed, after a pause that the server may have named.
    Passing(String, Option<Duration>),
    /// The server may succeed without a schema.
    NoSchema(String),
    Final(Stopped),
}

impl Client {
    /// Makes one request.
    pub(super) fn once(
        &self,
        purpose: Purpose<'_>,
        body: Value,
        structured: bool,
        retry: usize,
    ) -> (LlmCall, Outcome) {
        let mut call = LlmCall {
            set: purpose.set.to_owned(),
            class: purpose.class.to_owned(),
            sample: purpose.sample,
            retry,
            server: self.server.address().to_owned(),
            request: body,
            status: None,
            response: None,
            fault: None,
            seconds: 0.0,
            prompt_tokens: None,
            completion_tokens: None,
        };
        let began = Instant::now();
        let mut request = self
            .http
            .post(self.server.completions())
            .json(&call.request);
        if let Some(key) = self.server.key.as_ref().and_then(|key| key.header()) {
            request = request.header(AUTHORIZATION, key);
        }
        let outcome = match request.send() {
            Err(error) => Outcome::Passing(self.unsent(&error, began), None),
            Ok(mut response) => {
                call.status = Some(response.status().as_u16());
                let (bytes, broken) = self.read(&mut response, began);
                let body = String::from_utf8_lossy(&bytes);
                let (text, value) = self.hidden(&body, broken.is_some());
                let outcome = match broken {
                    Some(reason) => Outcome::Passing(reason, None),
                    None => self.outcome(&response, &text, value, structured),
                };
                call.response = Some(text);
                outcome
            }
        };
        call.seconds = began.elapsed().as_secs_f64();
        if let Outcome::Reply(reply) = &outcome {
            call.prompt_tokens = reply.prompt_tokens;
            call.completion_tokens = reply.completion_tokens;
        }
        (call, outcome)
    }

    /// The body of an answer as far as it comes, and why it ends too early if it does.
    fn read(&self, response: &mut Response, began: Instant) -> (Vec<u8>, Option<String>) {
        let mut bytes = Vec::new();
        let mut buffer = vec![0; 1 << 14];
        loop {
            let reason = match response.read(&mut buffer) {
                Ok(0) => return (bytes, None),
                Ok(count) => {
                    bytes.extend_from_slice(&buffer[..count]);
                    if bytes.len() > LARGEST_ANSWER {
                        bytes.truncate(LARGEST_ANSWER);
                        format!("the answer has more than {LARGEST_ANSWER} bytes")
                    } else {
                        continue;
                    }
                }
                Err(error) => {
                    let cause = error.get_ref().and_then(|cause| cause.downcast_ref());
                    match cause.is_some_and(reqwest::Error::is_timeout) {
                        true => self.timeout(began),
                        false => "the connection broke in the middle of the answer".to_owned(),
                    }
                }
            };
            return (bytes, Some(reason));
        }
    }

    /// A body with the key hidden, as text and as JSON if it is JSON. `cut`: it did not come to its end.
    fn hidden(&self, body: &str, cut: bool) -> (String, Option<Value>) {
        let value: Option<Value> = serde_json::from_str(body).ok();
        let Some(key) = &self.server.key else {
            return (body.to_owned(), value);
        };
        let text = match cut {
            true => key.hide_in_cut(body),
            false => key.hide(body),
        };
        (text, value.map(|value| key.hide_in(value)))
    }

    /// What a whole answer means.
    fn outcome(
        &self,
        response: &Response,
        text: &str,
        value: Option<Value>,
        structured: bool,
    ) -> Outcome {
        let status = response.status();
        let number = status.as_u16();
        let said = || wire::said(text);
        let answers = || format!("the server answers {status}: {}", said());
        match status {
            _ if status.is_success() => {
                let reply = match value {
                    Some(value) => {
                        wire::reply(&value).map_err(|reason| format!("{reason}: {}", said()))
                    }
                    None => Err(format!("the answer is no JSON: {}", said())),
                };
                match reply {
                    Ok(reply) => Outcome::Reply(reply),
                    Err(reason) => Outcome::Passing(reason, None),
                }
            }
            _ if status.is_redirection() => Outcome::Final(Stopped::Redirected {
                target: self.target(response.headers()),
            }),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                Outcome::Final(match self.server.key {
                    Some(_) => Stopped::WrongKey {
                        status: number,
                        said: said(),
                    },
                    None => Stopped::NoKey {
                        status: number,
                        said: said(),
                    },
                })
            }
            StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY if structured => {
                Outcome::NoSchema(answers())
            }
            StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => {
                Outcome::Passing(answers(), wanted_pause(response.headers()))
            }
            _ if status.is_server_error() => {
                Outcome::Passing(answers(), wanted_pause(response.headers()))
            }
            _ => Outcome::Final(Stopped::Refused {
                status: number,
                said: said(),
            }),
        }
    }

    /// Where a redirect leads, without what may hold a key.
    fn target(&self, headers: &HeaderMap) -> String {
        let target = headers.get(LOCATION).and_then(|value| {
            let target = self.server.base.join(value.to_str().ok()?).ok()?;
            Some(target.origin().ascii_serialization())
        });
        let target = target.unwrap_or_else(|| "an unreadable address".to_owned());
        match &self.server.key {
            Some(key) => key.hide(&target),
            None => target,
        }
    }

    /// Why no answer came.
    fn unsent(&self, error: &reqwest::Error, began: Instant) -> String {
        match error.is_timeout() {
            true => self.timeout(began),
            false => format!("no answer from the server: {}", causes(error)),
        }
    }

    /// Which of the two time limits of a request was reached.
    fn timeout(&self, began: Instant) -> String {
        let Patience { idle, total, .. } = self.patience;
        match began.elapsed() < total {
            true => format!("nothing came for {} s", idle.as_secs_f64()),
            false => format!("the answer took longer than {} s", total.as_secs_f64()),
        }
    }
}

/// The pause that a server asks for, in seconds or as a time (RFC 9110, section 10.2.3).
fn wanted_pause(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let time = jiff::fmt::rfc2822::parse(value).ok()?.timestamp();
    // A time that is past asks for no pause.
    Duration::try_from(time.duration_since(jiff::Timestamp::now())).ok()
}

/// The causes of an error; reqwest's own words say no more than that there was one.
pub(super) fn causes(error: &dyn Error) -> String {
    let first = error.source().unwrap_or(error);
    let mut text = first.to_string();
    let mut cause = first.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.ends_with(&said) {
            text.push_str(&format!(": {said}"));
        }
        cause = error.source();
    }
    wire::line(&text)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, missing_docs)]
mod tests {
    use super::*;
    use crate::llm::Server;
    use proptest::prelude::*;

    const KEY: &str = "sk-very-secret";

    proptest! {
        #[test]
        fn no_body_keeps_the_key(
            before in any::<Vec<u8>>(),
            after in any::<Vec<u8>>(),
            is_json in any::<bool>(),
            cut in any::<bool>(),
        ) {
            let server = Server::new("http://127.0.0.1/v1", Some(KEY)).unwrap();
            let client = Client::new(server, Patience::default()).unwrap();
            let (before, after) = (String::from_utf8_lossy(&before), String::from_utf8_lossy(&after));
            let text = format!("{before}{KEY}{after}");
            let body = match is_json {
                true => serde_json::json!({ KEY: [text] }).to_string(),
                false => text,
            };
            let (text, value) = client.hidden(&body, cut);
            prop_assert!(text.contains("[key]") && !text.contains(KEY));
            prop_assert!(value.is_some() || !is_json);
            let shown = format!("{value:?}");
            prop_assert!(!shown.contains(KEY), "{shown}");
        }
    }
}
