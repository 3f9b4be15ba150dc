//! Asking for every text of a set: several at once, each until it passes the checks.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use exp_core::llm_call::LlmCall;

use super::client::Purpose;
use super::wire::{Message, Reply, line};
use super::{Client, Draft, DraftError, Order, Stopped, answer};
use crate::provenance::Answer;

/// Requests under way at the same time.
const AT_ONCE: usize = 4;
/// Answers to one question that are looked at. Each one after the first is asked for with what was
/// wrong with the one before.
const ASKINGS: usize = 4;
/// A faulty answer of more characters is not sent back with the complaint.
const SENT_BACK: usize = 2000;

/// Who is told while answers come in. Called from several threads.
pub struct Watch<'a> {
    /// Each request, once it ended.
    pub call: &'a (dyn Fn(&LlmCall) + Sync),
    /// Each answer that was kept, with its class.
    pub kept: &'a (dyn Fn(&str) + Sync),
}

/// Why a set is not finished. What was kept of it is in its draft.
#[derive(Debug)]
pub struct Unfinished {
    /// Answers that were kept.
    pub kept: usize,
    /// Answers there should be.
    pub wanted: usize,
    /// Classes with the reason for which an answer is missing.
    pub failed: Vec<(String, String)>,
    /// What ended it for all classes.
    pub stopped: Option<Stopped>,
    /// The draft could not be written.
    pub draft: Option<Box<DraftError>>,
}

impl fmt::Display for Unfinished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(stopped) = &self.stopped {
            write!(f, "{stopped}")?;
        }
        if let Some(draft) = &self.draft {
            write!(f, "{draft}")?;
        }
        if self.stopped.is_none() && self.draft.is_none() {
            f.write_str("some texts are missing:")?;
        }
        for (class, reason) in &self.failed {
            write!(f, "\n  {class}: {reason}")?;
        }
        write!(
            f,
            "\n{} of {} answers are kept; the same command with `--continue` asks for the others",
            self.kept, self.wanted
        )
    }
}

impl std::error::Error for Unfinished {}

/// Asks for the answers that the draft does not have. `questions` has one for each class.
pub fn generate(
    client: &Client,
    order: &Order<'_>,
    questions: &[String],
    draft: &mut Draft,
    watch: &Watch<'_>,
) -> Result<(), Unfinished> {
    let desk = Desk {
        client,
        order,
        questions,
        watch,
        state: Mutex::new(State {
            open: draft.missing(order.samples).into(),
            draft,
            failed: Vec::new(),
            stopped: None,
            draft_error: None,
        }),
    };
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| desk.work());
        }
    });
    let state = desk
        .state
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    let wanted = order.samples * order.classes.len();
    let kept = state.draft.kept(order.samples);
    if kept == wanted {
        return Ok(());
    }
    Err(Unfinished {
        kept,
        wanted,
        failed: state.failed,
        stopped: state.stopped,
        draft: state.draft_error,
    })
}

/// What the threads share.
struct Desk<'a> {
    client: &'a Client,
    order: &'a Order<'a>,
    questions: &'a [String],
    watch: &'a Watch<'a>,
    state: Mutex<State<'a>>,
}

struct State<'a> {
    draft: &'a mut Draft,
    open: VecDeque<(String, usize)>,
    failed: Vec<(String, String)>,
    stopped: Option<Stopped>,
    draft_error: Option<Box<DraftError>>,
}

/// How asking for one answer ended without one.
enum Missing {
    Stopped(Stopped),
    Faulty(String),
    Draft(DraftError),
}

impl<'a> Desk<'a> {
    /// Takes one answer after the other from those that are missing, until none is left.
    fn work(&self) {
        loop {
            let Some((class, sample)) = self.state().open.pop_front() else {
                return;
            };
            let Err(missing) = self.obtain(&class, sample) else {
                (self.watch.kept)(&class);
                continue;
            };
            let mut state = self.state();
            match missing {
                Missing::Faulty(reason) => state.failed.push((class, reason)),
                Missing::Stopped(stopped) if !stopped.ends_all() => {
                    state.failed.push((class, stopped.to_string()));
                }
                Missing::Stopped(stopped) => {
                    state.open.clear();
                    state.stopped = Some(stopped);
                }
                Missing::Draft(error) => {
                    state.open.clear();
                    state.draft_error = Some(Box::new(error));
                }
            }
        }
    }

    /// Asks for one answer until one passes the checks.
    fn obtain(&self, class: &str, sample: usize) -> Result<(), Missing> {
        let asked = self.order.classes.iter().zip(self.questions);
        let question = asked.filter(|(name, _)| *name == class).map(|(_, q)| q);
        let mut messages: Vec<Message> = question.map(|question| Message::user(question)).collect();
        let purpose = Purpose {
            set: self.order.name,
            class,
            sample,
            model: self.order.model,
        };
        let mut retries = 0;
        let mut reason = String::new();
        for _ in 0..ASKINGS {
            let failed = |call: LlmCall| (self.watch.call)(&call);
            let (mut call, reply) = self
                .client
                .ask(purpose, &messages, &mut retries, &failed)
                .map_err(Missing::Stopped)?;
            let kept = self.consider(class, &call, &reply);
            call.fault = kept.as_ref().err().map(|missing| match missing {
                Missing::Faulty(reason) => reason.clone(),
                Missing::Draft(error) => error.to_string(),
                Missing::Stopped(stopped) => stopped.to_string(),
            });
            (self.watch.call)(&call);
            match kept {
                Err(Missing::Faulty(fault)) => reason = fault,
                other => return other,
            }
            messages.truncate(1);
            messages.extend(complaint(&reply, &reason));
        }
        Err(Missing::Faulty(format!(
            "none of {ASKINGS} answers can be used; of the last one, {reason}"
        )))
    }

    /// Keeps the text in a reply if it passes the checks.
    fn consider(&self, class: &str, call: &LlmCall, reply: &Reply) -> Result<(), Missing> {
        let text = text_of(reply).map_err(Missing::Faulty);
        let mut state = self.state();
        state.draft.count(call);
        let text = text?;
        if let Some(reason) = state.draft.fault(class, &text) {
            return Err(Missing::Faulty(format!("the text {reason}")));
        }
        let raw = reply.content.clone();
        let model = reply.model.as_deref().map(line);
        let kept = state
            .draft
            .keep(class, Answer { text, raw }, model.as_deref());
        kept.map_err(Missing::Draft)
    }

    fn state(&self) -> MutexGuard<'_, State<'a>> {
        // A thread that panicked leaves a state that is whole: each change to it is one step.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The text in a reply, or why there is none.
fn text_of(reply: &Reply) -> Result<String, String> {
    if let Some(refusal) = &reply.refusal {
        return Err(format!("the model refuses: {}", line(refusal)));
    }
    match reply.finish.as_deref() {
        Some("length") => Err("the answer was cut off before its end".to_owned()),
        Some("content_filter") => Err("the server's filter took the answer".to_owned()),
        _ => answer::parse(&reply.content).map_err(|fault| format!("the answer {fault}")),
    }
}

/// What follows the question when its answer cannot be used.
fn complaint(reply: &Reply, reason: &str) -> Vec<Message> {
    let mut messages = Vec::new();
    let characters = reply.content.chars().count();
    if (1..=SENT_BACK).contains(&characters) {
        messages.push(Message {
            role: "assistant",
            content: reply.content.clone(),
        });
    }
    messages.push(Message::user(&format!(
        "Your answer cannot be used: {reason}. Answer the question again, with one description that \
         avoids this."
    )));
    messages
}
