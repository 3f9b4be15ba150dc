//! Why a language model gave no answer.

use thiserror::Error;

/// Why no client could be made.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "cannot prepare HTTP requests: {reason}; where certificates are missing, install the system's \
     package of them (often `ca-certificates`) or name a file of them with SSL_CERT_FILE"
)]
pub struct ClientError {
    /// What the HTTP library says.
    pub reason: String,
}

/// Why a request is not made again. What the server said is quoted in one short line, with the key
/// and control characters hidden.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[allow(missing_docs)] // the messages say what the fields are
pub enum Stopped {
    /// The server does not know the key.
    #[error("the server refuses the key (status {status}: {said}); see EXP_LLM_KEY")]
    WrongKey { status: u16, said: String },

    /// The server wants a key, and there is none.
    #[error("the server wants a key (status {status}: {said}); set EXP_LLM_KEY")]
    NoKey { status: u16, said: String },

    /// The server is elsewhere.
    #[error(
        "the server redirects to {target}, and redirects are not followed, so that the key goes nowhere \
         else; if that is the right place, set EXP_LLM_URL to it"
    )]
    Redirected { target: String },

    /// The server does not do what it is asked to.
    #[error(
        "the server refuses the request (status {status}: {said}); see the model's name, EXP_LLM_KEY, and \
         EXP_LLM_URL, which ends in `/v1` with most servers"
    )]
    Refused { status: u16, said: String },

    /// The server wants to be left alone for longer than we wait.
    #[error(
        "the server wants no request for {seconds} s ({said}); go on after that with `--continue`"
    )]
    Later { seconds: u64, said: String },

    /// Nobody got an answer any more.
    #[error(
        "the server gives no answers: {texts} texts in a row were given up on; go on with `--continue` \
         when it does"
    )]
    Silent { texts: usize },

    /// Nothing worked; another class may fare better.
    #[error("gave up after {attempts} attempts: {reason}")]
    GaveUp { attempts: usize, reason: String },
}

impl Stopped {
    /// Whether there is no use in asking this server anything else now.
    pub(super) fn ends_all(&self) -> bool {
        !matches!(self, Self::GaveUp { .. })
    }
}
