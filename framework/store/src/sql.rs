//! Questions in SQL to a store, which is only read.

use std::path::Path;

use serde_json::Value;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Column, Executor, Row, SqlSafeStr, Statement, TypeInfo, ValueRef};

use crate::StoreError;
use crate::error::Fault;
use crate::open::{check_owner, looking};
use crate::store::block_on;

/// What came of a question.
#[derive(Debug, Clone, PartialEq)]
pub struct SqlAnswer {
    /// The names of the columns.
    pub columns: Vec<String>,
    /// A value for each column: null, a number, or text. An infinity is the text `inf` or `-inf`,
    /// and bytes are text of hexadecimal digits.
    pub rows: Vec<Vec<Value>>,
}

/// What a question may begin with.
const READING: [&str; 5] = ["SELECT", "WITH", "VALUES", "EXPLAIN", "PRAGMA"];

/// Answers one question to the store in the file `path`, which is only read.
///
/// # Errors
/// Also for SQL that is wrong, that is more than one statement, or that would write.
pub fn query(path: &Path, sql: &str) -> Result<SqlAnswer, StoreError> {
    let first = sql
        .split(|c: char| !c.is_ascii_alphabetic())
        .find(|word| !word.is_empty());
    let first = first.unwrap_or_default().to_ascii_uppercase();
    if !READING.contains(&first.as_str()) || has_second(sql) {
        return Err(StoreError::NotAQuestion {
            sql: sql.trim().to_owned(),
        });
    }
    block_on(async {
        let mut connection = looking(path).await?;
        check_owner(&mut connection, path).await?;
        let asking = async {
            let statement = connection
                .prepare(AssertSqlSafe(sql).into_sql_str())
                .await?;
            let columns = statement
                .columns()
                .iter()
                .map(|column| column.name().to_owned());
            let columns: Vec<String> = columns.collect();
            let rows = sqlx::query(AssertSqlSafe(sql))
                .fetch_all(&mut connection)
                .await?;
            let rows = rows
                .iter()
                .map(|row| (0..row.len()).map(|at| value(row, at)).collect());
            Ok(SqlAnswer {
                columns,
                rows: rows.collect::<Result<_, sqlx::Error>>()?,
            })
        };
        let answer: Result<SqlAnswer, sqlx::Error> = asking.await;
        answer.map_err(|error| match Fault::Sql(error).at("answer", path) {
            // The file may be writable; it was opened so that it is not.
            StoreError::NotWritable { .. } => StoreError::NotAQuestion {
                sql: sql.trim().to_owned(),
            },
            StoreError::Database { source, .. } => StoreError::Sql { source },
            other => other,
        })
    })?
}

/// Whether something but blanks stands behind a semicolon that is no part of a text or name.
fn has_second(sql: &str) -> bool {
    let mut quote = None;
    for (at, c) in sql.char_indices() {
        match (quote, c) {
            (None, '\'' | '"' | '`') => quote = Some(c),
            (None, ';') => return !sql[at + 1..].trim().is_empty(),
            (Some(open), _) if open == c => quote = None,
            _ => {}
        }
    }
    false
}

fn value(row: &SqliteRow, at: usize) -> Result<Value, sqlx::Error> {
    let raw = row.try_get_raw(at)?;
    if raw.is_null() {
        return Ok(Value::Null);
    }
    let kind = raw.type_info().name().to_owned();
    Ok(match kind.as_str() {
        "INTEGER" | "BOOLEAN" => Value::from(row.try_get_unchecked::<i64, _>(at)?),
        "REAL" => {
            let number = row.try_get_unchecked::<f64, _>(at)?;
            match number.is_finite() {
                true => Value::from(number),
                false => Value::from(number.to_string()),
            }
        }
        "BLOB" => {
            let bytes = row.try_get_unchecked::<Vec<u8>, _>(at)?;
            Value::from(
                bytes
                    .iter()
                    .map(|byte| format!("{byte:02x}"))
                    .collect::<String>(),
            )
        }
        _ => Value::from(row.try_get_unchecked::<String, _>(at)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_semicolon_in_a_text_ends_nothing() {
        for one in [
            "SELECT 1",
            "SELECT 1; \n",
            "SELECT ';' || \"a;b\", `c;`",
            "SELECT 'it''s; '",
        ] {
            assert!(!has_second(one), "{one}");
        }
        for two in ["SELECT 1; SELECT 2", "SELECT ';'; VACUUM INTO 'x'"] {
            assert!(has_second(two), "{two}");
        }
    }
}
