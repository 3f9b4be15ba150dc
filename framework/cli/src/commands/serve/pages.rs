//! What is served: the list of experiments, each one's report, and what changes of it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use anyhow::Context;
use exp_report::export::{IndexEntry, Live, body, index, index_body, page};
use exp_report::{Options, Report};
use exp_store::{RunFilter, Status, Store, StoreError};
use exp_train::Registry;

use crate::commands::report;
use crate::project::Project;

/// What a path leads to.
pub enum Answer {
    /// A page.
    Page(String),
    /// The changes of a page, by its name: the experiment's, or nothing for the list.
    Events(String),
    /// Nothing.
    Missing(String),
    /// The page could not be made.
    Failed(String),
}

/// Size and time of the store's files: while they stay, nothing was written.
type Stamp = Vec<Option<(u64, SystemTime)>>;

/// The pages of one store. Everyone who watches the same page gets the same text, which is made once
/// for each state of the store.
pub struct Pages<'a> {
    store: Store,
    project: &'a Project,
    registry: &'a Registry,
    bodies: Mutex<HashMap<String, (Stamp, Arc<str>)>>,
}

impl<'a> Pages<'a> {
    pub fn new(store: Store, project: &'a Project, registry: &'a Registry) -> Self {
        Self {
            store,
            project,
            registry,
            bodies: Mutex::default(),
        }
    }

    /// What a path leads to.
    pub fn answer(&self, path: &str) -> Answer {
        self.notice_interrupted();
        let page = match path {
            "/" => self.index(),
            "/events" => return Answer::Events(String::new()),
            _ => {
                let Some(name) = path.strip_prefix("/experiment/") else {
                    return Answer::Missing(format!("There is no page {path}.\n"));
                };
                match name.strip_suffix("/events") {
                    Some(name) => return Answer::Events(name.to_owned()),
                    None => self.experiment(name),
                }
            }
        };
        match page {
            Ok(page) => Answer::Page(page),
            Err(error) => match error.downcast_ref() {
                Some(StoreError::UnknownExperiment { .. }) => {
                    Answer::Missing(format!("{error:#}\n"))
                }
                _ => Answer::Failed(format!("{error:#}\n")),
            },
        }
    }

    /// The inside of a page as of now; `None` where it cannot be made at the moment.
    pub fn body(&self, name: &str) -> Option<Arc<str>> {
        self.notice_interrupted();
        let stamp = stamp(self.store.path());
        // Whoever comes second waits for what the first one makes.
        let mut bodies = self.bodies.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((made, body)) = bodies.get(name)
            && *made == stamp
        {
            return Some(Arc::clone(body));
        }
        let text = match name {
            "" => index_body(&self.entries().ok()?).ok()?,
            name => body(&[self.load(name).ok()?], &live(name)).ok()?,
        };
        let text: Arc<str> = text.into();
        bodies.insert(name.to_owned(), (stamp, Arc::clone(&text)));
        Some(text)
    }

    /// A run whose process was killed is shown as running for no longer than that takes to tell.
    fn notice_interrupted(&self) {
        // Where it cannot be marked, a later look does.
        let _ = self.store.notice_interrupted();
    }

    fn experiment(&self, name: &str) -> anyhow::Result<String> {
        Ok(page(&[self.load(name)?], Some(&live(name)))?)
    }

    fn index(&self) -> anyhow::Result<String> {
        Ok(index(&self.entries()?, "/events")?)
    }

    fn load(&self, name: &str) -> anyhow::Result<Report> {
        report::load(
            &self.store,
            name,
            &Options::default(),
            self.project,
            self.registry,
        )
    }

    /// Every experiment with how far its runs have come.
    fn entries(&self) -> anyhow::Result<Vec<IndexEntry>> {
        let lines = self
            .store
            .runs(&RunFilter::default())
            .context("cannot list the runs")?;
        let entry = |name: String| {
            let own = |status: Status| {
                let of = lines.iter().filter(|line| {
                    let in_plan =
                        |own: &exp_store::Membership| own.experiment == name && own.in_plan;
                    line.status == status && line.experiments.iter().any(in_plan)
                });
                of.count()
            };
            let counts = Status::ALL.map(|status| (status.name(), own(status)));
            IndexEntry {
                path: format!("/experiment/{name}"),
                statuses: counts.into_iter().filter(|(_, count)| *count > 0).collect(),
                name,
            }
        };
        Ok(self.store.experiments()?.into_iter().map(entry).collect())
    }
}

fn live(name: &str) -> Live {
    Live {
        events: format!("/experiment/{name}/events"),
        index: "/".to_owned(),
    }
}

fn stamp(store: &Path) -> Stamp {
    let beside = |end: &str| {
        let mut path = store.as_os_str().to_owned();
        path.push(end);
        PathBuf::from(path)
    };
    let look = |path: PathBuf| {
        let data = std::fs::metadata(path).ok()?;
        Some((data.len(), data.modified().ok()?))
    };
    ["", "-wal"].map(|end| look(beside(end))).to_vec()
}
