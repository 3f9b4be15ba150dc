//! Copying rows from the attached store `other`, whose keys are its own: the temporary table
//! `taken` says which of its runs is which run here.

use std::path::Path;

use sqlx::SqliteConnection;

use super::TakenRun;
use crate::error::Fault;
use crate::files;

async fn execute(connection: &mut SqliteConnection, sql: &'static str) -> Result<usize, Fault> {
    let done = sqlx::query(sql).execute(connection).await?;
    Ok(done.rows_affected() as usize)
}

/// Adds the names of series and clips.
pub(super) async fn names(connection: &mut SqliteConnection) -> Result<(), Fault> {
    for sql in [
        "INSERT OR IGNORE INTO main.series (name) SELECT name FROM other.series",
        "INSERT OR IGNORE INTO main.clip (name) SELECT name FROM other.clip",
    ] {
        execute(connection, sql).await?;
    }
    Ok(())
}

pub(super) async fn begin_map(connection: &mut SqliteConnection) -> Result<(), Fault> {
    let sql = "CREATE TEMP TABLE taken (theirs INTEGER PRIMARY KEY, ours INTEGER NOT NULL)";
    execute(connection, sql).await.map(drop)
}

pub(super) async fn end_map(connection: &mut SqliteConnection) -> Result<(), Fault> {
    execute(connection, "DROP TABLE temp.taken").await.map(drop)
}

/// Takes over a run itself, in the place of the one here, if there is one. Its process is none of
/// this machine's, and what it was doing is known to nobody here. Who works on the run here is
/// told by the higher number of the attempt.
pub(super) async fn take_run(
    connection: &mut SqliteConnection,
    run: &TakenRun,
) -> Result<(), Fault> {
    let ours = match run.ours {
        Some(ours) => {
            sqlx::query(
                "UPDATE main.run SET
                     (provenance, status, failure, host, heartbeat, started, finished, seconds,
                      earlier_seconds, epoch, log_tail)
                     = (SELECT provenance, iif(status = 'running', 'interrupted', status), failure,
                            host, heartbeat, started, finished, seconds, earlier_seconds, epoch,
                            log_tail
                        FROM other.run AS theirs WHERE theirs.key = ?1),
                     attempt = 1 + max(attempt, (SELECT attempt FROM other.run AS theirs WHERE theirs.key = ?1)),
                     process = NULL, boot = NULL, namespace = NULL, process_start = NULL
                 WHERE key = ?2",
            )
            .bind(run.theirs)
            .bind(ours)
            .execute(&mut *connection)
            .await?;
            for clear in [
                "DELETE FROM main.point WHERE run = ?",
                "DELETE FROM main.selection WHERE run = ?",
                "DELETE FROM main.prompt WHERE run = ?",
                "DELETE FROM main.checkpoint WHERE run = ?",
            ] {
                sqlx::query(clear)
                    .bind(ours)
                    .execute(&mut *connection)
                    .await?;
            }
            ours
        }
        None => {
            sqlx::query_scalar(
                "INSERT INTO main.run (id, benchmark, synthetic, fold, seed, settings, classes,
                     provenance, status, failure, host, heartbeat, started, finished, attempt,
                     seconds, earlier_seconds, epoch, epochs, log_tail)
                 SELECT id, benchmark, synthetic, fold, seed, settings, classes, provenance,
                     iif(status = 'running', 'interrupted', status), failure, host, heartbeat,
                     started, finished, attempt, seconds, earlier_seconds, epoch, epochs, log_tail
                 FROM other.run AS theirs WHERE theirs.key = ? RETURNING key",
            )
            .bind(run.theirs)
            .fetch_one(&mut *connection)
            .await?
        }
    };
    sqlx::query("INSERT INTO temp.taken (theirs, ours) VALUES (?, ?)")
        .bind(run.theirs)
        .bind(ours)
        .execute(connection)
        .await?;
    Ok(())
}

/// Takes over everything that hangs on the runs that were taken.
pub(super) async fn take_figures(connection: &mut SqliteConnection) -> Result<(), Fault> {
    for sql in [
        "INSERT INTO main.point (run, series, epoch, value)
         SELECT taken.ours, mine.key, epoch, value
         FROM taken JOIN other.point AS theirs ON theirs.run = taken.theirs
         JOIN other.series AS named ON named.key = theirs.series
         JOIN main.series AS mine ON mine.name = named.name",
        "INSERT INTO main.selection (run, rule, epoch, uar, war)
         SELECT taken.ours, rule, epoch, uar, war
         FROM taken JOIN other.selection AS theirs ON theirs.run = taken.theirs",
        "INSERT INTO main.prediction (selection, clip, target, predicted)
         SELECT mine.key, my_clip.key, target, predicted
         FROM taken JOIN other.selection AS theirs ON theirs.run = taken.theirs
         JOIN main.selection AS mine ON mine.run = taken.ours AND mine.rule = theirs.rule
         JOIN other.prediction AS predictions ON predictions.selection = theirs.key
         JOIN other.clip AS named ON named.key = predictions.clip
         JOIN main.clip AS my_clip ON my_clip.name = named.name",
        "INSERT INTO main.prompt (run, position, class, text, token_ids)
         SELECT taken.ours, position, class, text, token_ids
         FROM taken JOIN other.prompt AS theirs ON theirs.run = taken.theirs",
        "INSERT INTO main.checkpoint (run, rule, epoch, path, written)
         SELECT taken.ours, rule, epoch, path, written
         FROM taken JOIN other.checkpoint AS theirs ON theirs.run = taken.theirs",
    ] {
        execute(connection, sql).await?;
    }
    Ok(())
}

/// Takes over experiments and which runs they have. All runs are here by now.
pub(super) async fn take_experiments(connection: &mut SqliteConnection) -> Result<(), Fault> {
    for sql in [
        // Links go by what both experiments were, so they are written before these are.
        "PRAGMA defer_foreign_keys = ON",
        // Where both files differ, runs that only the earlier one's plan has are no longer planned.
        "UPDATE main.experiment_run SET in_plan = 0
         WHERE experiment IN (
             SELECT ours.name FROM main.experiment AS ours JOIN other.experiment AS theirs
             ON theirs.name = ours.name
             WHERE theirs.yaml <> ours.yaml AND theirs.updated > ours.updated)",
        "INSERT INTO main.experiment_run (experiment, run, levels, position, in_plan)
         SELECT theirs.experiment, mine.key, theirs.levels, theirs.position,
             theirs.in_plan AND (ours.name IS NULL OR ours.yaml = edited.yaml
                 OR edited.updated > ours.updated)
         FROM other.experiment_run AS theirs
         JOIN other.experiment AS edited ON edited.name = theirs.experiment
         JOIN other.run AS named ON named.key = theirs.run
         JOIN main.run AS mine ON mine.id = named.id
         LEFT JOIN main.experiment AS ours ON ours.name = theirs.experiment
         WHERE true
         ON CONFLICT (experiment, run) DO UPDATE SET
             levels = iif(excluded.in_plan > in_plan, excluded.levels, levels),
             position = iif(excluded.in_plan > in_plan, excluded.position, position),
             in_plan = max(in_plan, excluded.in_plan)",
        "INSERT INTO main.experiment (name, question, yaml, compare, benchmarks, created, updated)
         SELECT name, question, yaml, compare, benchmarks, created, updated
         FROM other.experiment WHERE true
         ON CONFLICT (name) DO UPDATE SET
             question = iif(excluded.updated > updated, excluded.question, question),
             yaml = iif(excluded.updated > updated, excluded.yaml, yaml),
             compare = iif(excluded.updated > updated, excluded.compare, compare),
             benchmarks = iif(excluded.updated > updated, excluded.benchmarks, benchmarks),
             created = min(created, excluded.created),
             updated = max(updated, excluded.updated)",
    ] {
        execute(connection, sql).await?;
    }
    Ok(())
}

/// Adds notes on runs that both stores have by now, and says how many.
pub(super) async fn take_notes(connection: &mut SqliteConnection) -> Result<usize, Fault> {
    let sql = "INSERT INTO main.note (run, text, written)
         SELECT mine.key, theirs.text, theirs.written
         FROM other.note AS theirs JOIN other.run AS named ON named.key = theirs.run
         JOIN main.run AS mine ON mine.id = named.id
         WHERE NOT EXISTS (
             SELECT 1 FROM main.note AS ours
             WHERE ours.run = mine.key AND ours.text = theirs.text AND ours.written = theirs.written)
         ORDER BY theirs.key";
    execute(connection, sql).await
}

/// Adds evaluations that are not here, and says how many.
pub(super) async fn take_evaluations(connection: &mut SqliteConnection) -> Result<usize, Fault> {
    execute(
        connection,
        "CREATE TEMP TABLE evaluated AS
         SELECT key, id FROM other.evaluation WHERE id NOT IN (SELECT id FROM main.evaluation)",
    )
    .await?;
    let added = execute(
        connection,
        "INSERT INTO main.evaluation (id, checkpoint, sha256, run, benchmark, synthetic, fold,
             settings, classes, provenance, evaluated, uar, war)
         SELECT theirs.id, checkpoint, sha256, run, benchmark, synthetic, fold, settings, classes,
             provenance, evaluated, uar, war
         FROM other.evaluation AS theirs JOIN temp.evaluated ON evaluated.key = theirs.key
         ORDER BY theirs.key",
    )
    .await?;
    execute(
        connection,
        "INSERT INTO main.evaluation_prediction (evaluation, clip, target, predicted)
         SELECT mine.key, my_clip.key, target, predicted
         FROM temp.evaluated JOIN main.evaluation AS mine ON mine.id = evaluated.id
         JOIN other.evaluation_prediction AS theirs ON theirs.evaluation = evaluated.key
         JOIN other.clip AS named ON named.key = theirs.clip
         JOIN main.clip AS my_clip ON my_clip.name = named.name",
    )
    .await?;
    execute(connection, "DROP TABLE temp.evaluated").await?;
    Ok(added)
}

/// Adds requests that are not here, and says how many. Nothing but all of its columns together
/// tells one request from another.
pub(super) async fn take_llm_calls(connection: &mut SqliteConnection) -> Result<usize, Fault> {
    let sql = "INSERT INTO main.llm_call (ended, description_set, class, sample, retry, server,
             request, status, response, fault, seconds, prompt_tokens, completion_tokens)
         SELECT ended, description_set, class, sample, retry, server, request, status, response,
             fault, seconds, prompt_tokens, completion_tokens
         FROM other.llm_call AS theirs
         WHERE NOT EXISTS (
             SELECT 1 FROM main.llm_call AS ours
             WHERE ours.description_set = theirs.description_set AND ours.ended = theirs.ended
                 AND ours.class = theirs.class AND ours.sample = theirs.sample
                 AND ours.retry = theirs.retry AND ours.server = theirs.server
                 AND ours.request = theirs.request AND ours.response IS theirs.response)
         ORDER BY theirs.key";
    execute(connection, sql).await
}

/// Points checkpoints of the runs that were taken to their files in the other store's folder, where
/// they lie there.
pub(super) async fn find_checkpoints(
    connection: &mut SqliteConnection,
    own: &Path,
    other: &Path,
) -> Result<(), Fault> {
    let rows: Vec<(i64, String, String)> =
        sqlx::query_as("SELECT run, rule, path FROM main.checkpoint JOIN temp.taken ON ours = run")
            .fetch_all(&mut *connection)
            .await?;
    for (run, rule, path) in rows {
        let file = files::to_record(own, &files::recorded(other, &path));
        let Some(here) = file.to_str() else {
            continue;
        };
        sqlx::query("UPDATE main.checkpoint SET path = ? WHERE run = ? AND rule = ?")
            .bind(here)
            .bind(run)
            .bind(rule)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}
