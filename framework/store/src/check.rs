//! Whether a store is whole: what SQLite can tell, and what should follow from what.

use std::collections::HashSet;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use exp_core::metrics::{Confusion, Rule};
use sqlx::{FromRow, SqliteConnection};

use crate::StoreError;
use crate::error::Fault;
use crate::files;
use crate::open::{check_owner, known_version, looking, schema_version};
use crate::store::block_on;
use crate::text::{count, rule};

/// What a store has, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckReport {
    /// The version of its schema; `None` before the first.
    pub version: Option<i64>,
    /// The version that this program works with.
    pub known_version: i64,
    /// How many experiments there are.
    pub experiments: usize,
    /// How many runs there are.
    pub runs: usize,
    /// What is wrong, the gravest first.
    pub problems: Vec<Problem>,
}

/// Something that is wrong with a store. Its text says what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // the texts say what the fields are
pub enum Problem {
    /// SQLite's own check found something.
    Damage { finding: String },
    /// A row names another that is not there.
    ForeignKey {
        table: String,
        parent: String,
        rows: usize,
    },
    /// An older program made it, so nothing more was checked.
    OlderSchema { found: i64, known: i64 },
    /// A run that no experiment has.
    OrphanedRun { run: String },
    /// UAR or WAR beside a selection are not those of its predictions.
    WrongFigures { run: String, rule: Rule },
    /// A checkpoint whose file is gone.
    MissingCheckpoint {
        run: String,
        rule: Rule,
        path: PathBuf,
    },
    /// A file among the checkpoints that no run needs.
    OrphanedFile { path: PathBuf, bytes: u64 },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damage { finding } => write!(
                f,
                "SQLite: {finding}; keep a copy of the file, and save what is readable with \
                 `sqlite3 FILE .recover | sqlite3 saved.db`"
            ),
            Self::ForeignKey {
                table,
                parent,
                rows,
            } => write!(
                f,
                "{rows} rows of the table `{table}` belong to rows of `{parent}` that are gone; \
                 another program deleted them"
            ),
            Self::OlderSchema { found, known } => write!(
                f,
                "the schema has version {found} and not yet {known}: any other command brings it \
                 up to date, after a copy; check again then"
            ),
            Self::OrphanedRun { run } => write!(
                f,
                "run {run} belongs to no experiment; `exp rm {run}` removes it"
            ),
            Self::WrongFigures { run, rule } => write!(
                f,
                "UAR and WAR of run {run} ({}) do not follow from its predictions; somebody edited \
                 them, and reports go by the predictions",
                rule.name()
            ),
            Self::MissingCheckpoint { run, rule, path } => write!(
                f,
                "the checkpoint {} of run {run} ({}) is missing; its figures are not affected, but \
                 `exp eval` and `exp predict` cannot use it",
                path.display(),
                rule.name()
            ),
            Self::OrphanedFile { path, bytes } => write!(
                f,
                "no run needs {} ({bytes} bytes); `exp gc` removes it",
                path.display()
            ),
        }
    }
}

/// Checks the store in the file `path`, which is only read, be it whole or not.
///
/// # Errors
/// When there is no such file, or it is no store at all.
pub fn check(path: &Path) -> Result<CheckReport, StoreError> {
    block_on(async {
        let mut connection = looking(path).await?;
        check_owner(&mut connection, path).await?;
        let damage = damage(&mut connection).await;
        let damage = damage.map_err(|error| Fault::Sql(error).at("check", path))?;
        let mut report = CheckReport {
            version: None,
            known_version: known_version(),
            experiments: 0,
            runs: 0,
            problems: damage,
        };
        let broken = !report.problems.is_empty();
        match examine(&mut connection, path, &mut report).await {
            // Of a broken file some parts cannot be read; what is broken is said already.
            Err(_) if broken => Ok(report),
            Err(error) => Err(error),
            Ok(()) => Ok(report),
        }
    })?
}

async fn examine(
    connection: &mut SqliteConnection,
    path: &Path,
    report: &mut CheckReport,
) -> Result<(), StoreError> {
    report.version = schema_version(connection, path).await?;
    let found = report.version.unwrap_or(0);
    if found > report.known_version {
        return Err(StoreError::Newer {
            path: path.to_owned(),
            found,
            known: report.known_version,
        });
    }
    let looking = async {
        report.problems.extend(foreign_keys(connection).await?);
        if found < report.known_version {
            report.problems.push(Problem::OlderSchema {
                found,
                known: report.known_version,
            });
            return Ok(());
        }
        report.experiments = size(connection, "SELECT count(*) FROM experiment").await?;
        report.runs = size(connection, "SELECT count(*) FROM run").await?;
        report.problems.extend(orphaned_runs(connection).await?);
        report.problems.extend(wrong_figures(connection).await?);
        report.problems.extend(checkpoints(connection, path).await?);
        Ok(())
    };
    let looked: Result<(), Fault> = looking.await;
    looked.map_err(|fault| fault.at("check", path))
}

async fn size(connection: &mut SqliteConnection, sql: &'static str) -> Result<usize, Fault> {
    let rows: i64 = sqlx::query_scalar(sql).fetch_one(connection).await?;
    Ok(count(rows, || "a number of rows".to_owned())?)
}

async fn damage(connection: &mut SqliteConnection) -> Result<Vec<Problem>, sqlx::Error> {
    let found = sqlx::query_scalar("PRAGMA integrity_check")
        .fetch_all(connection)
        .await;
    let found: Vec<String> = match found {
        Ok(found) => found,
        // A file may be too broken for the check itself.
        Err(sqlx::Error::Database(error)) => vec![error.message().to_owned()],
        Err(error) => return Err(error),
    };
    let faults = found.into_iter().filter(|line| line != "ok");
    Ok(faults.map(|finding| Problem::Damage { finding }).collect())
}

async fn foreign_keys(connection: &mut SqliteConnection) -> Result<Vec<Problem>, Fault> {
    let rows: Vec<(String, String, i64)> = sqlx::query_as(
        r#"SELECT "table", "parent", count(*) FROM pragma_foreign_key_check GROUP BY 1, 2"#,
    )
    .fetch_all(connection)
    .await?;
    let problems = rows.into_iter().map(|(table, parent, rows)| {
        let rows = count(rows, || "a number of rows".to_owned())?;
        Ok(Problem::ForeignKey {
            table,
            parent,
            rows,
        })
    });
    problems.collect()
}

async fn orphaned_runs(connection: &mut SqliteConnection) -> Result<Vec<Problem>, Fault> {
    let runs: Vec<String> = sqlx::query_scalar(
        "SELECT id FROM run WHERE key NOT IN (SELECT run FROM experiment_run) ORDER BY key",
    )
    .fetch_all(connection)
    .await?;
    Ok(runs
        .into_iter()
        .map(|run| Problem::OrphanedRun { run })
        .collect())
}

#[derive(FromRow)]
struct SelectionRow {
    key: i64,
    id: String,
    rule: String,
    classes: i64,
    uar: Option<f64>,
    war: Option<f64>,
}

async fn wrong_figures(connection: &mut SqliteConnection) -> Result<Vec<Problem>, Fault> {
    let selections: Vec<SelectionRow> = sqlx::query_as(
        "SELECT selection.key, id, rule, json_array_length(classes) AS classes, uar, war
         FROM selection JOIN run ON run.key = run ORDER BY selection.key",
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut problems = Vec::new();
    for selection in selections {
        let pairs: Vec<(i64, i64)> =
            sqlx::query_as("SELECT target, predicted FROM prediction WHERE selection = ?")
                .bind(selection.key)
                .fetch_all(&mut *connection)
                .await?;
        let label = |label: i64| usize::try_from(label).unwrap_or(usize::MAX);
        let pairs = pairs
            .into_iter()
            .map(|(target, predicted)| (label(target), label(predicted)));
        let classes = count(selection.classes, || "the number of classes".to_owned())?;
        let confusion = Confusion::from_pairs(classes, pairs);
        if !same(selection.uar, confusion.uar()) || !same(selection.war, confusion.war()) {
            problems.push(Problem::WrongFigures {
                run: selection.id,
                rule: rule(&selection.rule, || "a selection rule".to_owned())?,
            });
        }
    }
    Ok(problems)
}

/// Those of an older schema were filled in by SQLite, which adds in another order.
fn same(stored: Option<f64>, computed: Option<f64>) -> bool {
    match (stored, computed) {
        (Some(stored), Some(computed)) => (stored - computed).abs() < 1e-9,
        (stored, computed) => stored.is_none() && computed.is_none(),
    }
}

/// Compares the rows of checkpoints with the files in the store's folder.
async fn checkpoints(
    connection: &mut SqliteConnection,
    path: &Path,
) -> Result<Vec<Problem>, Fault> {
    let rows: Vec<(String, String, String)> = sqlx::query_as(
        "SELECT id, rule, path FROM checkpoint JOIN run ON run.key = run ORDER BY run, rule",
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut problems = Vec::new();
    let mut named = HashSet::new();
    for (run, name, file) in rows {
        let file = files::recorded(path, &file);
        match file.canonicalize() {
            Ok(found) => drop(named.insert(found)),
            Err(_) => problems.push(Problem::MissingCheckpoint {
                run,
                rule: rule(&name, || "the rule of a checkpoint".to_owned())?,
                path: file,
            }),
        }
    }
    // A run that is not over may still need what it has written so far.
    let open = "SELECT id FROM run WHERE status NOT IN ('done', 'failed')";
    let open: Vec<String> = sqlx::query_scalar(open).fetch_all(connection).await?;
    let open: HashSet<String> = open.into_iter().collect();
    let mut found = Vec::new();
    for folder in entries(&files::checkpoints(path)) {
        let name = folder
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if !open.contains(&name) {
            collect_files(&folder, &mut found);
        }
    }
    for file in found {
        let known = file.canonicalize().is_ok_and(|file| named.contains(&file));
        if !known {
            let bytes = file.metadata().map_or(0, |file| file.len());
            problems.push(Problem::OrphanedFile { path: file, bytes });
        }
    }
    Ok(problems)
}

/// What lies in a folder, in the order of the names; nothing if it cannot be read.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut entries: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    entries.sort();
    entries
}

/// All files in a folder and those below it; links are not followed.
fn collect_files(path: &Path, files: &mut Vec<PathBuf>) {
    match path.is_dir() && !path.is_symlink() {
        true => entries(path)
            .iter()
            .for_each(|inner| collect_files(inner, files)),
        false => files.push(path.to_owned()),
    }
}
