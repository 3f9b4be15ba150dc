//! Asking a server: one request at a time, and again where that helps.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use backon::{BackoffBuilder, ExponentialBuilder};
use exp_core::llm_call::LlmCall;
use reqwest::blocking::Client as Http;
use reqwest::redirect::Policy;

use super::exchange::{Outcome, causes};
use super::wire::{self, Message, Reply};
use super::{ClientError, Server, Stopped};

/// How long to wait for a server, and how often to try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// A request ends when nothing came for this long. Servers are silent while they think, and a
    /// local model may think for minutes.
    pub idle: Duration,
    /// A request ends after this long, whatever comes.
    pub total: Duration,
    /// Most requests for one answer that fail before it is given up on.
    pub attempts: usize,
    /// The pause after the first of them; it doubles from one to the next, and a random part of it
    /// is added, so that what failed together does not come back together.
    pub pause: Duration,
    /// The longest pause, also if the server asks for it.
    pub longest_pause: Duration,
    /// No request for an answer begins later than this after the first.
    pub whole: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            idle: Duration::from_secs(180),
            total: Duration::from_secs(300),
            attempts: 5,
            pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(60),
            whole: Duration::from_secs(600),
        }
    }
}

/// What a request is for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Purpose<'a> {
    pub set: &'a str,
    pub class: &'a str,
    pub sample: usize,
    pub model: &'a str,
}

/// A server and how it is asked. Threads may share it.
#[derive(Debug)]
pub struct Client {
    pub(super) http: Http,
    pub(super) server: Server,
    pub(super) patience: Patience,
    /// Whether the server takes a schema for its answers, as far as is known.
    structured: AtomicBool,
}

impl Client {
    /// A client for a server.
    pub fn new(server: Server, patience: Patience) -> Result<Self, ClientError> {
        // There is one default for the whole program; another crate may have set it before.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Http::builder()
            .user_agent(concat!("exp/", env!("CARGO_PKG_VERSION")))
            // For the blocking client this is the longest wait for each step, not for all.
            .timeout(patience.idle.min(patience.total))
            // A redirect could lead the key elsewhere.
            .redirect(Policy::none());
        if server.is_loopback() {
            builder = builder.no_proxy();
        }
        let http = builder.build().map_err(|error| ClientError {
            reason: causes(&error),
        })?;
        Ok(Self {
            http,
            server,
            patience,
            structured: AtomicBool::new(true),
        })
    }

    /// The server that is asked.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// Asks until there is a reply or no use in asking. `retries` counts the requests made before;
    /// those that failed go to `failed`, and the last one comes back with the reply.
    pub(super) fn ask(
        &self,
        purpose: Purpose<'_>,
        messages: &[Message],
        retries: &mut usize,
        failed: &dyn Fn(LlmCall),
    ) -> Result<(LlmCall, Reply), Stopped> {
        let began = Instant::now();
        let mut pauses = ExponentialBuilder::new()
            .with_jitter()
            .with_min_delay(self.patience.pause)
            .with_max_delay(self.patience.longest_pause)
            .with_max_times(self.patience.attempts.saturating_sub(1))
            .build();
        let mut attempts = 0;
        loop {
            let structured = self.structured.load(Ordering::Relaxed);
            let body = wire::request(purpose.model, messages, structured);
            let (mut call, outcome) = self.once(purpose, body, structured, *retries);
            *retries += 1;
            let (reason, wanted) = match outcome {
                Outcome::Reply(reply) => return Ok((call, reply)),
                Outcome::Final(stopped) => {
                    call.fault = Some(stopped.to_string());
                    failed(call);
                    return Err(stopped);
                }
                // Not a failure of the server: the next request is one it may know.
                Outcome::NoSchema(reason) => {
                    self.structured.store(false, Ordering::Relaxed);
                    call.fault = Some(reason);
                    failed(call);
                    continue;
                }
                Outcome::Passing(reason, wanted) => (reason, wanted),
            };
            attempts += 1;
            call.fault = Some(reason.clone());
            failed(call);
            if let Some(wanted) = wanted.filter(|wanted| *wanted > self.patience.longest_pause) {
                return Err(Stopped::Later {
                    seconds: wanted.as_secs(),
                    said: reason,
                });
            }
            let pause = pauses
                .next()
                .map(|pause| pause.max(wanted.unwrap_or_default()));
            match pause.filter(|pause| began.elapsed() + *pause < self.patience.whole) {
                Some(pause) => thread::sleep(pause),
                None => return Err(Stopped::GaveUp { attempts, reason }),
            }
        }
    }
}
