//! Why a fetch failed, said so that a person knows what to do.

use std::io;
use std::path::{Path, PathBuf};

use reqwest::StatusCode;

/// Why weights could not be fetched.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the messages say what the fields are
pub enum FetchError {
    /// No variable says where the cache is.
    #[error(
        "no folder for downloads: none of EXP_CACHE, XDG_CACHE_HOME and HOME is set; name one with EXP_CACHE"
    )]
    NoCache,

    /// No HTTP client could be made, for example for lack of root certificates.
    #[error(
        "cannot prepare HTTP requests: {reason}; where certificates are missing, install the system's package of them (often `ca-certificates`) or name a file of them with SSL_CERT_FILE"
    )]
    Client { reason: String },

    /// The address is none.
    #[error(
        "cannot ask for {address}: {reason}; EXP_WEIGHTS_URL must be an address such as https://host/folder"
    )]
    Address { address: String, reason: String },

    /// The server says no, and would say so again.
    #[error("the server answers {status} for {address}; {advice}")]
    Refused {
        address: String,
        status: StatusCode,
        advice: &'static str,
    },

    /// No attempt succeeded.
    #[error(
        "gave up on {address} after {attempts} attempts: {reason}; {kept} bytes are kept, and the same command goes on from there"
    )]
    GaveUp {
        address: String,
        attempts: u32,
        reason: String,
        kept: u64,
    },

    /// There is more than weights can be.
    #[error(
        "{address} has more than {limit} bytes, which is no file of these weights; see where EXP_WEIGHTS_URL leads"
    )]
    TooLarge { address: String, limit: u64 },

    /// What came is not what was published.
    #[error(
        "the file from {address} is not the published one: expected SHA-256 {expected}, found {found}; it was removed. Try again, and if that does not help, another source (EXP_WEIGHTS_URL)"
    )]
    Mismatch {
        address: String,
        expected: &'static str,
        found: String,
    },

    /// A file that was there is not what was published.
    #[error(
        "{} is not the published file: expected SHA-256 {expected}, found {found}; it was left as it is: move it away and fetch again", path.display()
    )]
    Altered {
        path: PathBuf,
        expected: &'static str,
        found: String,
    },

    /// There is no room.
    #[error(
        "the disk is full: cannot write {}; make room, or choose a folder on another disk with EXP_CACHE. The same command then goes on from what is there", path.display()
    )]
    DiskFull { path: PathBuf },

    /// A file or folder of the cache cannot be used.
    #[error("cannot use {}: {reason}; choose another folder with EXP_CACHE", path.display())]
    Disk { path: PathBuf, reason: io::Error },
}

impl FetchError {
    /// What an error of the file system means.
    pub(super) fn disk(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        |reason| match reason.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { path },
            _ => Self::Disk { path, reason },
        }
    }
}
