//! A store with one large experiment, and how long its page takes.
//!
//! ```text
//! cargo run --release -p exp-report --example large_page -- large.db 40x1 5 5 50 176
//! ```
//!
//! makes a store of 40 settings (the levels of two factors), 5 seeds and 5 folds, so 1,000 runs, of
//! 50 epochs with 176 test clips in each fold, unless there is one in the file. Then it reads the
//! experiment, sums it up and renders its page, and prints the median time of each of nine times.
//! `exp report large --store large.db` does the same.
#![allow(clippy::unwrap_used)]

#[path = "../tests/large/mod.rs"]
mod large;

use std::path::PathBuf;
use std::time::Instant;

use exp_report::export::{Exporter, Html, Rendered};
use exp_report::published::Published;
use exp_report::summary::READ;
use exp_report::{Options, Report};
use exp_store::Store;
use large::{NAME, Shape, fill};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path, levels, seeds, folds, epochs, clips] = &arguments[..] else {
        eprintln!("expected: FILE LEVELSxLEVELS SEEDS FOLDS EPOCHS CLIPS");
        std::process::exit(2);
    };
    let path = PathBuf::from(path);
    let (first, second) = levels.split_once('x').unwrap();
    let number = |text: &str| text.parse().unwrap();
    let shape = Shape {
        levels: (number(first), number(second)),
        seeds: number(seeds),
        folds: number(folds),
        epochs: number(epochs),
        clips: number(clips),
    };
    if !path.exists() {
        let begun = Instant::now();
        let store = Store::open(&path).unwrap();
        fill(&store, shape);
        store.close().unwrap();
        let runs = shape.runs();
        println!("{runs} runs written in {:.1?}", begun.elapsed());
    }
    let mut times = [const { Vec::new() }; 4];
    let mut bytes = 0;
    for _ in 0..9 {
        let begun = Instant::now();
        let store = Store::open(&path).unwrap();
        let data = store.experiment_with_series(NAME, &READ).unwrap();
        store.close().unwrap();
        let read = begun.elapsed();
        let report = Report::new(data, &Options::default(), &Published::default()).unwrap();
        let summed = begun.elapsed();
        if let Rendered::Text(page) = Html.render(&[report]).unwrap() {
            bytes = page.len();
        }
        let all = begun.elapsed();
        let parts = [read, summed - read, all - summed, all];
        for (times, time) in times.iter_mut().zip(parts) {
            times.push(time.as_secs_f64() * 1e3);
        }
    }
    let median = times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    });
    println!(
        "reading {:.0} ms, summing up {:.0}, rendering {:.0}; all {:.0} ms; {:.2} MB",
        median[0],
        median[1],
        median[2],
        median[3],
        bytes as f64 / 1e6
    );
}
