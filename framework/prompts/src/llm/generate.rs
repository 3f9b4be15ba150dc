//! Asking for every text of a set: several at once, each until it passes the checks.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use exp_core::llm_call::LlmCall;

use super::client::{NoReply, Purpose, Tries};
use super::stop::Stop;
use super::wire::{Message, Reply, line};
use super::{Client, Draft, DraftError, Order, Stopped, answer};
use crate::provenance::Answer;

/// Requests under way at the same time.
const AT_ONCE: usize = 4;
/// Answers to one question that are looked at. Each one after the first is asked for with what was
/// wrong with the one before.
const ASKINGS: usize = 4;
/// Texts in a row that are given up on, with no reply to any request in between, before the server
/// is taken to be dead.
const GIVEN_UP_IN_A_ROW: usize = 2 * AT_ONCE;
/// Most bytes of an answer that is kept, thoughts and all. A draft of eleven classes with a hundred
/// answers each must stay below the 64 MiB that a YAML file is read up to.
const LARGEST_KEPT: usize = 1 << 15;
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
    /// Classes with the reason for which an answer is missing. After that, no further answer for the
    /// class was asked for.
    pub failed: Vec<(String, String)>,
    /// What ended it for all classes.
    pub stopped: Option<Stopped>,
    /// The draft could not be written.
    pub draft: Option<Box<DraftError>>,
}

impl fmt::Display for Unfinished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.stopped, &self.draft) {
            (Some(stopped), Some(draft)) => write!(f, "{stopped}; {draft}")?,
            (Some(stopped), None) => write!(f, "{stopped}")?,
            (None, Some(draft)) => write!(f, "{draft}")?,
            (None, None) => f.write_str("some texts are missing:")?,
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
            given_up: 0,
            failed: Vec::new(),
            stopped: None,
            draft_error: None,
        }),
        stop: Stop::default(),
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
    // What answers cost that were not kept is in memory only.
    let saved = state.draft.save().map_err(Box::new).err();
    let wanted = order.samples * order.classes.len();
    let kept = state.draft.kept(order.samples);
    if kept == wanted && saved.is_none() {
        return Ok(());
    }
    Err(Unfinished {
        kept,
        wanted,
        failed: state.failed,
        stopped: state.stopped,
        draft: state.draft_error.or(saved),
    })
}

/// What the threads share.
struct Desk<'a> {
    client: &'a Client,
    order: &'a Order<'a>,
    questions: &'a [String],
    watch: &'a Watch<'a>,
    state: Mutex<State<'a>>,
    stop: Stop,
}

struct State<'a> {
    draft: &'a mut Draft,
    /// Classes with the number of the answer to ask for next. Answers for one class are asked for one
    /// after the other, so that their order is that of the requests.
    open: VecDeque<(String, usize)>,
    /// Texts given up on since the last reply.
    given_up: usize,
    failed: Vec<(String, String)>,
    stopped: Option<Stopped>,
    draft_error: Option<Box<DraftError>>,
}

/// How asking for one answer ended without one.
enum Missing {
    Stopped(Stopped),
    Faulty(String),
    Draft(DraftError),
    Ended,
}

impl<'a> Desk<'a> {
    /// Takes one answer after the other from those that are missing, until none is left.
    fn work(&self) {
        loop {
            let Some((class, sample)) = self.state().open.pop_front() else {
                return;
            };
            let obtained = self.obtain(&class, sample);
            let mut state = self.state();
            match obtained {
                Ok(()) => {
                    if sample < self.order.samples {
                        state.open.push_back((class.clone(), sample + 1));
                    }
                    drop(state);
                    (self.watch.kept)(&class);
                }
                Err(Missing::Faulty(reason)) => state.fail(class, sample, &reason),
                Err(Missing::Stopped(stopped)) if !stopped.ends_all() => {
                    state.fail(class, sample, &stopped.to_string());
                    state.given_up += 1;
                    if state.given_up == GIVEN_UP_IN_A_ROW {
                        let texts = state.given_up;
                        state.stopped.get_or_insert(Stopped::Silent { texts });
                        self.stop.end();
                    }
                }
                Err(Missing::Stopped(stopped)) => {
                    state.stopped.get_or_insert(stopped);
                    self.stop.end();
                }
                Err(Missing::Draft(error)) => {
                    state.draft_error.get_or_insert(Box::new(error));
                    self.stop.end();
                }
                Err(Missing::Ended) => return,
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
        let mut tries = Tries::none();
        let mut reason = String::new();
        let mut asked = 0;
        while asked < ASKINGS && tries.has_time(&self.client.patience, Duration::ZERO) {
            asked += 1;
            let failed = |call: LlmCall| (self.watch.call)(&call);
            let (mut call, reply) = self
                .client
                .ask(purpose, &messages, &mut tries, &self.stop, &failed)
                .map_err(|no_reply| match no_reply {
                    NoReply::Stopped(stopped) => Missing::Stopped(stopped),
                    NoReply::Ended => Missing::Ended,
                })?;
            let kept = self.consider(class, &call, &reply);
            call.fault = match &kept {
                Ok(None) => None,
                Ok(Some(fault)) => Some(fault.clone()),
                Err(error) => Some(error.to_string()),
            };
            (self.watch.call)(&call);
            match kept.map_err(Missing::Draft)? {
                Some(fault) => reason = fault,
                None => return Ok(()),
            }
            messages.truncate(1);
            messages.extend(complaint(&reply, &reason));
        }
        Err(Missing::Faulty(format!(
            "none of {asked} answers can be used; of the last one, {reason}"
        )))
    }

    /// Keeps the text in a reply if it passes the checks; otherwise, what is wrong with it.
    fn consider(
        &self,
        class: &str,
        call: &LlmCall,
        reply: &Reply,
    ) -> Result<Option<String>, DraftError> {
        let text = text_of(reply);
        let mut state = self.state();
        state.given_up = 0;
        state.draft.count(call);
        let text = match text {
            Ok(text) => text,
            Err(fault) => return Ok(Some(fault)),
        };
        if let Some(reason) = state.draft.fault(class, &text) {
            return Ok(Some(format!("the text {reason}")));
        }
        let answer = Answer {
            text,
            raw: reply.content.clone(),
            model: reply.model.as_deref().map(line),
        };
        state.draft.keep(class, answer).map(|()| None)
    }

    fn state(&self) -> MutexGuard<'_, State<'a>> {
        // A thread that panicked leaves a state that is whole: each change to it is one step.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State<'_> {
    fn fail(&mut self, class: String, sample: usize, reason: &str) {
        let reason = match sample {
            1 => reason.to_owned(),
            _ => format!("answer {sample}: {reason}"),
        };
        self.failed.push((class, reason));
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
        _ => {
            let text = answer::parse(&reply.content);
            let text = text.map_err(|fault| format!("the answer {fault}"))?;
            match reply.content.len() {
                bytes if bytes > LARGEST_KEPT => Err(format!(
                    "the answer has {bytes} bytes, of which no more than {LARGEST_KEPT} are kept"
                )),
                _ => Ok(text),
            }
        }
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
