//! Giving runs another chance.

use crate::text::to_json;
use crate::{Status, Store, StoreError};

impl Store {
    /// Queues those of the runs `ids` again whose status is among `from`: they begin anew. Gives
    /// their ids.
    pub fn requeue(&self, ids: &[String], from: &[Status]) -> Result<Vec<String>, StoreError> {
        let ids = to_json(&ids, || "run ids".to_owned())?;
        let names: Vec<&str> = from.iter().map(|status| status.name()).collect();
        let names = to_json(&names, || "statuses".to_owned())?;
        self.database.write("queue runs again", async |connection| {
            let queued = sqlx::query_scalar(
                "UPDATE run SET status = 'queued', failure = NULL, log_tail = NULL
                     WHERE id IN (SELECT value FROM json_each(?))
                         AND status IN (SELECT value FROM json_each(?))
                     RETURNING id",
            )
            .bind(ids)
            .bind(names)
            .fetch_all(connection)
            .await?;
            Ok(queued)
        })
    }
}
