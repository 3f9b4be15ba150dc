//! What can go wrong with a store, said so that a person knows what to do.

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::Status;
use crate::open::BUSY_TIMEOUT;

/// Why the store could not do what it was asked. The cause, where there is one, is the
/// [`source`](Error::source) and not part of the message.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the messages say what the fields are
pub enum StoreError {
    /// The folder for the file could not be made.
    #[error("cannot create the folder `{}` for the store; create it yourself, or choose another file with `--store FILE`", .folder.display())]
    Folder { folder: PathBuf, source: io::Error },

    /// The file, or a file beside it, cannot be written.
    #[error("cannot write the store `{}`: SQLite needs to write this file and to create others beside it; make the file and its folder writable, or choose another file with `--store FILE`", .path.display())]
    NotWritable {
        path: PathBuf,
        source: Box<dyn Error + Send + Sync>,
    },

    /// A folder stands where the file should.
    #[error("`{}` is a folder, but the store is a file; name a file with `--store FILE`, such as `{}`", .path.display(), .path.join("store.sqlite").display())]
    IsFolder { path: PathBuf },

    /// There is no such file.
    #[error("there is no store at `{}`; run an experiment first, or name its store with `--store FILE`", .path.display())]
    NoStore { path: PathBuf },

    /// The file lies on another machine.
    #[error("the store `{}` would lie on a network file system ({kind} at `{}`), where SQLite's locks do not hold and figures get lost; put it on a local disk with `--store FILE`, and bring stores of several machines together with `exp store merge OTHER.db`", .path.display(), .mount.display())]
    NetworkFileSystem {
        path: PathBuf,
        mount: PathBuf,
        kind: String,
    },

    /// The file is something other than a SQLite database, or its header is damaged.
    #[error("`{}` is not a store: it is no SQLite database, or its header is damaged; move it away, or choose another file with `--store FILE`{}", .path.display(), ways_back(.path))]
    NotADatabase { path: PathBuf },

    /// A part of the file is not what SQLite wrote.
    #[error("the store `{}` is damaged: SQLite finds a part of it broken; stop what writes to it, keep a copy, see with `exp store check` what is hurt, and save what is readable with `sqlite3 {} .recover | sqlite3 saved.db`{}", .path.display(), .path.display(), ways_back(.path))]
    Damaged {
        path: PathBuf,
        source: Box<dyn Error + Send + Sync>,
    },

    /// The disk has no room.
    #[error("the disk with the store `{}` is full; what was written before is kept: make room, and give the same command again", .path.display())]
    Full {
        path: PathBuf,
        source: Box<dyn Error + Send + Sync>,
    },

    /// The copy could not be made that stands beside a store whose schema is changed.
    #[error("cannot copy the store `{}` to `{}`, which is done before its schema is brought up to date; nothing was changed: make room and make the folder writable, then try again", .path.display(), .backup.display())]
    Backup {
        path: PathBuf,
        backup: PathBuf,
        source: Box<dyn Error + Send + Sync>,
    },

    /// The file is a SQLite database that another program made.
    #[error("`{}` is not a store: it is the SQLite database of another program, which stays untouched; choose another file with `--store FILE`", .path.display())]
    OtherProgram { path: PathBuf },

    /// The file was written by a later version of this program.
    #[error("the store `{}` has schema version {found}, but this program knows versions up to {known}; use the newer `exp` that wrote it, or choose another file with `--store FILE`", .path.display())]
    Newer {
        path: PathBuf,
        found: i64,
        known: i64,
    },

    /// The file's schema has a version that this program knows, but with other contents.
    #[error("version {version} of the schema of the store `{}` differs from this program's: a development version of `exp` made it; use that one, or choose another file with `--store FILE`", .path.display())]
    Altered { path: PathBuf, version: i64 },

    /// The schema could not be brought up to date.
    #[error("cannot bring the schema of the store `{}` up to date; nothing was changed", .path.display())]
    Migration {
        path: PathBuf,
        source: sqlx::migrate::MigrateError,
    },

    /// The file beside the store that keeps two programs from changing its schema at once.
    #[error("cannot lock `{}`, which keeps two programs from changing the schema at once; put the store on a local disk with `--store FILE`", .path.display())]
    Lock { path: PathBuf, source: io::Error },

    /// The runtime that the store runs on could not be started.
    #[error("cannot start what the store runs on")]
    Runtime { source: io::Error },

    /// Another program kept the write lock for longer than we wait.
    #[error("another program kept the store `{}` locked for more than {seconds} seconds; see what holds it (`fuser FILE`), and try again", .path.display())]
    Busy { path: PathBuf, seconds: u64 },

    /// No experiment of this name was recorded.
    #[error("the store `{}` has no experiment `{name}`; {}", .path.display(), known_experiments(.known))]
    UnknownExperiment {
        path: PathBuf,
        name: String,
        /// The experiments there are, the nearest name first.
        known: Vec<String>,
    },

    /// No run of this id was planned.
    #[error("the store `{}` has no run `{run}`; plan it before it is used", .path.display())]
    UnknownRun { path: PathBuf, run: String },

    /// Another process works on the run, since this one was silent for too long or was stopped.
    #[error(
        "run `{run}` was taken over by {holder} (attempt {attempt}; this process made attempt {own}); what this process still had for it was not written, and the other goes on"
    )]
    Taken {
        run: String,
        holder: String,
        attempt: i64,
        own: i64,
    },

    /// No run's id begins so.
    #[error("the store `{}` has no run whose id begins with `{prefix}`; {}", .path.display(), near_runs(.near))]
    NoSuchRun {
        path: PathBuf,
        prefix: String,
        /// Ids that look like it, the nearest first.
        near: Vec<String>,
    },

    /// None of the runs has such a setting.
    #[error("no run has a setting `{setting}`; {}", match .near {
        Some(near) => format!("did you mean `{near}`?"),
        None => "give its path as in `train.epochs`".to_owned(),
    })]
    UnknownSetting {
        setting: String,
        near: Option<String>,
    },

    /// Several runs' ids begin so.
    #[error("{} runs have an id that begins with `{prefix}`: {}; type more of it", .candidates.len(), listed(.candidates))]
    AmbiguousRun {
        prefix: String,
        candidates: Vec<String>,
    },

    /// A run that is being worked on is not removed.
    #[error("run `{run}` is being worked on by {holder}; stop that first")]
    Living { run: String, holder: String },

    /// A run is in a state that does not allow the step.
    #[error("cannot {step} run `{run}`: expected it to be {expected}, but it is {found}")]
    WrongStatus {
        step: &'static str,
        run: String,
        expected: String,
        found: Status,
    },

    /// A plan has the same run twice.
    #[error(
        "the plan of experiment `{experiment}` has run `{run}` twice; two of its settings are the same"
    )]
    PlannedTwice { experiment: String, run: String },

    /// A clip has two predictions under the same rule.
    #[error(
        "clip `{clip}` has two predictions in run `{run}`; each test clip may be listed only once"
    )]
    PredictedTwice { run: String, clip: String },

    /// A file name cannot be stored as text.
    #[error("cannot store the path `{}`: it is not UTF-8; use folders with plain names", .path.display())]
    NotUtf8 { path: PathBuf },

    /// Something in the file is not what this program would have written.
    #[error(
        "cannot read {what} from the store: another version of `exp` wrote it, or the file was edited"
    )]
    Value {
        what: String,
        source: Box<dyn Error + Send + Sync>,
    },

    /// Figures that training handed over could not be written. All later ones were refused.
    #[error("figures were lost: they could not be written, and none after them were")]
    Lost(#[source] Arc<StoreError>),

    /// SQL that is more than one question, or no question.
    #[error(
        "a store is only read by SQL: give one statement that begins with SELECT, WITH, VALUES, EXPLAIN or PRAGMA and writes nothing; this does not: {sql}"
    )]
    NotAQuestion { sql: String },

    /// SQLite does not understand a question.
    #[error("SQLite cannot answer this")]
    Sql {
        source: Box<dyn Error + Send + Sync>,
    },

    /// A copy of another store, which is merged from, could not be made.
    #[error("cannot read the store `{}` that is to be merged", .path.display())]
    Copy { path: PathBuf, source: io::Error },

    /// A store was to be merged with itself.
    #[error("`{}` is the store itself; name the stores of other machines", .path.display())]
    MergedWithItself { path: PathBuf },

    /// Another store changed each time it was copied.
    #[error("the store `{}` is being written to, and every copy of it was outdated before it was whole; merge it when nothing runs there", .path.display())]
    Unsteady { path: PathBuf },

    /// The writer's store was closed before the figures arrived.
    #[error("the store was closed while figures were still being written to it")]
    Closed,

    /// SQLite refused something.
    #[error("cannot {doing} in the store `{}`", .path.display())]
    Database {
        doing: &'static str,
        path: PathBuf,
        source: Box<dyn Error + Send + Sync>,
    },
}

fn known_experiments(known: &[String]) -> String {
    if known.is_empty() {
        return "it has none yet: `exp run FILE` adds one".to_owned();
    }
    let names: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
    format!("it has {}", names.join(", "))
}

fn near_runs(near: &[String]) -> String {
    match near {
        [] => "it has none yet: `exp run FILE` adds some".to_owned(),
        near => format!("near it are {}", listed(near)),
    }
}

/// The first of some names, and how many there are besides.
fn listed(names: &[String]) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<String> = names
        .iter()
        .take(SHOWN)
        .map(|name| format!("`{name}`"))
        .collect();
    match names.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// The copies of a store that were made before its schema was changed, for people.
fn ways_back(path: &Path) -> String {
    let beginning = format!(
        "{}.before-",
        path.file_stem().unwrap_or_default().to_string_lossy()
    );
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let files = std::fs::read_dir(folder.unwrap_or(Path::new(".")));
    let mut backups: Vec<String> = files
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|file| file.file_name().into_string().ok())
        .filter(|name| name.starts_with(&beginning) && name.ends_with(".db"))
        .collect();
    backups.sort();
    match backups.is_empty() {
        true => String::new(),
        false => format!("; an older copy lies beside it: {}", listed(&backups)),
    }
}

/// What a piece of work on a connection fails with, before it is known which store it was and what
/// was being done.
#[derive(Debug)]
pub(crate) enum Fault {
    Sql(sqlx::Error),
    Store(StoreError),
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Fault {
    /// The error for people; `doing` completes "cannot … in the store".
    pub(crate) fn at(self, doing: &'static str, path: &Path) -> StoreError {
        let source = match self {
            Self::Store(error) => return error,
            Self::Sql(source) => source,
        };
        let path = path.to_owned();
        match primary_code(&source) {
            Some(BUSY) => StoreError::Busy {
                path,
                seconds: BUSY_TIMEOUT.as_secs(),
            },
            Some(READ_ONLY | CANNOT_OPEN) => StoreError::NotWritable {
                path,
                source: cause(source),
            },
            Some(NOT_A_DATABASE) => StoreError::NotADatabase { path },
            Some(CORRUPT) => StoreError::Damaged {
                path,
                source: cause(source),
            },
            Some(FULL) => StoreError::Full {
                path,
                source: cause(source),
            },
            _ => StoreError::Database {
                doing,
                path,
                source: cause(source),
            },
        }
    }
}

/// SQLite's own message, without the one that sqlx puts around it.
pub(crate) fn cause(error: sqlx::Error) -> Box<dyn Error + Send + Sync> {
    match error {
        sqlx::Error::Database(error) => error.into_error(),
        error => error.into(),
    }
}

// SQLite's primary result codes, see <https://www.sqlite.org/rescode.html>.
const BUSY: u32 = 5;
const READ_ONLY: u32 = 8;
const CORRUPT: u32 = 11;
const FULL: u32 = 13;
const CANNOT_OPEN: u32 = 14;
const NOT_A_DATABASE: u32 = 26;

/// The low byte of the extended code that sqlx hands on as text.
fn primary_code(error: &sqlx::Error) -> Option<u32> {
    let code: u32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(code & 0xff)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, missing_docs)]
mod tests {
    use super::*;
    use sqlx::sqlite::SqliteConnectOptions;
    use sqlx::{ConnectOptions, Connection};

    #[test]
    fn a_lock_that_is_held_too_long_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.sqlite");
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(true)
            .busy_timeout(std::time::Duration::ZERO);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let error = runtime.block_on(async {
            let mut first = options.connect().await.unwrap();
            let mut second = options.connect().await.unwrap();
            let _held = first.begin_with("BEGIN IMMEDIATE").await.unwrap();
            second
                .begin_with("BEGIN IMMEDIATE")
                .await
                .map(drop)
                .unwrap_err()
        });
        let error = Fault::Sql(error).at("write", &path);
        assert!(
            matches!(error, StoreError::Busy { seconds: 30, .. }),
            "{error}"
        );
    }

    #[test]
    fn what_sqlite_says_is_the_one_cause() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let error = runtime.block_on(async {
            let mut connection = SqliteConnectOptions::new().connect().await.unwrap();
            let query = sqlx::query("SELECT * FROM nowhere").execute(&mut connection);
            query.await.unwrap_err()
        });
        let error = Fault::Sql(error).at("look", Path::new("store.sqlite"));
        assert_eq!(error.to_string(), "cannot look in the store `store.sqlite`");
        let cause = error.source().unwrap();
        assert_eq!(cause.to_string(), "(code: 1) no such table: nowhere");
        assert!(cause.source().is_none());
    }
}
