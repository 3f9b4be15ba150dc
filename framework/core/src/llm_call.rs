//! A request to a language model and what came of it, as it is kept.

use serde_json::Value;

/// One HTTP request to a language model. No key is in any part of it.
#[derive(Debug, Clone, PartialEq)]
pub struct LlmCall {
    /// The description set that the answer was for.
    pub set: String,
    /// The class that was asked about.
    pub class: String,
    /// Which of the class's answers was asked for, from 1.
    pub sample: usize,
    /// How many requests for the same answer came before this one.
    pub retry: usize,
    /// The server's address.
    pub server: String,
    /// The body of the request.
    pub request: Value,
    /// The HTTP status; `None` if no answer came.
    pub status: Option<u16>,
    /// The body of the answer, as far as it came and was read.
    pub response: Option<String>,
    /// Why the answer was not kept; `None` if it was.
    pub fault: Option<String>,
    /// Seconds from the request to the end of the answer.
    pub seconds: f64,
    /// Tokens of the question, as the server counts them.
    pub prompt_tokens: Option<u64>,
    /// Tokens of the answer, as the server counts them.
    pub completion_tokens: Option<u64>,
}
