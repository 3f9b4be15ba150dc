//! A large experiment is loaded quickly. The bounds are ten times what a slow machine needs: they
//! are for a query that went wrong, such as one a run.

use std::time::{Duration, Instant};

use exp_core::event::{Event, EventSink};
use exp_core::metrics::Rule;

use crate::{begin, planned, point, prediction};

#[test]
fn a_hundred_runs_load_well_under_a_second() {
    let runs: Vec<String> = (0..100).map(|i| format!("run {i}")).collect();
    let (_folder, store) = planned(&runs.iter().map(String::as_str).collect::<Vec<_>>());
    let begun = Instant::now();
    for run in &runs {
        let claim = begin(&store, run);
        let sink = store.writer().run_sink(&claim);
        for epoch in 1..=50 {
            let points = (0..15)
                .map(|series| point(&format!("series/{series}"), epoch, 0.5))
                .collect();
            sink.emit(Event::Epoch { epoch, points });
        }
        for rule in [Rule::Last, Rule::BestTest] {
            let predictions = (0..500)
                .map(|clip| prediction(&format!("test/{clip:05}"), clip % 7, 3))
                .collect();
            sink.emit(Event::Predictions {
                rule,
                epoch: 50,
                predictions,
            });
        }
        store.finish(&claim, None).unwrap();
    }
    let written = begun.elapsed();
    let begun = Instant::now();
    let data = store.experiment("e").unwrap();
    let read = begun.elapsed();
    println!("written in {written:?}, read in {read:?}");
    assert!(
        data.runs
            .iter()
            .all(|run| run.points.len() == 750 && run.selections[1].predictions.len() == 500)
    );
    assert!(written < Duration::from_secs(60), "{written:?}");
    assert!(read < Duration::from_secs(4), "{read:?}");
}
