//! A language model's server on loopback that behaves as servers do, and as they should not.
#![allow(clippy::unwrap_used, missing_docs)]

mod contents;
mod parser;
mod secret;
mod server;
mod sets;
mod transport;

use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

use exp_core::llm_call::LlmCall;
use exp_prompts::DescriptionSet;
use exp_prompts::check::Limits;
use exp_prompts::llm::{
    Client, Draft, DraftError, Order, Patience, Question, Server, Unfinished, Watch, generate,
};
use tempfile::TempDir;

/// A set to be written, and everything that became known while it was.
struct Trial {
    folder: TempDir,
    base: String,
    key: Option<&'static str>,
    classes: Vec<String>,
    samples: usize,
    limits: Limits,
    question: &'static str,
    patience: Patience,
    calls: Mutex<Vec<LlmCall>>,
}

/// A set of one class is asked for one request at a time.
fn trial(base: &str, classes: &[&str]) -> Trial {
    Trial {
        folder: tempfile::tempdir().unwrap(),
        base: base.to_owned(),
        key: None,
        classes: classes.iter().map(|&class| class.to_owned()).collect(),
        samples: 1,
        limits: Limits::beside(8, false),
        question: "Describe {{ class }}.",
        patience: Patience {
            idle: Duration::from_secs(1),
            total: Duration::from_secs(2),
            attempts: 3,
            pause: Duration::from_millis(1),
            longest_pause: Duration::from_secs(2),
            whole: Duration::from_secs(20),
        },
        calls: Mutex::default(),
    }
}

impl Trial {
    fn draft(&self) -> PathBuf {
        self.folder.path().join("work/faces.yaml")
    }

    fn run(&self, go_on: bool) -> Result<DescriptionSet, Unfinished> {
        self.try_run(go_on).unwrap()
    }

    fn try_run(&self, go_on: bool) -> Result<Result<DescriptionSet, Unfinished>, DraftError> {
        let mut draft = self.open(go_on)?;
        Ok(self.ask(&mut draft).map(|()| {
            let set = draft.set();
            draft
                .publish(&self.folder.path().join("faces.yaml"))
                .unwrap();
            set
        }))
    }

    fn open(&self, go_on: bool) -> Result<Draft, DraftError> {
        let server = Server::new(&self.base, self.key).unwrap();
        self.order(|order| Draft::open(&self.draft(), order, &server, go_on))
    }

    fn ask(&self, draft: &mut Draft) -> Result<(), Unfinished> {
        let server = Server::new(&self.base, self.key).unwrap();
        let client = Client::new(server, self.patience).unwrap();
        let watch = Watch {
            call: &|call| self.calls.lock().unwrap().push(call.clone()),
            kept: &|_| {},
        };
        self.order(|order| {
            let questions = order.question.fill_in(&self.classes, &self.limits).unwrap();
            generate(&client, order, &questions, draft, &watch)
        })
    }

    fn order<T>(&self, with: impl FnOnce(&Order<'_>) -> T) -> T {
        let file = self.folder.path().join("question.md");
        std::fs::write(&file, self.question).unwrap();
        let question = Question::read(&file).unwrap();
        with(&Order {
            name: "faces",
            classes: &self.classes,
            question: &question,
            model: "canned",
            samples: self.samples,
            limits: self.limits,
        })
    }

    /// What was wrong with each request, in order.
    fn faults(&self) -> Vec<String> {
        let calls = self.calls.lock().unwrap();
        let faults = calls.iter().filter_map(|call| call.fault.clone());
        faults.collect()
    }

    /// What is said of the one class that has no text.
    fn failure(&self) -> String {
        let unfinished = self.run(false).unwrap_err();
        assert_eq!(unfinished.failed.len(), 1, "{unfinished}");
        unfinished.failed[0].1.clone()
    }
}
