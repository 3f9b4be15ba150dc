//! A run beside itself, done again: every figure and every prediction, to the last bit.

use std::collections::{BTreeMap, BTreeSet};

use exp_store::RunRecord;

use crate::shown::table;

/// Differences that are shown.
const SHOWN: usize = 20;

/// Where the two runs differ.
pub struct Differences {
    /// What differs, the first value, the second.
    rows: Vec<[String; 3]>,
    /// Figures and predictions that were compared.
    compared: usize,
}

impl Differences {
    /// Compares all points but those of the machine, and the selected epochs with their
    /// predictions.
    pub fn between(first: &RunRecord, again: &RunRecord) -> Self {
        let (one, two) = (values(first), values(again));
        let mut rows = Vec::new();
        let keys: BTreeSet<&Key> = one.keys().chain(two.keys()).collect();
        for key in &keys {
            let (first, again) = (one.get(key), two.get(key));
            if first != again {
                let shown = |value: Option<&Value>| value.map_or("–".to_owned(), Value::shown);
                rows.push([key.shown(), shown(first), shown(again)]);
            }
        }
        Self {
            rows,
            compared: keys.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The table of the first of them, and how many there are.
    pub fn shown(&self) -> String {
        let compared = self.compared;
        if self.is_empty() {
            return format!(
                "All {compared} figures and predictions are the same, bit for bit (times apart).\n"
            );
        }
        let rows = self.rows.iter().take(SHOWN).map(|row| row.to_vec());
        let more = match self.rows.len().saturating_sub(SHOWN) {
            0 => String::new(),
            more => format!("… and {more} more\n"),
        };
        format!(
            "{}\n{more}\n{} of {} figures and predictions differ.\n",
            table(["what", "first", "again"], &[], rows),
            self.rows.len(),
            compared
        )
    }
}

/// What a value is of.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Point { series: String, epoch: usize },
    SelectedEpoch { rule: &'static str },
    Prediction { rule: &'static str, clip: String },
}

impl Key {
    fn shown(&self) -> String {
        match self {
            Self::Point { series, epoch } => format!("{series}, epoch {epoch}"),
            Self::SelectedEpoch { rule } => format!("the epoch of {rule}"),
            Self::Prediction { rule, clip } => format!("{rule}: prediction of {clip}"),
        }
    }
}

/// A value that is compared.
#[derive(PartialEq, Eq)]
enum Value {
    /// The bits of a number; all NaN are one.
    Number(u64),
    Count(usize),
    Class {
        target: usize,
        predicted: String,
    },
}

impl Value {
    fn number(value: f64) -> Self {
        Self::Number(if value.is_nan() { f64::NAN } else { value }.to_bits())
    }

    fn shown(&self) -> String {
        match self {
            // The shortest text that gives the same bits again.
            Self::Number(bits) => f64::from_bits(*bits).to_string(),
            Self::Count(number) => number.to_string(),
            Self::Class { predicted, .. } => predicted.clone(),
        }
    }
}

fn values(run: &RunRecord) -> BTreeMap<Key, Value> {
    let mut values = BTreeMap::new();
    for point in &run.points {
        if !point.is_of_the_machine() {
            let key = Key::Point {
                series: point.series.clone(),
                epoch: point.epoch,
            };
            values.insert(key, Value::number(point.value));
        }
    }
    for selection in &run.selections {
        let rule = selection.rule.name();
        values.insert(Key::SelectedEpoch { rule }, Value::Count(selection.epoch));
        for one in &selection.predictions {
            let class = run.classes.get(one.predicted);
            let predicted = class.cloned().unwrap_or_else(|| one.predicted.to_string());
            let key = Key::Prediction {
                rule,
                clip: one.clip.clone(),
            };
            values.insert(
                key,
                Value::Class {
                    target: one.target,
                    predicted,
                },
            );
        }
    }
    values
}
