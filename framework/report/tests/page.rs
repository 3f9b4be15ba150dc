//! The HTML page: complete, self-contained, and safe whatever the data say.
#![allow(clippy::unwrap_used, missing_docs)]

mod sample;

use exp_report::{html, summarize};
use exp_store::ExperimentData;

fn page(data: &ExperimentData) -> String {
    html::page(&summarize(data)).unwrap()
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
        "src=",
        "@import",
        "url(",
        "<script",
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
    // Two rules, four confusion matrices, recalls, left out, shared settings, two sets of prompts.
    assert_eq!(tables.len(), 11);
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
    assert!(!page.contains("NaN") && !page.contains(">none<wbr>"));
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
    let long = "x".repeat(10_000);
    let hostile = [
        "<script>alert(1)</script>",
        "{{7*7}}{% raw %}",
        "\"'><img onerror=alert(1)>",
        "</style></title>",
        "a\u{202e}b\u{200f}\0",
        &long,
    ];
    let joined = hostile.join(" ");
    let mut data = sample::ablation();
    data.experiment.name.clone_from(&joined);
    data.experiment.question.clone_from(&joined);
    data.experiment.yaml.clone_from(&joined);
    data.experiment.benchmarks = vec![joined.clone()];
    if let Some(compare) = &mut data.experiment.compare {
        compare.baseline.clone_from(&joined);
    }
    for run in &mut data.runs {
        run.id = format!("<b>{}", run.id);
        run.benchmark.clone_from(&joined);
        run.classes = run
            .classes
            .iter()
            .map(|class| format!("{class} {joined}"))
            .collect();
        run.failure = run.failure.as_ref().map(|_| joined.clone());
        for level in &mut run.levels {
            level.factor = format!("{} {joined}", level.factor);
            level.label = format!("{} {joined}", level.label);
        }
        for prompt in &mut run.prompts {
            prompt.class.clone_from(&joined);
            prompt.text.clone_from(&joined);
        }
        if let Some(provenance) = &mut run.provenance {
            provenance.revision = Some(joined.clone());
            provenance.command = vec![joined.clone()];
            for text in [
                &mut provenance.version,
                &mut provenance.burn,
                &mut provenance.device,
                &mut provenance.device_name,
                &mut provenance.host,
                &mut provenance.system,
                &mut provenance.manifest,
                &mut provenance.backbone,
                &mut provenance.weights,
            ] {
                text.clone_from(&joined);
            }
        }
    }
    let page = page(&data);
    keep("hostile", &page);
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
        long.as_str(),
    ] {
        assert!(
            times(&page, text) > 30,
            "{} times: {text:.40}",
            times(&page, text)
        );
    }
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
    // Each benchmark: two rules, nine confusion matrices, recalls, shared settings; one has two
    // folds. Both: left out, prompts.
    assert_eq!(times(&page, "<table"), 2 * (2 + 9 + 1 + 1) + 2 + 1 + 4);
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
    assert!(!page.contains("NaN") && !page.contains("inf"));
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
