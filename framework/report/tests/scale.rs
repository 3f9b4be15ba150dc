//! Pages of many runs stay small, and are made quickly.
#![allow(clippy::unwrap_used, missing_docs)]

mod large;

use std::time::Instant;

use exp_report::export::{Exporter, Html, Rendered};
use exp_report::published::Published;
use exp_report::summary::READ;
use exp_report::{Options, Report};
use exp_store::Store;
use large::{NAME, Shape, fill};

/// The page of a store with such an experiment.
fn page(shape: Shape) -> String {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path().join("exp.db")).unwrap();
    fill(&store, shape);
    let begun = Instant::now();
    let data = store.experiment_with_series(NAME, &READ).unwrap();
    let report = Report::new(data, &Options::default(), &Published::default()).unwrap();
    let Rendered::Text(page) = Html.render(&[report]).unwrap() else {
        panic!("a page is one file")
    };
    println!(
        "{} runs: {} bytes in {:.1?}",
        shape.runs(),
        page.len(),
        begun.elapsed()
    );
    page
}

#[test]
fn two_hundred_runs_take_little_of_a_page() {
    let shape = Shape {
        levels: (4, 2),
        seeds: 5,
        folds: 5,
        epochs: 20,
        clips: 70,
    };
    assert_eq!(shape.runs(), 200);
    let page = page(shape);
    assert!(page.len() < 2_000 * shape.runs(), "{} bytes", page.len());
    // They differ in nothing but the memory that they took.
    assert_eq!(page.matches("class=\"facts\"").count(), 1);
    assert_eq!(
        page.matches("on a machine that others used, too").count(),
        4
    );
    assert_eq!(page.matches("Last lines of its log").count(), 2);
}

/// With one run for each of very many settings, charts and lists are cut.
#[test]
fn two_hundred_settings_do_so_too() {
    let shape = Shape {
        levels: (20, 10),
        seeds: 1,
        folds: 1,
        epochs: 20,
        clips: 70,
    };
    let page = page(shape);
    assert!(page.len() < 3_500 * shape.runs(), "{} bytes", page.len());
    assert!(page.contains("The 40 settings with the highest UAR of 200."));
}

#[test]
#[ignore = "writes 1,000,000 figures: about half a minute"]
fn a_thousand_runs_of_fifty_epochs_stay_under_two_megabytes() {
    for (levels, seeds, folds) in [((4, 10), 5, 5), ((40, 1), 5, 5), ((40, 25), 1, 1)] {
        let shape = Shape {
            levels,
            seeds,
            folds,
            epochs: 50,
            clips: 176,
        };
        assert_eq!(shape.runs(), 1000);
        let page = page(shape);
        assert!(page.len() < 2_000_000, "{} bytes", page.len());
    }
}
