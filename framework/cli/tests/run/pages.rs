//! Pages in a real browser.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use exp_report::export::{Exporter, Html, Rendered};
use exp_report::published::Published;
use exp_report::{Options, Report};
use exp_store::ExperimentData;
use serde_json::json;

use super::browser::{Browser, address, holds, opens};
use super::report::serve;
use super::{TRAINED, exp, sample};

fn write(folder: &Path, experiments: &[ExperimentData]) -> std::path::PathBuf {
    let report = |data: &ExperimentData| {
        Report::new(data.clone(), &Options::default(), &Published::default()).unwrap()
    };
    let reports: Vec<Report> = experiments.iter().map(report).collect();
    let Rendered::Text(page) = Html.render(&reports).unwrap() else {
        panic!("a page is one file")
    };
    let file = folder.join("page.html");
    fs::write(&file, page).unwrap();
    file
}

#[test]
fn the_page_of_an_experiment_holds() {
    opens(&TRAINED.project.path().join("reports/html/tiny.html"));
}

#[test]
fn the_page_of_several_experiments_holds() {
    let folder = tempfile::tempdir().unwrap();
    opens(&write(
        folder.path(),
        &[sample::ablation(), sample::two_benchmarks()],
    ));
}

#[test]
fn hostile_texts_leave_the_page_whole() {
    let folder = tempfile::tempdir().unwrap();
    opens(&write(folder.path(), &[sample::hostile()]));
}

#[test]
fn tables_are_sorted_by_mouse_and_keyboard() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let page = write(folder.path(), &[sample::two_benchmarks()]);
    browser.visit(&address(&page), 1400, "light");
    browser.evaluate(
        "const table = document.querySelector('[aria-label=\"Results under the rule last on mafw\"] table');
        const head = [...table.tHead.rows[0].cells].findIndex((one) => one.textContent === 'UAR');
        const button = table.tHead.rows[0].cells[head].querySelector('button');
        const column = () => [...table.tBodies[0].rows].map((row) => parseFloat(row.cells[head].textContent));
        const is = (column, sign) => column.every((value, at) => !at || sign * (value - column[at - 1]) >= 0);
        const state = () => [button.parentElement.ariaSort, is(column(), 1), is(column(), -1)]; 0",
    );
    assert_eq!(browser.evaluate("state()"), json!([null, false, false]));
    browser.evaluate("button.click()");
    assert_eq!(
        browser.evaluate("state()"),
        json!(["ascending", true, false])
    );
    // Tab leads to the head after the one before it, and both keys press it.
    browser.evaluate(
        "table.tHead.rows[0].cells[head - 1].querySelector('button').focus(); scrollTo(0, 0)",
    );
    browser.press("Tab", "", 9);
    assert_eq!(
        browser.evaluate("document.activeElement === button"),
        json!(true)
    );
    browser.press("Enter", "\r", 13);
    assert_eq!(
        browser.evaluate("state()"),
        json!(["descending", false, true])
    );
    browser.press(" ", " ", 32);
    assert_eq!(
        browser.evaluate("state()"),
        json!(["ascending", true, false])
    );
    assert_eq!(browser.messages, [""; 0]);
}

#[test]
fn a_served_page_holds_and_follows_the_store() {
    let serving = serve();
    let Some(mut browser) = Browser::start() else {
        return;
    };
    holds(&mut browser, &format!("http://{}/", serving.1));
    let page = format!("http://{}/experiment/tiny", serving.1);
    holds(&mut browser, &page);
    browser.visit(&page, 1400, "light");
    // A reader opens one of several details, sorts a table downwards, and stays at its head.
    browser.evaluate(
        "self.same = true;
        const details = [...document.querySelectorAll('details')];
        details.forEach((one, at) => (one.open = at === 1));
        const heads = [...document.querySelectorAll('table.sortable th')];
        const button = heads.find((one) => one.textContent === 'UAR').querySelector('button');
        button.click(); button.click(); button.focus();
        self.state = () => {
            const active = document.activeElement;
            return {
                open: [...document.querySelectorAll('details')].filter((one) => one.open).map((one) => one.id),
                sorted: [...document.querySelectorAll('th[aria-sort]')].map((one) => [one.ariaSort,
                    [...one.closest('table').tBodies[0].rows].map((row) => row.textContent)]),
                focus: [active.tagName, active.textContent, active.closest('.scroll')?.ariaLabel],
            };
        }; 0",
    );
    let before = browser.evaluate("state()");
    assert_eq!(before["open"].as_array().unwrap().len(), 1, "{before:#}");
    assert_eq!(before["sorted"][0][0], json!("descending"), "{before:#}");
    assert_eq!(before["focus"][1], json!("UAR"), "{before:#}");
    let folder = TRAINED.project.path();
    let data = super::data(folder, "runs/exp.db");
    let noted = exp(
        folder,
        &["note", &data.runs[0].id, "seen from another terminal"],
    );
    assert_eq!(noted.status.code(), Some(0));
    let begun = Instant::now();
    let told = "document.querySelector('main').textContent.includes('seen from another terminal')";
    while browser.evaluate(told) != json!(true) {
        assert!(begun.elapsed() < Duration::from_secs(60), "nothing came");
        std::thread::sleep(Duration::from_millis(100));
    }
    // It was not loaded again, all is as the reader left it, and heads are buttons again.
    let kept = browser.evaluate(
        "[self.same, document.querySelectorAll('table.sortable th button').length > 0,
            document.getElementById('live').textContent]",
    );
    assert_eq!(kept, json!([true, true, "live"]));
    assert_eq!(browser.evaluate("state()"), before);
    assert_eq!(browser.messages, [""; 0]);
}
