//! Whatever training emits is read back equal.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use exp_core::event::{Event, EventSink, Prediction};
use exp_core::metrics::Rule;
use exp_store::{RunRecord, Store};
use proptest::prelude::*;

use crate::{begin, planned, point, prediction};

/// Text with all that is awkward: nothing, quotes, NUL, other scripts, emoji, combining marks.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just("test/uar".to_owned()),
        Just("it's \"%_\" \\ ; --".to_owned()),
        Just("a\0b".to_owned()),
        Just("😀 👩‍👧 e\u{301} é ſ ß".to_owned()),
        any::<String>(),
    ]
}

fn value() -> impl Strategy<Value = f64> {
    prop_oneof![
        Just(f64::NAN),
        Just(f64::INFINITY),
        Just(f64::NEG_INFINITY),
        Just(f64::MAX),
        Just(f64::MIN_POSITIVE / 4.0),
        Just(0.1 + 0.2),
        Just(9_007_199_254_740_993.0),
        any::<f64>(),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    let rule = || prop_oneof![Just(Rule::Last), Just(Rule::BestTest)];
    let points = prop::collection::vec((text(), 0..4_usize, value()), 0..6);
    let predictions = prop::collection::hash_map(text(), (0..9_usize, 0..9_usize), 0..6);
    prop_oneof![
        points.prop_map(|points| Event::Epoch {
            epoch: 1,
            points: points
                .iter()
                .map(|(series, epoch, value)| point(series, *epoch, *value))
                .collect(),
        }),
        (rule(), 0..1000_usize, predictions).prop_map(|(rule, epoch, predictions)| {
            Event::Predictions {
                rule,
                epoch,
                predictions: predictions
                    .iter()
                    .map(|(clip, &(t, p))| prediction(clip, t, p))
                    .collect(),
            }
        }),
        (rule(), 0..1000_usize, text()).prop_map(|(rule, epoch, path)| Event::Checkpoint {
            rule,
            epoch,
            path: Path::new("/").join(path),
        }),
        Just(Event::Step {
            epoch: 1,
            step: 1,
            loss: 1.0,
            clips: 8
        }),
    ]
}

/// What a run's record should hold, in plain collections. NaN is named, since it equals nothing.
#[derive(Debug, Default, PartialEq)]
struct Figures {
    points: BTreeMap<(String, usize), String>,
    selections: BTreeMap<&'static str, (usize, Vec<Prediction>)>,
    checkpoints: BTreeMap<&'static str, (usize, PathBuf)>,
}

/// A figure's exact text; SQLite keeps no sign of zero.
fn exact(value: f64) -> String {
    if value == 0.0 {
        "0".to_owned()
    } else {
        format!("{value:?}")
    }
}

impl Figures {
    fn take(&mut self, event: &Event) {
        match event.clone() {
            Event::Step { .. } | Event::Features { .. } => {}
            Event::Epoch { points, .. } => {
                let points = points
                    .into_iter()
                    .map(|p| ((p.series, p.epoch), exact(p.value)));
                self.points.extend(points);
            }
            Event::Predictions {
                rule,
                epoch,
                mut predictions,
            } => {
                predictions.sort_by(|a, b| a.clip.cmp(&b.clip));
                self.selections.insert(rule.name(), (epoch, predictions));
            }
            Event::Checkpoint { rule, epoch, path } => {
                self.checkpoints.insert(rule.name(), (epoch, path));
            }
        }
    }

    fn of(run: &RunRecord) -> Self {
        let points = run
            .points
            .iter()
            .map(|p| ((p.series.clone(), p.epoch), exact(p.value)));
        let selections = run
            .selections
            .iter()
            .map(|s| (s.rule.name(), (s.epoch, s.predictions.clone())));
        let checkpoints = run
            .checkpoints
            .iter()
            .map(|c| (c.rule.name(), (c.epoch, c.path.clone())));
        let figures = Self {
            points: points.collect(),
            selections: selections.collect(),
            checkpoints: checkpoints.collect(),
        };
        assert_eq!(figures.points.len(), run.points.len(), "no point twice");
        assert_eq!(
            figures.selections.len(),
            run.selections.len(),
            "no rule twice"
        );
        assert_eq!(
            figures.checkpoints.len(),
            run.checkpoints.len(),
            "no rule twice"
        );
        figures
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn events_are_read_back_equal(events in prop::collection::vec((0..2_usize, event()), 0..12)) {
        let (_folder, store) = planned(&["a", "b"]);
        let path = store.path().to_owned();
        let sinks = ["a", "b"].map(|run| {
            store.writer().run_sink(&begin(&store, run))
        });
        let mut expected = [Figures::default(), Figures::default()];
        for (run, event) in events {
            expected[run].take(&event);
            sinks[run].emit(event);
        }
        store.close().unwrap();

        let data = Store::open(path).unwrap().experiment("e").unwrap();
        prop_assert_eq!(expected, [Figures::of(&data.runs[0]), Figures::of(&data.runs[1])]);
        for run in &data.runs {
            let mut ended = HashSet::new();
            for pair in run.points.windows(2) {
                if pair[0].series == pair[1].series {
                    prop_assert!(pair[0].epoch < pair[1].epoch);
                } else {
                    prop_assert!(ended.insert(&pair[0].series), "a series stands together");
                }
            }
        }
    }
}

#[test]
fn better_predictions_replace_those_of_the_same_rule_only() {
    let (_folder, store) = planned(&["a"]);
    let sink = store.writer().run_sink(&begin(&store, "a"));
    let predictions =
        |clips: &[&str], predicted| clips.iter().map(|c| prediction(c, 0, predicted)).collect();
    for (rule, epoch, predictions) in [
        (Rule::BestTest, 1, predictions(&["x", "y", "z"], 1)),
        (Rule::Last, 1, predictions(&["x", "y"], 2)),
        (Rule::BestTest, 7, predictions(&["w", "x"], 3)),
    ] {
        sink.emit(Event::Predictions {
            rule,
            epoch,
            predictions,
        });
    }
    store.writer().flush().unwrap();
    let run = store.experiment("e").unwrap().runs.remove(0);
    let found: Vec<_> = run
        .selections
        .iter()
        .map(|s| (s.rule, s.epoch, s.predictions.clone()))
        .collect();
    assert_eq!(
        found,
        [
            (
                Rule::BestTest,
                7,
                vec![prediction("w", 0, 3), prediction("x", 0, 3)]
            ),
            (
                Rule::Last,
                1,
                vec![prediction("x", 0, 2), prediction("y", 0, 2)]
            ),
        ]
    );
}
