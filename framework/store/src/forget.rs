//! Models that are no longer kept.

use exp_core::metrics::Rule;

use crate::{Status, Store, StoreError};

impl Store {
    /// Forgets the models that a run has under some rules, so that their files may be removed.
    /// Only of a run that is done: training needs those of the others. Says whether it was.
    pub fn forget_checkpoints(&self, run: &str, rules: &[Rule]) -> Result<bool, StoreError> {
        self.database.write("forget models", async |connection| {
            let key: Option<i64> =
                sqlx::query_scalar("SELECT key FROM run WHERE id = ? AND status = ?")
                    .bind(run)
                    .bind(Status::Done.name())
                    .fetch_optional(&mut *connection)
                    .await?;
            let Some(key) = key else {
                return Ok(false);
            };
            for rule in rules {
                sqlx::query("DELETE FROM checkpoint WHERE run = ? AND rule = ?")
                    .bind(key)
                    .bind(rule.name())
                    .execute(&mut *connection)
                    .await?;
            }
            Ok(true)
        })
    }
}
