//! The columns that a list of runs can have.

use std::cmp::Ordering;

use exp_core::metrics::Rule;
use exp_store::{Membership, RunLine, SelectedFigures};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::shown;

/// A column.
pub enum Column {
    /// One that every list of runs can have.
    Known(&'static Known),
    /// A setting, at its place among those that were asked of the store.
    Setting { path: String, place: usize },
}

/// A column that every list of runs can have.
pub struct Known {
    pub name: &'static str,
    of: fn(&RunLine) -> Cell,
}

/// What stands in a cell.
pub enum Cell {
    Nothing,
    Text(String),
    /// A run's id, of which people need the beginning.
    Id(String),
    Count(u64),
    /// How many of how many.
    Share(u64, Option<u64>),
    Percent(f64),
    Seconds(f64),
    Time(Timestamp),
    Setting(Value),
}

/// All there are, in the order of their list.
pub const KNOWN: &[Known] = &[
    Known {
        name: "run",
        of: |run| Cell::Id(run.id.clone()),
    },
    Known {
        name: "experiment",
        of: |run| Cell::Text(experiments(&run.experiments)),
    },
    Known {
        name: "levels",
        of: |run| Cell::Text(levels(&run.experiments)),
    },
    Known {
        name: "benchmark",
        of: |run| Cell::Text(run.benchmark.clone()),
    },
    Known {
        name: "fold",
        of: |run| Cell::Count(run.fold.into()),
    },
    Known {
        name: "seed",
        of: |run| Cell::Count(run.seed),
    },
    Known {
        name: "status",
        of: |run| Cell::Text(run.status.name().to_owned()),
    },
    Known {
        name: "epoch",
        of: |run| Cell::Share(run.epoch as u64, run.epochs.map(|epochs| epochs as u64)),
    },
    Known {
        name: "last.uar",
        of: |run| percent(run, Rule::Last, |figures| figures.uar),
    },
    Known {
        name: "last.war",
        of: |run| percent(run, Rule::Last, |figures| figures.war),
    },
    Known {
        name: "best_test.uar",
        of: |run| percent(run, Rule::BestTest, |figures| figures.uar),
    },
    Known {
        name: "best_test.war",
        of: |run| percent(run, Rule::BestTest, |figures| figures.war),
    },
    Known {
        name: "best_test.epoch",
        of: |run| epoch(run, Rule::BestTest),
    },
    Known {
        name: "held_out.uar",
        of: |run| percent(run, Rule::HeldOut, |figures| figures.uar),
    },
    Known {
        name: "held_out.war",
        of: |run| percent(run, Rule::HeldOut, |figures| figures.war),
    },
    Known {
        name: "held_out.epoch",
        of: |run| epoch(run, Rule::HeldOut),
    },
    Known {
        name: "started",
        of: |run| run.started.map_or(Cell::Nothing, Cell::Time),
    },
    Known {
        name: "finished",
        of: |run| run.finished.map_or(Cell::Nothing, Cell::Time),
    },
    Known {
        name: "duration",
        of: |run| match run.started {
            Some(_) => Cell::Seconds(run.seconds),
            None => Cell::Nothing,
        },
    },
    Known {
        name: "host",
        of: |run| text(&run.host),
    },
    Known {
        name: "notes",
        of: |run| Cell::Count(run.notes as u64),
    },
    Known {
        name: "failure",
        of: |run| text(&run.failure),
    },
];

/// Those that a table has unless others are asked for.
pub const USUAL: &[&str] = &[
    "run",
    "experiment",
    "levels",
    "benchmark",
    "fold",
    "seed",
    "status",
    "epoch",
    "last.uar",
    "last.war",
    "duration",
];

impl Column {
    /// The column of this name. One that is none of the known ones is a setting, and is added to
    /// those that are asked of the store.
    pub fn named(name: &str, settings: &mut Vec<String>) -> Self {
        if let Some(known) = KNOWN.iter().find(|known| known.name == name) {
            return Self::Known(known);
        }
        let place = settings
            .iter()
            .position(|path| path == name)
            .unwrap_or_else(|| {
                settings.push(name.to_owned());
                settings.len() - 1
            });
        Self::Setting {
            path: name.to_owned(),
            place,
        }
    }

    pub fn name(&self) -> &str {
        match self {
            Self::Known(known) => known.name,
            Self::Setting { path, .. } => path,
        }
    }

    pub fn of(&self, run: &RunLine) -> Cell {
        match self {
            Self::Known(known) => (known.of)(run),
            Self::Setting { place, .. } => match run.settings.get(*place) {
                Some(Some(value)) => Cell::Setting(value.clone()),
                _ => Cell::Nothing,
            },
        }
    }
}

impl Cell {
    /// For people; what is not there is a dash.
    pub fn shown(&self) -> String {
        match self {
            Self::Nothing => "–".to_owned(),
            Self::Text(text) => text.clone(),
            Self::Id(id) => shown::short(id).to_owned(),
            Self::Count(number) | Self::Share(number, None) => number.to_string(),
            Self::Share(number, Some(all)) => format!("{number}/{all}"),
            Self::Percent(value) => exp_report::text::percent(*value),
            Self::Seconds(seconds) => shown::duration(*seconds),
            Self::Time(time) => shown::moment(*time),
            Self::Setting(value) => shown::value(value).into_owned(),
        }
    }

    /// For programs: whole ids, exact numbers, times as in RFC 3339.
    pub fn json(&self) -> Value {
        match self {
            Self::Nothing => Value::Null,
            Self::Text(text) | Self::Id(text) => json!(text),
            Self::Count(number) | Self::Share(number, _) => json!(number),
            Self::Percent(number) | Self::Seconds(number) => json!(number),
            Self::Time(time) => json!(time.to_string()),
            Self::Setting(value) => value.clone(),
        }
    }

    /// Whether it is a number, which stands to the right.
    pub fn is_number(&self) -> bool {
        self.number().is_some()
    }

    fn number(&self) -> Option<f64> {
        match self {
            Self::Count(number) | Self::Share(number, _) => Some(*number as f64),
            Self::Percent(number) | Self::Seconds(number) => Some(*number),
            Self::Setting(value) => value.as_f64(),
            _ => None,
        }
    }

    /// Numbers by size, before texts; what is not there comes last, also in falling order.
    pub fn order(&self, other: &Self, falls: bool) -> Ordering {
        let turn = |order: Ordering| if falls { order.reverse() } else { order };
        match (self, other) {
            (Self::Nothing, Self::Nothing) => Ordering::Equal,
            (Self::Nothing, _) => Ordering::Greater,
            (_, Self::Nothing) => Ordering::Less,
            // Seeds have 64 bits.
            (Self::Count(one), Self::Count(two)) => turn(one.cmp(two)),
            (Self::Time(one), Self::Time(two)) => turn(one.cmp(two)),
            _ => turn(match (self.number(), other.number()) {
                (Some(one), Some(two)) => one.total_cmp(&two),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => self.shown().cmp(&other.shown()),
            }),
        }
    }
}

fn text(text: &Option<String>) -> Cell {
    text.clone().map_or(Cell::Nothing, Cell::Text)
}

fn figures(run: &RunLine, rule: Rule) -> Option<&SelectedFigures> {
    run.figures.iter().find(|figures| figures.rule == rule)
}

fn epoch(run: &RunLine, rule: Rule) -> Cell {
    figures(run, rule).map_or(Cell::Nothing, |figures| Cell::Count(figures.epoch as u64))
}

fn percent(run: &RunLine, rule: Rule, figure: fn(&SelectedFigures) -> Option<f64>) -> Cell {
    figures(run, rule)
        .and_then(figure)
        .map_or(Cell::Nothing, Cell::Percent)
}

/// The experiments of a run; those that no longer plan it are marked.
fn experiments(experiments: &[Membership]) -> String {
    let names: Vec<String> = experiments
        .iter()
        .map(|one| match one.in_plan {
            true => one.experiment.clone(),
            false => format!("{} (no longer planned)", one.experiment),
        })
        .collect();
    names.join(", ")
}

/// A run's place in the first experiment that plans it.
fn levels(experiments: &[Membership]) -> String {
    let planned = experiments.iter().find(|one| one.in_plan);
    let levels = planned.or(experiments.first()).map(|one| &one.levels[..]);
    let levels: Vec<String> = (levels.unwrap_or_default().iter())
        .map(|level| format!("{} = {}", level.factor, level.label))
        .collect();
    levels.join(", ")
}
