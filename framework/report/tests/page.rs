//! The HTML page: complete, self-contained, and safe whatever the data say.
#![allow(clippy::unwrap_used, missing_docs)]

mod sample;

use exp_core::event::Point;
use exp_report::export::{Exporter, Html, Rendered};
use exp_report::published::Published;
use exp_report::summary::READ;
use exp_report::{Options, Report};
use exp_store::ExperimentData;

fn page(data: &ExperimentData) -> String {
    let report = Report::new(data.clone(), &Options::default(), &Published::default()).unwrap();
    match Html.render(&[report]).unwrap() {
        Rendered::Text(page) => page,
        Rendered::Folder(_) => panic!("a page is one file"),
    }
}

/// The page without its own script, which stands at its end.
fn content(page: &str) -> &str {
    let (content, script) = page.rsplit_once("<script>").unwrap();
    assert!(script.ends_with("</script>\n</body>\n</html>\n") || script.ends_with("</html>"));
    content
}

/// How often a text stands in another.
fn times(page: &str, text: &str) -> usize {
    page.matches(text).count()
}

#[test]
fn the_page_asks_for_nothing() {
    let page = page(&sample::ablation());
    for text in [
        "http://",
        "https://",
        "@import",
        "url(",
        "<script src",
        "<link rel=\"stylesheet\"",
    ] {
        assert_eq!(times(&page, text), 0, "the page holds {text}");
    }
    assert_eq!(
        times(&page, "href="),
        times(&page, "href=\"#") + times(&page, "href=\"data:,\"")
    );
}

#[test]
fn every_table_has_a_caption_and_every_link_an_end() {
    let page = page(&sample::ablation());
    let tables: Vec<&str> = page.split("<table").skip(1).collect();
    // Two rules, both factors together, recalls, four confusion matrices and a difference, hardest
    // clips, comparisons, left out, cost, shared settings, two sets of prompts.
    assert_eq!(tables.len(), 16);
    for table in tables {
        let table = table.split("</table>").next().unwrap();
        assert!(table.contains("<caption>"), "no caption: {table}");
        assert!(
            table.contains("scope=\"row\"") && table.contains("scope=\"col\""),
            "no scope: {table}"
        );
    }
    for link in page.split("href=\"#").skip(1) {
        let name = link.split('"').next().unwrap();
        assert_eq!(times(&page, &format!("id=\"{name}\"")), 1, "{name}");
    }
    for part in [
        "<html lang=\"en\">",
        "<title>ablation_context",
        "<main",
        "<nav",
        "<header",
    ] {
        assert_eq!(times(&page, part), 1, "{part}");
    }
}

#[test]
fn the_page_says_what_was_run_and_what_was_not() {
    let page = page(&sample::ablation());
    keep("ablation", &page);
    for text in [
        "synthetic: 4 settings × 5 seeds = 20 runs of 12 epochs, 204 test clips",
        "Runs: 19 done, 1 failed.",
        "n = 4 to 5 seeds",
        "the training loss is not finite in epoch 4",
        "1 value is not a finite number and leaves a gap",
        "with uncommitted changes</strong> (3 changed lines)",
        "cannot be compared with published ones",
        "Guessing without looking at the clips would give a UAR of 14.3 %",
    ] {
        assert!(page.contains(text), "the page does not say: {text}");
    }
    assert!(!content(&page).contains("NaN") && !page.contains(">none<wbr>"));
}

#[test]
fn real_clips_carry_no_note_on_drawn_ones() {
    let mut data = sample::ablation();
    for run in &mut data.runs {
        run.synthetic = false;
        run.benchmark = "dfew".to_owned();
    }
    data.experiment.benchmarks = vec!["dfew".to_owned()];
    let page = page(&data);
    assert!(!page.contains("say nothing about real faces") && !page.contains("class=\"tag\""));
}

#[test]
fn hostile_texts_are_shown_and_do_nothing() {
    let data = sample::hostile();
    let page = page(&data);
    keep("hostile", &page);
    // The longest of these texts alone is 10,000 characters.
    assert!(page.len() < 900_000, "{} bytes", page.len());
    let page = content(&page).to_owned();
    for text in [
        "<script", "<img", "<b>0", "\"'>", "\u{202e}", "\u{200f}", "\0", "{{49", ">49",
    ] {
        assert_eq!(times(&page, text), 0, "the page holds {text}");
    }
    assert_eq!(times(&page, "</style>"), 1);
    assert_eq!(times(&page, "</title>"), times(&page, "<title>"));
    for text in [
        "&lt;script&gt;alert(1)&lt;&#x2f;script&gt;",
        "{{7*7}}{% raw %}",
        "a[U+202E]b[U+200F][U+0000]",
    ] {
        assert!(
            times(&page, text) > 20,
            "{} times: {text:.40}",
            times(&page, text)
        );
    }
    // Whole where it stands once, and cut in every table and sentence.
    let whole = times(&page, &"x".repeat(10_000));
    assert!((10..80).contains(&whole), "{whole} times");
}

#[test]
fn what_runs_left_behind_is_told() {
    let data = sample::two_benchmarks();
    let page = page(&data);
    for text in [
        "The machine went down in the night.",
        "2026-01-06 08:30:00",
        "stopped after 5 epochs",
        // Of seeds 1 and 2.
        "1.4 GB",
    ] {
        assert!(page.contains(text), "the page does not say: {text}");
    }
    let page = sample_page();
    assert!(page.contains("Last lines of its log"));
    assert!(page.contains("epoch 4, step 11: the loss is not a number"));
    // What each run took is no other origin.
    assert_eq!(times(&page, "class=\"facts\""), 1);
    assert_eq!(times(&page, "To do these runs again"), 1);
}

#[test]
fn what_a_gpu_used_is_told_where_its_driver_told() {
    let mut data = sample::ablation();
    let cost = |data: &ExperimentData| {
        let page = page(data);
        let from = page.split_once("id=\"cost\"").unwrap().1;
        from.split_once("</section>").unwrap().0.to_owned()
    };
    assert!(!cost(&data).contains("Energy"));
    let all = data.runs.len();
    for (index, run) in data.runs.iter_mut().enumerate() {
        for epoch in 1..=4 {
            let mut point = |series: &str, value: f64| {
                run.points.push(Point {
                    series: series.to_owned(),
                    epoch,
                    value,
                });
            };
            point("time/epoch_seconds", 60.0);
            point("gpu/memory_bytes", 9.4e9 - epoch as f64 * 1e9);
            // One epoch of the last run was trained where no driver told.
            if (index, epoch) != (all - 1, 1) {
                point("gpu/joules", 90_000.0);
            }
        }
    }
    // What a page is made of is read from the store by name.
    for run in &mut data.runs {
        run.points.retain(|point| READ.contains(&&*point.series));
    }
    let cost = cost(&data);
    assert!(cost.contains("8.4 GB"), "{cost}");
    assert!(cost.contains("100.0 Wh"), "{cost}");
    // That run's setting has a dash.
    let settings = cost.matches("8.4 GB").count();
    assert_eq!(cost.matches("100.0 Wh").count(), settings - 1, "{cost}");
}

#[test]
fn benchmarks_have_tables_of_their_own() {
    let page = page(&sample::two_benchmarks());
    keep("two_benchmarks", &page);
    for text in [
        "mafw: 9 settings × 2 seeds × 2 folds = 36 runs of 12 epochs, 235 test clips a fold",
        "n = 1 to 2 seeds, each the mean over 2 folds",
        "Without a test clip, and so left out of UAR: contempt.",
        "The clips of benchmarks marked “drawn faces” are drawn by a program.",
        "done, but fold 1 of its seed is missing",
    ] {
        assert!(page.contains(text), "the page does not say: {text}");
    }
    // Each benchmark: two rules, both factors together, recalls, nine confusion matrices, hardest
    // clips, comparisons, shared settings; one has two folds. Both: side by side, left out, remarks,
    // cost, prompts.
    assert_eq!(
        times(&page, "<table"),
        2 * (2 + 1 + 1 + 9 + 1 + 1 + 1) + 2 + 4 + 4
    );
}

#[test]
fn an_experiment_without_a_run_says_so() {
    let page = page(&sample::experiment(Vec::new()));
    assert!(page.contains("The plan of this experiment has no run."));
}

#[test]
fn one_run_of_one_epoch_is_a_report_too() {
    let mut data = sample::ablation();
    data.runs.truncate(1);
    data.runs[0].levels.clear();
    data.runs[0].points.retain(|point| point.epoch == 1);
    let page = page(&data);
    keep("one_run", &page);
    assert!(page.contains("synthetic: 1 setting × 1 seed = 1 run of 1 epoch, 204 test clips"));
    assert!(page.contains("the only setting") && page.contains("n = 1 seed;"));
    assert!(!content(&page).contains("NaN") && !content(&page).contains("inf "));
}

#[test]
fn what_guessing_gives_is_drawn_where_it_is_in_view() {
    let levels = || vec![sample::level("context", "none")];
    let run =
        |seed, pairs: &[(usize, usize)]| sample::run(seed, 1, levels(), &["yes", "no"], pairs);
    let poor = run(1, &[(0, 1), (0, 0), (1, 0)]);
    let good = run(2, &[(0, 0), (0, 1), (1, 1)]);
    let page = page(&sample::experiment(vec![poor, good]));
    // UAR 25 and 75, guessing 50.
    assert_eq!(times(&page, "class=\"chance\" x1=\"50.0%\""), 1);
    assert!(page.contains("a UAR of 50.0 % (dashed line)"));
    assert_eq!(times(&sample_page(), "class=\"chance\""), 0);
}

fn sample_page() -> String {
    page(&sample::ablation())
}

/// Keeps a page to look at in a browser, if `REPORT_PAGES` names a folder for it.
fn keep(name: &str, page: &str) {
    if let Some(folder) = std::env::var_os("REPORT_PAGES") {
        std::fs::write(
            std::path::Path::new(&folder).join(format!("{name}.html")),
            page,
        )
        .unwrap();
    }
}
