//! Descriptions written by a language model: asked for over the protocol of OpenAI's chat
//! completions, which hosted services and local servers (Ollama, vLLM, llama.cpp) speak.
//!
//! [`Server`] says where and with which key, a [`Question`] is filled in for each class,
//! [`Client`] sends it and asks again where that helps, [`answer`] finds the text in what comes
//! back, and a [`Draft`] keeps what passes the checks of description sets. [`generate`] joins them.

pub mod answer;
mod client;
mod draft;
mod error;
mod exchange;
mod generate;
mod key;
mod question;
mod server;
mod stop;
mod wire;

pub use client::{Client, Patience};
pub use draft::{Draft, Order};
pub use error::{ClientError, DraftError, Stopped};
pub use generate::{Unfinished, Watch, generate};
pub use key::Key;
pub use question::{Question, QuestionError};
pub use server::{Server, ServerError};
