//! Requests to language models.

use exp_core::llm_call::LlmCall;

use crate::text::{count, json, now, to_json};
use crate::{Store, StoreError};

impl Store {
    /// Records a request to a language model.
    pub fn record_llm_call(&self, call: &LlmCall) -> Result<(), StoreError> {
        let request = to_json(&call.request, || "a request".to_owned())?;
        let whole = |number: Option<u64>| number.map(u64::cast_signed);
        self.database.write("record a request to a language model", async |connection| {
            sqlx::query(
                "INSERT INTO llm_call (ended, description_set, class, sample, retry, server, request,
                     status, response, fault, seconds, prompt_tokens, completion_tokens)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            )
            .bind(now())
            .bind(&call.set)
            .bind(&call.class)
            .bind(call.sample as i64)
            .bind(call.retry as i64)
            .bind(&call.server)
            .bind(request)
            .bind(call.status)
            .bind(&call.response)
            .bind(&call.fault)
            .bind(call.seconds)
            .bind(whole(call.prompt_tokens))
            .bind(whole(call.completion_tokens))
            .execute(connection)
            .await?;
            Ok(())
        })
    }

    /// The requests made for a description set, in the order in which they ended.
    pub fn llm_calls(&self, set: &str) -> Result<Vec<LlmCall>, StoreError> {
        self.database
            .read("load requests to language models", async |connection| {
                let rows: Vec<Row> =
                    sqlx::query_as("SELECT * FROM llm_call WHERE description_set = ? ORDER BY key")
                        .bind(set)
                        .fetch_all(connection)
                        .await?;
                let calls = rows.into_iter().map(Row::decode);
                Ok(calls.collect::<Result<_, _>>()?)
            })
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    description_set: String,
    class: String,
    sample: i64,
    retry: i64,
    server: String,
    request: String,
    status: Option<u16>,
    response: Option<String>,
    fault: Option<String>,
    seconds: f64,
    prompt_tokens: Option<i64>,
    completion_tokens: Option<i64>,
}

impl Row {
    fn decode(self) -> Result<LlmCall, StoreError> {
        let what = || "a request to a language model".to_owned();
        let tokens = |number: Option<i64>| number.map(|number| count(number, what)).transpose();
        Ok(LlmCall {
            sample: count(self.sample, what)?,
            retry: count(self.retry, what)?,
            request: json(&self.request, what)?,
            prompt_tokens: tokens(self.prompt_tokens)?,
            completion_tokens: tokens(self.completion_tokens)?,
            set: self.description_set,
            class: self.class,
            server: self.server,
            status: self.status,
            response: self.response,
            fault: self.fault,
            seconds: self.seconds,
        })
    }
}
