//! Why a language model gave no answer, and why answers are in no set.

use std::path::PathBuf;

use thiserror::Error;

use crate::check::Fault;
use crate::description_set::DescriptionSetError;

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

/// Why a draft cannot be begun or gone on with.
#[derive(Debug, Error)]
pub enum DraftError {
    /// There is one already.
    #[error(
        "{} holds answers that were not finished: go on with `--continue`, or delete the file", path.display()
    )]
    Begun {
        /// The draft's file.
        path: PathBuf,
    },
    /// It was begun in another way.
    #[error(
        "{} was begun with {what}: ask the same again, or delete the file to begin anew", path.display()
    )]
    Other {
        /// The draft's file.
        path: PathBuf,
        /// What was different.
        what: String,
    },
    /// Another call writes it now.
    #[error(
        "the set is being written by another call, which uses {}; wait for it, or choose another name", path.display()
    )]
    Busy {
        /// The draft's file.
        path: PathBuf,
    },
    /// Its texts do not go together, for example because the file was changed by hand.
    #[error("{} cannot become a set: {}; delete the answers at fault, or the file", path.display(), list(faults))]
    Faulty {
        /// The draft's file.
        path: PathBuf,
        /// What is wrong with it.
        faults: Vec<Fault>,
    },
    /// Its file cannot be read or written.
    #[error(transparent)]
    File(#[from] DescriptionSetError),
    /// Its folder cannot be made, or a finished draft not removed.
    #[error("cannot use {}: {reason}", path.display())]
    Folder {
        /// The folder or file.
        path: PathBuf,
        /// The operating system's reason.
        reason: std::io::Error,
    },
}

fn list(faults: &[Fault]) -> String {
    let faults: Vec<String> = faults.iter().map(Fault::to_string).collect();
    faults.join("; ")
}
