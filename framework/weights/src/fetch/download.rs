//! Downloading one file over HTTP in as many attempts as it takes, each going on where the last
//! one ended.

use std::error::Error;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::thread;

use reqwest::StatusCode;
use reqwest::blocking::{Client, Response};
use reqwest::header::{CONTENT_RANGE, RANGE};
use reqwest::redirect::Policy;

use super::{FetchError, Fetcher, Progress};

/// Failed attempts in a row after which we give up.
const ATTEMPTS: u32 = 5;
/// An attempt that brought this many bytes did not fail in vain: the count begins again.
const WORTH: u64 = 1 << 20;
/// Four times the largest published file; what is larger is something else.
const LARGEST: u64 = 4 << 30;

/// How an attempt failed.
enum Failure {
    /// Another attempt may succeed.
    Passing(String),
    /// None will.
    Final(FetchError),
}

impl From<FetchError> for Failure {
    fn from(error: FetchError) -> Self {
        Self::Final(error)
    }
}

impl Fetcher {
    /// Downloads what is missing of the file at `address` to `part`.
    pub(super) fn download(
        &self,
        address: &str,
        part: &Path,
        on_progress: &mut dyn FnMut(Progress),
    ) -> Result<(), FetchError> {
        let client = self.client(address)?;
        let mut file = File::options()
            .create(true)
            .append(true)
            .open(part)
            .map_err(FetchError::disk(part))?;
        let mut failed = 0;
        loop {
            let before = length(&file, part)?;
            let reason = match self.attempt(&client, address, &mut file, part, on_progress) {
                Ok(()) => return file.sync_all().map_err(FetchError::disk(part)),
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::Passing(reason)) => reason,
            };
            let kept = length(&file, part)?;
            failed = match kept >= before + WORTH {
                true => 1,
                false => failed + 1,
            };
            if failed == ATTEMPTS {
                return Err(FetchError::GaveUp {
                    address: address.to_owned(),
                    attempts: ATTEMPTS,
                    reason,
                    kept,
                });
            }
            let wait = self.pause * 2_u32.pow(failed - 1);
            on_progress(Progress::Retry { reason, wait });
            thread::sleep(wait);
        }
    }

    fn client(&self, address: &str) -> Result<Client, FetchError> {
        // There is one default for the whole program; another crate may have set it before.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .user_agent(concat!("exp/", env!("CARGO_PKG_VERSION")))
            // For the blocking client this is the longest wait for each step, not for all.
            .timeout(self.idle)
            .connect_timeout(self.idle)
            .redirect(Policy::limited(5));
        if is_loopback(address) {
            builder = builder.no_proxy();
        }
        builder.build().map_err(|error| FetchError::Client {
            reason: causes(&error),
        })
    }

    fn attempt(
        &self,
        client: &Client,
        address: &str,
        file: &mut File,
        part: &Path,
        on_progress: &mut dyn FnMut(Progress),
    ) -> Result<(), Failure> {
        let mut done = length(file, part)?;
        let mut request = client.get(address);
        if done > 0 {
            request = request.header(RANGE, format!("bytes={done}-"));
        }
        let mut response = request
            .send()
            .map_err(|error| self.unsent(error, address))?;
        match place(&response, done) {
            Place::Onward => {}
            Place::Complete => return Ok(()),
            Place::Beginning if done == 0 => {}
            Place::Beginning => {
                file.set_len(0).map_err(FetchError::disk(part))?;
                done = 0;
            }
            Place::Elsewhere => {
                file.set_len(0).map_err(FetchError::disk(part))?;
                let reason = "the server does not have the part that was asked for".to_owned();
                return Err(Failure::Passing(reason));
            }
            Place::Nowhere => return Err(refusal(response.status(), address)),
        }
        let total = response.content_length().map(|left| done + left);
        let too_large = || FetchError::TooLarge {
            address: address.to_owned(),
            limit: LARGEST,
        };
        if total.is_some_and(|total| total > LARGEST) {
            return Err(too_large().into());
        }
        let mut buffer = vec![0; 1 << 16];
        loop {
            on_progress(Progress::Bytes { done, total });
            let count = match response.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(count) => count,
                Err(error) => return Err(Failure::Passing(self.broken(&error))),
            };
            file.write_all(&buffer[..count])
                .map_err(FetchError::disk(part))?;
            done += count as u64;
            if done > LARGEST {
                return Err(too_large().into());
            }
        }
    }

    /// Why no answer came.
    fn unsent(&self, error: reqwest::Error, address: &str) -> Failure {
        if error.is_builder() {
            return Failure::Final(FetchError::Address {
                address: address.to_owned(),
                reason: causes(&error.without_url()),
            });
        }
        Failure::Passing(match error.is_timeout() {
            true => self.silence(),
            false => causes(&error.without_url()),
        })
    }

    /// Why an answer ended before its end.
    fn broken(&self, error: &io::Error) -> String {
        let cause = error.get_ref().and_then(|cause| cause.downcast_ref());
        match cause.is_some_and(reqwest::Error::is_timeout) {
            true => self.silence(),
            false => format!("the connection broke ({})", causes(error)),
        }
    }

    fn silence(&self) -> String {
        format!("no byte came for {} s", self.idle.as_secs_f64())
    }
}

/// Where an answer stands to the bytes that are there.
enum Place {
    /// It goes on from them.
    Onward,
    /// There are no more.
    Complete,
    /// It is the whole file: the server knows no parts, or was not asked for one.
    Beginning,
    /// It is something that was not asked for.
    Elsewhere,
    /// It is an error.
    Nowhere,
}

/// Content ranges are `bytes 5-9/10` or, in an answer 416, `bytes */10` (RFC 9110, section 14.4).
fn place(response: &Response, done: u64) -> Place {
    let range = response.headers().get(CONTENT_RANGE);
    let range = range.and_then(|range| range.to_str().ok()?.strip_prefix("bytes "));
    let begins = |start: String| range.is_some_and(|range| range.starts_with(&start));
    match response.status() {
        StatusCode::OK => Place::Beginning,
        StatusCode::PARTIAL_CONTENT if begins(format!("{done}-")) => Place::Onward,
        StatusCode::RANGE_NOT_SATISFIABLE if range == Some(&format!("*/{done}")) => Place::Complete,
        StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE => Place::Elsewhere,
        _ => Place::Nowhere,
    }
}

fn refusal(status: StatusCode, address: &str) -> Failure {
    let passing = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS];
    if status.is_server_error() || passing.contains(&status) {
        return Failure::Passing(format!("the server answers {status}"));
    }
    let advice = match status {
        StatusCode::NOT_FOUND | StatusCode::GONE => {
            "it does not have the file: use a mirror that does, with EXP_WEIGHTS_URL"
        }
        _ => {
            "see whether the address can be reached from here, or use a mirror with EXP_WEIGHTS_URL"
        }
    };
    Failure::Final(FetchError::Refused {
        address: address.to_owned(),
        status,
        advice,
    })
}

fn length(file: &File, part: &Path) -> Result<u64, FetchError> {
    let data = file.metadata().map_err(FetchError::disk(part))?;
    Ok(data.len())
}

/// A proxy named in the environment does not lead back to this machine.
fn is_loopback(address: &str) -> bool {
    let host = reqwest::Url::parse(address).ok();
    let host = host.as_ref().and_then(|address| address.host_str());
    host.is_some_and(|host| host == "localhost" || host == "[::1]" || host.starts_with("127."))
}

/// The causes of an error; reqwest's own words say no more than that there was one.
fn causes(error: &dyn Error) -> String {
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
    text
}
