//! Against other people's programs.

use exp_core::metrics::Metric;
use exp_report::statistics::bootstrap::{Scored, Unit, paired_bootstrap};
use exp_report::statistics::folds::nadeau_bengio;
use exp_report::statistics::holm::holm;
use exp_report::statistics::mcnemar::mcnemar;
use exp_report::statistics::paired::Paired;
use exp_report::statistics::sign_flip::sign_flip;
use exp_report::statistics::student;
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    student: Student,
    paired: Vec<PairedCase>,
    folds: Vec<FoldsCase>,
    sign_flip: Vec<SignFlipCase>,
    mcnemar: Vec<(u64, u64, f64)>,
    holm: Vec<HolmCase>,
    bootstrap: Vec<BootstrapCase>,
}

#[derive(Deserialize)]
struct Student {
    cdf: Vec<[f64; 3]>,
    two_sided: Vec<[f64; 3]>,
    quantile: Vec<[f64; 3]>,
}

#[derive(Deserialize)]
struct PairedCase {
    differences: Vec<f64>,
    mean: f64,
    sd: f64,
    low: f64,
    high: f64,
    p: f64,
    smallest_visible: f64,
}

#[derive(Deserialize)]
struct FoldsCase {
    differences: Vec<f64>,
    train: f64,
    test: f64,
    low: f64,
    high: f64,
    p: f64,
}

#[derive(Deserialize)]
struct SignFlipCase {
    differences: Vec<f64>,
    p: f64,
}

#[derive(Deserialize)]
struct HolmCase {
    p: Vec<f64>,
    corrected: Vec<f64>,
}

#[derive(Deserialize)]
struct BootstrapCase {
    folds: Vec<Vec<(usize, usize, i32)>>,
    pairs: u32,
    metric: Metric,
    unit: String,
    low: f64,
    high: f64,
    standard_error: f64,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("golden.json")).unwrap()
}

/// To 1e-9, relative to values above 1.
fn close(found: f64, expected: f64, what: &str) {
    let allowed = 1e-9 * expected.abs().max(1.0);
    assert!(
        (found - expected).abs() <= allowed,
        "{what}: {found} is not {expected}"
    );
}

#[test]
fn student_is_scipy_s() {
    let golden = golden().student;
    for [t, df, expected] in golden.cdf {
        close(student::cdf(t, df), expected, &format!("cdf at {t}, {df}"));
    }
    for [t, df, expected] in golden.two_sided {
        close(
            student::two_sided(t, df),
            expected,
            &format!("p at {t}, {df}"),
        );
    }
    for [p, df, expected] in golden.quantile {
        close(
            student::quantile(p, df),
            expected,
            &format!("quantile of {p}, {df}"),
        );
    }
    assert!(student::quantile(0.975, 0.0).is_nan());
    assert!(student::two_sided(1.0, -1.0).is_nan());
}

#[test]
fn paired_differences_are_scipy_s() {
    for case in golden().paired {
        let found = Paired::new(&case.differences).unwrap();
        let test = found.test.unwrap();
        let what = format!("{:?}", case.differences);
        close(found.mean, case.mean, &what);
        close(found.sd.unwrap(), case.sd, &what);
        close(test.interval.low, case.low, &what);
        close(test.interval.high, case.high, &what);
        close(test.p, case.p, &what);
        close(test.smallest_visible, case.smallest_visible, &what);
    }
}

#[test]
fn folds_are_the_formula_s() {
    for case in golden().folds {
        let test = nadeau_bengio(&case.differences, case.train, case.test)
            .unwrap()
            .test
            .unwrap();
        let what = format!("{:?}", case.differences);
        close(test.interval.low, case.low, &what);
        close(test.interval.high, case.high, &what);
        close(test.p, case.p, &what);
    }
}

#[test]
fn sign_flips_are_scipy_s() {
    for case in golden().sign_flip {
        let found = sign_flip(&case.differences).unwrap();
        close(found.p, case.p, &format!("{:?}", case.differences));
    }
}

#[test]
fn mcnemar_is_statsmodels_() {
    for (first, second, expected) in golden().mcnemar {
        close(
            mcnemar(first, second).p,
            expected,
            &format!("{first}, {second}"),
        );
    }
}

#[test]
fn holm_is_statsmodels_() {
    for case in golden().holm {
        for (found, expected) in holm(&case.p).into_iter().zip(&case.corrected) {
            close(found, *expected, &format!("{:?}", case.p));
        }
    }
}

/// The standard error of a 2.5 % quantile of 10,000 normal draws is 0.027 of their deviation; four
/// of these are allowed, and the 99,999 or 50,000 draws of the other side add a little.
#[test]
fn bootstrap_intervals_are_scipy_s_within_monte_carlo_error() {
    for case in golden().bootstrap {
        let scored = |&(class, person, difference): &(usize, usize, i32)| Scored {
            class,
            person,
            difference,
        };
        let folds: Vec<Vec<Scored>> = case
            .folds
            .iter()
            .map(|fold| fold.iter().map(scored).collect())
            .collect();
        let unit = match case.unit.as_str() {
            "clip" => Unit::Clip,
            _ => Unit::Person,
        };
        let found = paired_bootstrap(&folds, case.pairs, case.metric, unit).unwrap();
        // WAR of one fold moves in steps.
        let clips: usize = folds.iter().map(Vec::len).sum();
        let step = 100.0 / (f64::from(case.pairs) * clips as f64);
        let allowed = 0.12 * case.standard_error + step;
        for (found, expected) in [(found.low, case.low), (found.high, case.high)] {
            assert!(
                (found - expected).abs() < allowed,
                "{:?} {}: {found} is not {expected} within {allowed}",
                case.metric,
                case.unit
            );
        }
    }
}
