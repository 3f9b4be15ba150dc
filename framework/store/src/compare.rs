//! An edited experiment: its new plan beside the one that the store has.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::NewRun;

/// What a new plan changes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PlanChange {
    /// Runs of both plans.
    pub kept: usize,
    /// Ids of runs that are new in the plan, in its order. One that another experiment has too may
    /// be done already.
    pub new: Vec<String>,
    /// Ids of runs that are no longer in the plan, in the order of the old one. Their figures stay.
    pub gone: Vec<String>,
    /// Runs that stand in the place of another: those are not among `new` and `gone`.
    pub changed: Vec<ChangedRun>,
}

impl PlanChange {
    /// Whether the plans have the same runs.
    pub fn is_empty(&self) -> bool {
        self.new.is_empty() && self.gone.is_empty() && self.changed.is_empty()
    }
}

/// A run of the new plan with the same levels, benchmark, fold and seed as one of the old plan, but
/// another id.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangedRun {
    /// The id in the old plan.
    pub before: String,
    /// The id in the new plan.
    pub now: String,
    /// Which settings differ. None: the clips, the backbone's weights, the prompts' texts, the
    /// device or the meaning of training changed, which the id counts too.
    pub settings: Vec<SettingChange>,
}

/// A setting that two runs do not share.
#[derive(Debug, Clone, PartialEq)]
pub struct SettingChange {
    /// Where it stands, as in `train.epochs`.
    pub path: String,
    /// The old value; `None` where there was none.
    pub before: Option<Value>,
    /// The new value; `None` where there is none.
    pub now: Option<Value>,
}

/// Compares an experiment's plan with a new one.
pub fn compare_plans(before: &[NewRun], now: &[NewRun]) -> PlanChange {
    let place = |run: &NewRun| {
        (
            run.benchmark.clone(),
            run.levels.clone(),
            run.fold,
            run.seed,
        )
    };
    let ids =
        |runs: &'_ [NewRun]| -> HashSet<String> { runs.iter().map(|run| run.id.clone()).collect() };
    let (old_ids, new_ids) = (ids(before), ids(now));
    let left_out = before.iter().filter(|run| !new_ids.contains(&run.id));
    let mut old: HashMap<_, &NewRun> = left_out.map(|run| (place(run), run)).collect();
    let mut change = PlanChange::default();
    for run in now {
        if old_ids.contains(&run.id) {
            change.kept += 1;
        } else if let Some(other) = old.remove(&place(run)) {
            change.changed.push(ChangedRun {
                before: other.id.clone(),
                now: run.id.clone(),
                settings: compare_settings(&other.settings, &run.settings),
            });
        } else {
            change.new.push(run.id.clone());
        }
    }
    let changed: HashSet<&String> = change.changed.iter().map(|run| &run.before).collect();
    let gone = before
        .iter()
        .filter(|run| !new_ids.contains(&run.id) && !changed.contains(&run.id));
    change.gone = gone.map(|run| run.id.clone()).collect();
    change
}

/// The leaves in which two trees of settings differ, in the order of the first, and then of the
/// second where the first has none. A list is a leaf.
pub fn compare_settings(before: &Value, now: &Value) -> Vec<SettingChange> {
    let mut changes = Vec::new();
    descend("", Some(before), Some(now), &mut changes);
    changes
}

fn descend(
    path: &str,
    before: Option<&Value>,
    now: Option<&Value>,
    changes: &mut Vec<SettingChange>,
) {
    if before == now {
        return;
    }
    let (old, new) = (
        before.and_then(Value::as_object),
        now.and_then(Value::as_object),
    );
    let (Some(old), Some(new)) = (old, new) else {
        changes.push(SettingChange {
            path: path.to_owned(),
            before: before.cloned(),
            now: now.cloned(),
        });
        return;
    };
    let added = new.keys().filter(|key| !old.contains_key(*key));
    for key in old.keys().chain(added) {
        let inner = match path {
            "" => key.clone(),
            _ => format!("{path}.{key}"),
        };
        descend(&inner, old.get(key), new.get(key), changes);
    }
}

#[cfg(test)]
mod tests {
    use exp_core::experiment::Level;
    use serde_json::json;

    use super::*;

    fn run(id: &str, level: &str, seed: u64, settings: Value) -> NewRun {
        NewRun {
            id: id.to_owned(),
            benchmark: "synthetic".to_owned(),
            synthetic: true,
            fold: 0,
            seed,
            settings,
            classes: Vec::new(),
            levels: vec![Level {
                factor: "context".to_owned(),
                label: level.to_owned(),
            }],
        }
    }

    fn plain(id: &str, level: &str, seed: u64) -> NewRun {
        run(id, level, seed, json!({}))
    }

    #[test]
    fn each_run_is_kept_new_gone_or_changed() {
        let before = [
            plain("a", "none", 1),
            plain("b", "none", 2),
            plain("c", "learnable", 1),
        ];
        let now = [
            plain("d", "none", 3),
            plain("a", "none", 1),
            plain("e", "none", 2),
        ];
        let change = compare_plans(&before, &now);
        assert_eq!((change.kept, change.is_empty()), (1, false));
        assert_eq!(
            (change.new, change.gone),
            (vec!["d".to_owned()], vec!["c".to_owned()])
        );
        let changed: Vec<_> = change
            .changed
            .iter()
            .map(|c| (&*c.before, &*c.now))
            .collect();
        assert_eq!(changed, [("b", "e")]);
        assert_eq!(
            change.changed[0].settings,
            [],
            "something else than a setting"
        );
        assert!(compare_plans(&before, &before).is_empty());
        assert_eq!(compare_plans(&[], &now).new.len(), 3);
        assert_eq!(compare_plans(&before, &[]).gone, ["a", "b", "c"]);
    }

    #[test]
    fn the_settings_that_differ_are_named_to_the_leaf() {
        let before =
            json!({"train": {"epochs": 2, "batch": 8}, "temporal": {"mean": {}}, "x": [1]});
        let now = json!({"train": {"epochs": 3, "batch": 8, "decay": null}, "temporal": {"transformer": {"depth": 1}}, "x": [2]});
        let change = compare_plans(&[run("a", "none", 1, before)], &[run("b", "none", 1, now)]);
        let told: Vec<String> = change.changed[0]
            .settings
            .iter()
            .map(|setting| {
                let text =
                    |value: &Option<Value>| value.as_ref().map_or("-".to_owned(), Value::to_string);
                format!(
                    "{} {} {}",
                    setting.path,
                    text(&setting.before),
                    text(&setting.now)
                )
            })
            .collect();
        let expected = [
            "train.epochs 2 3",
            "train.decay - null",
            "temporal.mean {} -",
            "temporal.transformer - {\"depth\":1}",
            "x [1] [2]",
        ];
        assert_eq!(told, expected);
    }
}
