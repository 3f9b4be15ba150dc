//! An experiment without its runs.

use crate::read::expect_experiment;
use crate::rows::ExperimentRow;
use crate::{ExperimentRecord, Store, StoreError};

impl Store {
    /// An experiment as it was recorded last, without its runs.
    ///
    /// # Errors
    /// For an unknown name the error lists the names there are, the nearest first.
    pub fn experiment_record(&self, name: &str) -> Result<ExperimentRecord, StoreError> {
        let path = self.path();
        self.database
            .read("load an experiment", async |connection| {
                expect_experiment(connection, path, name).await?;
                let row: ExperimentRow = sqlx::query_as("SELECT * FROM experiment WHERE name = ?")
                    .bind(name)
                    .fetch_one(connection)
                    .await?;
                Ok(row.decode(Vec::new())?.experiment)
            })
    }
}
