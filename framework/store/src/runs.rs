//! A run's way from claimed to done, failed or interrupted.

use exp_core::provenance::Provenance;
use sqlx::SqliteConnection;

use crate::claim::held;
use crate::error::Fault;
use crate::text::{json, now, to_json};
use crate::{Claim, PromptRecord, Status, Store, StoreError};

impl Store {
    /// Begins a claimed run, or goes on with it: figures, predictions and checkpoints of epochs
    /// after `kept_epochs` are removed, so with 0 all. `prompts` are kept in their order.
    ///
    /// A run that goes on keeps the time of its first start and who began it, and its seconds of
    /// work add up.
    ///
    /// # Errors
    /// Also when another process has taken the run.
    pub fn begin(
        &self,
        claim: &Claim,
        provenance: &Provenance,
        prompts: &[PromptRecord],
        kept_epochs: usize,
    ) -> Result<(), StoreError> {
        self.database.write("begin a run", async |connection| {
            held(connection, self.path(), claim, "begin").await?;
            let provenance = whole(connection, claim, provenance, kept_epochs).await?;
            for clear in [
                "DELETE FROM point WHERE run = ? AND epoch > ?",
                "DELETE FROM selection WHERE run = ? AND epoch > ?",
                "DELETE FROM checkpoint WHERE run = ? AND epoch > ?",
            ] {
                sqlx::query(clear)
                    .bind(claim.key)
                    // Epoch 0 is none of training's, but goes as well.
                    .bind(if kept_epochs == 0 {
                        -1
                    } else {
                        kept_epochs as i64
                    })
                    .execute(&mut *connection)
                    .await?;
            }
            write_prompts(connection, claim.key, prompts).await?;
            sqlx::query(
                "UPDATE run SET status = 'running', provenance = ?2, heartbeat = ?3, epoch = ?4,
                     started = CASE WHEN ?4 > 0 THEN coalesce(started, ?3) ELSE ?3 END,
                     earlier_seconds = CASE WHEN ?4 > 0 THEN earlier_seconds ELSE 0 END
                 WHERE key = ?1",
            )
            .bind(claim.key)
            .bind(provenance)
            .bind(now())
            .bind(kept_epochs as i64)
            .execute(connection)
            .await?;
            Ok(())
        })
    }

    /// Marks a run as done, after all of its queued figures are on disk. `peak_memory` is the most
    /// memory in bytes that the process had, where the system tells.
    ///
    /// # Errors
    /// Also when figures were lost or another process has taken the run; it is not marked then.
    pub fn finish(&self, claim: &Claim, peak_memory: Option<u64>) -> Result<(), StoreError> {
        self.writer().run_sink(claim).flush()?;
        self.database.write("finish a run", async |connection| {
            held(connection, self.path(), claim, "finish").await?;
            if let Some(bytes) = peak_memory {
                sqlx::query(
                    "UPDATE run SET provenance = json_set(provenance, '$.peak_memory', ?2)
                     WHERE key = ?1 AND provenance IS NOT NULL",
                )
                .bind(claim.key)
                .bind(bytes.cast_signed())
                .execute(&mut *connection)
                .await?;
            }
            end(connection, claim, Status::Done, None, None).await
        })
    }

    /// Marks a run as failed, with the reason for people and the last lines of its log. The figures
    /// it has are kept.
    ///
    /// # Errors
    /// Also when figures were lost (the run is marked all the same), or another process has taken
    /// the run.
    pub fn fail(&self, claim: &Claim, reason: &str, log_tail: &str) -> Result<(), StoreError> {
        let flushed = self.writer().run_sink(claim).flush();
        self.database
            .write("mark a run as failed", async |connection| {
                held(connection, self.path(), claim, "fail").await?;
                let log_tail = Some(log_tail).filter(|text| !text.is_empty());
                end(connection, claim, Status::Failed, Some(reason), log_tail).await
            })?;
        flushed
    }

    /// Marks a run as interrupted, for a reason if it was not asked to stop: it may go on later.
    ///
    /// # Errors
    /// Also when figures were lost (the run is marked all the same), or another process has taken
    /// the run.
    pub fn interrupt(&self, claim: &Claim, reason: Option<&str>) -> Result<(), StoreError> {
        let flushed = self.writer().run_sink(claim).flush();
        self.database
            .write("mark a run as interrupted", async |connection| {
                held(connection, self.path(), claim, "interrupt").await?;
                end(connection, claim, Status::Interrupted, reason, None).await
            })?;
        flushed
    }
}

/// The provenance of a run that is begun, or gone on with after some epochs, as it is stored.
async fn whole(
    connection: &mut SqliteConnection,
    claim: &Claim,
    own: &Provenance,
    kept_epochs: usize,
) -> Result<String, Fault> {
    let what = || format!("what is known of run `{}`", claim.run());
    let stored: Option<String> = sqlx::query_scalar("SELECT provenance FROM run WHERE key = ?")
        .bind(claim.key)
        .fetch_one(connection)
        .await?;
    let before: Option<Provenance> = match stored {
        Some(text) if kept_epochs > 0 => Some(json(&text, what)?),
        _ => None,
    };
    let own = own.clone();
    let provenance = match before {
        Some(before) => before.gone_on_by(own, kept_epochs),
        None => own,
    };
    Ok(to_json(&provenance, what)?)
}

/// Writes how a run ended; nobody works on it any more.
async fn end(
    connection: &mut SqliteConnection,
    claim: &Claim,
    status: Status,
    failure: Option<&str>,
    log_tail: Option<&str>,
) -> Result<(), Fault> {
    sqlx::query(
        "UPDATE run SET status = ?2, failure = ?3, log_tail = ?4, finished = ?5, heartbeat = ?5,
             seconds = earlier_seconds + ?6, process = NULL
         WHERE key = ?1",
    )
    .bind(claim.key)
    .bind(status.name())
    .bind(failure)
    .bind(log_tail)
    .bind(now())
    .bind(claim.seconds())
    .execute(connection)
    .await?;
    Ok(())
}

async fn write_prompts(
    connection: &mut SqliteConnection,
    run: i64,
    prompts: &[PromptRecord],
) -> Result<(), Fault> {
    sqlx::query("DELETE FROM prompt WHERE run = ?")
        .bind(run)
        .execute(&mut *connection)
        .await?;
    for (position, prompt) in prompts.iter().enumerate() {
        let token_ids = to_json(&prompt.token_ids, || "the tokens of a prompt".to_owned())?;
        sqlx::query(
            "INSERT INTO prompt (run, position, class, text, token_ids) VALUES (?, ?, ?, ?, ?)",
        )
        .bind(run)
        .bind(position as i64)
        .bind(&prompt.class)
        .bind(&prompt.text)
        .bind(token_ids)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}
