//! Bringing the stores of several machines together.

mod copy;
mod differences;
mod rows;

use std::path::Path;

use jiff::Timestamp;
use sqlx::SqliteConnection;

use crate::claim::holder;
use crate::error::Fault;
use crate::process::Process;
use crate::{Status, Store, StoreError, text};
use copy::Copy;
pub use differences::{Conflict, DifferentPoint, DifferentSelection};

/// What a merge did.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Merged {
    /// Runs that were not known.
    pub added: usize,
    /// Runs that the other store has done, or brought further, and this one had not.
    pub replaced: usize,
    /// Runs that stay as they are here.
    pub kept: usize,
    /// Evaluations that were not known.
    pub evaluations: usize,
    /// Requests to language models that were not known.
    pub llm_calls: usize,
    /// Notes that were not known.
    pub notes: usize,
    /// What both stores have, with different results: it stays as it is here.
    pub conflicts: Vec<Conflict>,
}

impl Store {
    /// Takes over what the store in the file `other` has and this one does not; `other` is only
    /// read, and may be of an older version.
    ///
    /// Of a run that both have, the done one wins; if neither is done, the one with more epochs, or
    /// the one that failed where the other one is still queued, unless a living process works on it here. If both are done, nothing is changed, and results
    /// that differ (times apart) are told as a [`Conflict`]. Where an experiment's file differs, the
    /// one recorded later counts, with its plan; else the plans add up. Files of models stay where
    /// they are.
    ///
    /// What was merged once is not merged again.
    ///
    /// # Errors
    /// When `other` is no store, is one of a newer version, or is this one. Nothing is changed then.
    pub fn merge(&self, other: &Path) -> Result<Merged, StoreError> {
        let copy = Copy::make(other, self.path())?;
        self.database
            .write_beside(&copy.path, "merge a store", async |connection| {
                let mut merged = Merged::default();
                rows::names(connection).await?;
                let taken = sort_out(connection, &mut merged).await?;
                rows::begin_map(connection).await?;
                for run in &taken {
                    rows::take_run(connection, run).await?;
                }
                rows::take_figures(connection).await?;
                rows::take_experiments(connection).await?;
                merged.notes = rows::take_notes(connection).await?;
                merged.evaluations = rows::take_evaluations(connection).await?;
                merged.llm_calls = rows::take_llm_calls(connection).await?;
                for id in differences::evaluations(connection).await? {
                    merged.conflicts.push(Conflict::of_evaluation(id));
                }
                rows::find_checkpoints(connection, self.path(), other).await?;
                rows::end_map(connection).await?;
                Ok(merged)
            })
    }
}

/// A run that is taken over.
pub(crate) struct TakenRun {
    theirs: i64,
    /// The same run here, whose figures are dropped.
    ours: Option<i64>,
}

/// Decides on each run of the other store.
async fn sort_out(
    connection: &mut SqliteConnection,
    merged: &mut Merged,
) -> Result<Vec<TakenRun>, Fault> {
    let (own, present) = (Process::own(), Timestamp::now());
    /// A run's key there and here, its id, its status there and here, and whether it is further there.
    type Pair = (i64, Option<i64>, String, String, Option<String>, bool);
    let pairs: Vec<Pair> = sqlx::query_as(
        "SELECT theirs.key, ours.key, theirs.id, theirs.status, ours.status,
             coalesce(theirs.epoch > ours.epoch, 0)
         FROM other.run AS theirs LEFT JOIN main.run AS ours ON ours.id = theirs.id
         ORDER BY theirs.key",
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut taken = Vec::new();
    for (theirs, ours, id, their_status, our_status, further) in pairs {
        let what = || format!("the status of run `{id}`");
        let (Some(key), Some(our_status)) = (ours, our_status) else {
            merged.added += 1;
            taken.push(TakenRun { theirs, ours: None });
            continue;
        };
        let their_status = text::status(&their_status, what)?;
        let our_status = text::status(&our_status, what)?;
        let take = match (their_status, our_status) {
            (Status::Done, Status::Done) => {
                merged
                    .conflicts
                    .extend(differences::of_run(connection, &id, theirs, key).await?);
                false
            }
            (Status::Done, _) => true,
            (_, Status::Done) => false,
            (_, Status::Running) => {
                let holder = holder(connection, key).await?;
                let dead = holder
                    .map(|holder| holder.is_dead(&own, present))
                    .transpose()?;
                further && dead == Some(true)
            }
            (Status::Failed, Status::Queued) => true,
            _ => further,
        };
        match take {
            true => {
                merged.replaced += 1;
                taken.push(TakenRun { theirs, ours });
            }
            false => merged.kept += 1,
        }
    }
    Ok(taken)
}
