//! Which experiments have a run.

use std::collections::HashMap;

use sqlx::SqliteConnection;

use crate::Membership;
use crate::error::Fault;
use crate::text::json;

/// The experiments of every run, or of one, by the run's key; each in the order of their names.
pub(crate) async fn memberships(
    connection: &mut SqliteConnection,
    run: Option<i64>,
) -> Result<HashMap<i64, Vec<Membership>>, Fault> {
    let rows: Vec<(i64, String, String, bool)> = sqlx::query_as(
        "SELECT run, experiment, levels, in_plan FROM experiment_run
         WHERE ?1 IS NULL OR run = ?1 ORDER BY experiment",
    )
    .bind(run)
    .fetch_all(connection)
    .await?;
    let mut found: HashMap<i64, Vec<Membership>> = HashMap::new();
    for (run, experiment, levels, in_plan) in rows {
        found.entry(run).or_default().push(Membership {
            levels: json(&levels, || format!("levels in experiment `{experiment}`"))?,
            experiment,
            in_plan,
        });
    }
    Ok(found)
}
