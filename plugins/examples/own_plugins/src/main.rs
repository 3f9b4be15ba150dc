//! `exp` with plugins of one's own: everything that the shipped program can do, and two plugins more.
//!
//! Copy this crate to begin with. A plugin is one type in one file and one line here; from that it
//! gets its place in the YAML, errors that point at line and column, its line in `exp plugins`, its
//! entry in the JSON schema of `exp schema`, and its part in the identity of runs.

mod attention_pooling;
mod inline;

use std::process::ExitCode;

use attention_pooling::AttentionPooling;
use inline::Inline;

fn main() -> ExitCode {
    let mut registry = exp_plugins::registry();
    registry.prompts.add("inline", |p: Inline| Box::new(p));
    registry
        .temporals
        .add("attention_pooling", |t: AttentionPooling| Box::new(t));
    exp_cli::run(registry)
}
