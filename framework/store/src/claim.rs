//! Taking runs, so that each is done by one process at a time.

use std::collections::HashSet;
use std::path::Path;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use sqlx::{FromRow, SqliteConnection};

use crate::error::Fault;
use crate::process::Process;
use crate::text::{self, now, time, to_json};
use crate::{Status, Store, StoreError};

/// How often a process that works on a run should say so with [`Store::heartbeat`].
pub const HEARTBEAT: Duration = Duration::from_secs(10);

/// The right to work on a run, got by [`Store::claim`]. Everything written of the run shows it,
/// and is refused once another process has taken the run.
#[derive(Debug, Clone)]
pub struct Claim {
    /// Never given out again, so a run that was removed and planned anew is another one.
    pub(crate) key: i64,
    run: String,
    attempt: i64,
    taken: Instant,
    goes_on: bool,
    epochs: usize,
}

impl Claim {
    /// The run's id.
    pub fn run(&self) -> &str {
        &self.run
    }

    /// The how-manieth attempt at the run this is, from 1.
    pub fn attempt(&self) -> i64 {
        self.attempt
    }

    /// Whether the run was begun before and left, rather than queued: it may go on from its
    /// checkpoint.
    pub fn goes_on(&self) -> bool {
        self.goes_on
    }

    /// The last epoch whose figures the store has from earlier attempts.
    pub fn epochs(&self) -> usize {
        self.epochs
    }

    /// Seconds since the run was taken, by a clock that nobody sets.
    pub(crate) fn seconds(&self) -> f64 {
        self.taken.elapsed().as_secs_f64()
    }
}

/// What a run says of who works on it.
#[derive(FromRow)]
pub(crate) struct Holder {
    pub(crate) key: i64,
    pub(crate) id: String,
    status: String,
    attempt: i64,
    epoch: i64,
    host: Option<String>,
    process: Option<i64>,
    boot: Option<String>,
    namespace: Option<String>,
    process_start: Option<i64>,
    heartbeat: Option<String>,
}

/// The columns of a [`Holder`].
macro_rules! holder {
    ($rest:literal) => {
        concat!(
            "SELECT run.key, run.id, status, attempt, epoch, host, process, boot, namespace, ",
            "process_start, heartbeat FROM ",
            $rest
        )
    };
}

impl Holder {
    pub(crate) fn status(&self) -> Result<Status, StoreError> {
        text::status(&self.status, || format!("the status of run `{}`", self.id))
    }

    /// The process that has the run, dead or alive.
    fn process(&self) -> Option<Process> {
        Some(Process {
            host: self.host.clone().unwrap_or_default(),
            number: self.process?,
            boot: self.boot.clone(),
            namespace: self.namespace.clone(),
            start: self.process_start,
        })
    }

    /// Whether the run is marked as running, but its process is gone.
    pub(crate) fn is_dead(&self, own: &Process, now: Timestamp) -> Result<bool, StoreError> {
        if self.status()? != Status::Running {
            return Ok(false);
        }
        let heartbeat = match &self.heartbeat {
            Some(text) => Some(time(text, || {
                format!("the heartbeat of run `{}`", self.id)
            })?),
            None => None,
        };
        Ok(self
            .process()
            .is_none_or(|process| process.is_gone(own, heartbeat, now)))
    }

    /// The process, for people.
    pub(crate) fn name(&self) -> String {
        match self.process {
            Some(process) => {
                let host = self.host.as_deref().unwrap_or("an unknown host");
                format!("process {process} on {host}")
            }
            None => "another process, which has let it go".to_owned(),
        }
    }
}

impl Store {
    /// Takes the first of the runs `ids`, in this order, whose status is among `from`, or that is
    /// marked as running while its process is gone. It is then running, here. `None`: there is no
    /// such run.
    ///
    /// A process is gone when this machine has none of its number and start; on another machine,
    /// when its last heartbeat is a minute old. See [`HEARTBEAT`].
    ///
    /// # Errors
    /// Also when one of the runs was not planned.
    pub fn claim(&self, ids: &[String], from: &[Status]) -> Result<Option<Claim>, StoreError> {
        let asked = to_json(&ids, || "run ids".to_owned())?;
        let own = Process::own();
        self.database.write("take a run", async |connection| {
            let holders: Vec<Holder> = sqlx::query_as(holder!(
                "json_each(?) AS asked JOIN run ON run.id = asked.value ORDER BY asked.key"
            ))
            .bind(asked)
            .fetch_all(&mut *connection)
            .await?;
            let known: HashSet<&str> = holders.iter().map(|holder| holder.id.as_str()).collect();
            if let Some(unknown) = ids.iter().find(|id| !known.contains(id.as_str())) {
                return Err(Fault::Store(StoreError::UnknownRun {
                    path: self.path().to_owned(),
                    run: unknown.clone(),
                }));
            }
            let present = Timestamp::now();
            for holder in holders {
                if from.contains(&holder.status()?) || holder.is_dead(&own, present)? {
                    return Ok(Some(take(connection, holder, &own).await?));
                }
            }
            Ok(None)
        })
    }

    /// Says that the run is still worked on; to be called every [`HEARTBEAT`].
    ///
    /// # Errors
    /// Also when another process has taken the run.
    pub fn heartbeat(&self, claim: &Claim) -> Result<(), StoreError> {
        self.database.write("note a heartbeat", async |connection| {
            held(connection, self.path(), claim, "note a heartbeat of").await?;
            // Who was thought dead and is not goes on, as long as nobody took the run.
            sqlx::query(
                "UPDATE run SET status = 'running', heartbeat = ?2, seconds = earlier_seconds + ?3
                 WHERE key = ?1",
            )
            .bind(claim.key)
            .bind(now())
            .bind(claim.seconds())
            .execute(connection)
            .await?;
            Ok(())
        })
    }

    /// Marks runs as interrupted that are marked as running while their process is gone, and
    /// gives their ids.
    pub fn notice_interrupted(&self) -> Result<Vec<String>, StoreError> {
        // Mostly there is none, and looking waits for nobody.
        let dead = self
            .database
            .read("look for dead runs", async |connection| {
                dead(connection).await
            })?;
        if dead.is_empty() {
            return Ok(Vec::new());
        }
        self.database
            .write("mark interrupted runs", async |connection| {
                let mut noticed = Vec::new();
                for holder in self::dead(connection).await? {
                    sqlx::query("UPDATE run SET status = 'interrupted' WHERE key = ?")
                        .bind(holder.key)
                        .execute(&mut *connection)
                        .await?;
                    noticed.push(holder.id);
                }
                Ok(noticed)
            })
    }
}

async fn dead(connection: &mut SqliteConnection) -> Result<Vec<Holder>, Fault> {
    let holders: Vec<Holder> = sqlx::query_as(holder!("run WHERE status = 'running' ORDER BY key"))
        .fetch_all(connection)
        .await?;
    let (own, present) = (Process::own(), Timestamp::now());
    let mut dead = Vec::new();
    for holder in holders {
        if holder.is_dead(&own, present)? {
            dead.push(holder);
        }
    }
    Ok(dead)
}

async fn take(
    connection: &mut SqliteConnection,
    holder: Holder,
    own: &Process,
) -> Result<Claim, Fault> {
    let attempt = holder.attempt + 1;
    let goes_on = holder.status()? != Status::Queued;
    sqlx::query(
        "UPDATE run SET status = 'running', attempt = ?2, host = ?3, process = ?4, boot = ?5,
             namespace = ?6, process_start = ?7, heartbeat = ?8, earlier_seconds = seconds,
             failure = NULL, log_tail = NULL, finished = NULL
         WHERE key = ?1",
    )
    .bind(holder.key)
    .bind(attempt)
    .bind(&own.host)
    .bind(own.number)
    .bind(&own.boot)
    .bind(&own.namespace)
    .bind(own.start)
    .bind(now())
    .execute(connection)
    .await?;
    Ok(Claim {
        key: holder.key,
        run: holder.id,
        attempt,
        taken: Instant::now(),
        goes_on,
        epochs: holder.epoch as usize,
    })
}

/// Who works on a run, by its key.
pub(crate) async fn holder(
    connection: &mut SqliteConnection,
    key: i64,
) -> Result<Option<Holder>, sqlx::Error> {
    sqlx::query_as(holder!("run WHERE key = ?"))
        .bind(key)
        .fetch_optional(connection)
        .await
}

/// Refuses a step that a claim no longer allows; `step` completes "cannot … run".
pub(crate) async fn held(
    connection: &mut SqliteConnection,
    path: &Path,
    claim: &Claim,
    step: &'static str,
) -> Result<(), Fault> {
    let Some(holder) = holder(connection, claim.key).await? else {
        return Err(Fault::Store(StoreError::UnknownRun {
            path: path.to_owned(),
            run: claim.run.clone(),
        }));
    };
    if holder.attempt != claim.attempt {
        return Err(Fault::Store(StoreError::Taken {
            run: claim.run.clone(),
            holder: holder.name(),
            attempt: holder.attempt,
            own: claim.attempt,
        }));
    }
    if holder.process.is_none() {
        return Err(Fault::Store(StoreError::WrongStatus {
            step,
            run: claim.run.clone(),
            expected: Status::Running.name().to_owned(),
            found: holder.status()?,
        }));
    }
    Ok(())
}
