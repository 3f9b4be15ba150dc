//! Asking a server: one request at a time, and again where that helps.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use backon::{BackoffBuilder, ExponentialBuilder};
use exp_core::llm_call::LlmCall;
use reqwest::blocking::{Client as Http, ClientBuilder as Builder};
use reqwest::redirect::Policy;

use super::exchange::{Outcome, causes};
use super::stop::Stop;
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
    /// Most requests for one text that fail before it is given up on.
    pub attempts: usize,
    /// The pause after the first of them; it doubles from one to the next, and a random part of it
    /// is added, so that what failed together does not come back together.
    pub pause: Duration,
    /// The longest pause, also if the server asks for it.
    pub longest_pause: Duration,
    /// No request for a text begins later than this after the first.
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

/// What was done so far to get one text.
#[derive(Debug)]
pub(super) struct Tries {
    began: Instant,
    /// Requests that were made.
    requests: usize,
    /// Those of them that the server failed at.
    attempts: usize,
}

impl Tries {
    /// Nothing was done yet.
    pub fn none() -> Self {
        Self {
            began: Instant::now(),
            requests: 0,
            attempts: 0,
        }
    }

    /// Whether there is time for one more request after a pause.
    pub fn has_time(&self, patience: &Patience, pause: Duration) -> bool {
        self.began.elapsed() + pause < patience.whole
    }
}

/// Why there is no reply.
pub(super) enum NoReply {
    Stopped(Stopped),
    /// Another thread ended all asking.
    Ended,
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
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("exp/", env!("CARGO_PKG_VERSION")))
            .timeout(patience.total)
            // A redirect could lead the key elsewhere.
            .redirect(Policy::none());
        if server.is_loopback() {
            builder = builder.no_proxy();
        }
        if !server.is_encrypted() {
            // Then certificates are not needed, and need not be there.
            builder = builder.tls_certs_only([]);
        }
        // The blocking client has a time limit of its own, for each step.
        let builder = Builder::from(builder).timeout(patience.idle);
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

    /// Asks until there is a reply or no use in asking. `tries` counts what is done for one text;
    /// requests that failed go to `failed`, and the last one comes back with the reply.
    pub(super) fn ask(
        &self,
        purpose: Purpose<'_>,
        messages: &[Message],
        tries: &mut Tries,
        stop: &Stop,
        failed: &dyn Fn(LlmCall),
    ) -> Result<(LlmCall, Reply), NoReply> {
        let mut pauses = ExponentialBuilder::new()
            .with_jitter()
            .with_min_delay(self.patience.pause)
            .with_max_delay(self.patience.longest_pause)
            .without_max_times()
            .build();
        let mut may_be_schema = false;
        loop {
            if stop.is_over() {
                return Err(NoReply::Ended);
            }
            let structured = self.structured.load(Ordering::Relaxed) && !may_be_schema;
            let body = wire::request(purpose.model, messages, structured);
            let (mut call, outcome) = self.once(purpose, body, structured, tries.requests);
            tries.requests += 1;
            // Some servers break at a schema they do not know instead of refusing it.
            may_be_schema = structured && matches!(call.status, Some(500 | 501));
            let (reason, wanted) = match outcome {
                Outcome::Reply(reply) => return Ok((call, reply)),
                Outcome::Final(stopped) => {
                    call.fault = Some(stopped.to_string());
                    failed(call);
                    return Err(NoReply::Stopped(stopped));
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
            tries.attempts += 1;
            call.fault = Some(reason.clone());
            failed(call);
            if let Some(wanted) = wanted.filter(|wanted| *wanted > self.patience.longest_pause) {
                return Err(NoReply::Stopped(Stopped::Later {
                    seconds: wanted.as_secs(),
                    said: reason,
                }));
            }
            let pause = pauses.next().unwrap_or(self.patience.longest_pause);
            let pause = pause.max(wanted.unwrap_or_default());
            let attempts = tries.attempts;
            if attempts >= self.patience.attempts || !tries.has_time(&self.patience, pause) {
                return Err(NoReply::Stopped(Stopped::GaveUp { attempts, reason }));
            }
            // The next round looks whether it is over.
            stop.pause(pause);
        }
    }
}
