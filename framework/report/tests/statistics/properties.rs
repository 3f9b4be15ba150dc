//! Rules that hold for all inputs.

use exp_core::metrics::Metric;
use exp_report::statistics::bootstrap::{Scored, Unit, paired_bootstrap};
use exp_report::statistics::folds::nadeau_bengio;
use exp_report::statistics::holm::holm;
use exp_report::statistics::mcnemar::mcnemar;
use exp_report::statistics::paired::Paired;
use exp_report::statistics::sign_flip::sign_flip;
use exp_report::statistics::student;
use proptest::prelude::*;

fn differences(n: std::ops::Range<usize>) -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(-20.0..20.0_f64, n)
}

fn folds() -> impl Strategy<Value = Vec<Vec<Scored>>> {
    let clip =
        (0..4_usize, 0..6_usize, -2..=2_i32).prop_map(|(class, person, difference)| Scored {
            class,
            person,
            difference,
        });
    prop::collection::vec(prop::collection::vec(clip, 1..40), 1..4)
}

/// The difference itself: the mean over folds of the mean over classes.
fn difference(folds: &[Vec<Scored>], pairs: f64, metric: Metric) -> f64 {
    let fold = |fold: &Vec<Scored>| {
        let of = |class: Option<usize>| {
            let own: Vec<f64> = (fold.iter())
                .filter(|clip| class.is_none_or(|class| clip.class == class))
                .map(|clip| f64::from(clip.difference))
                .collect();
            (!own.is_empty()).then(|| own.iter().sum::<f64>() / own.len() as f64)
        };
        let recalls: Vec<f64> = match metric {
            Metric::Uar => (0..4).filter_map(|class| of(Some(class))).collect(),
            Metric::War => vec![of(None).unwrap()],
        };
        recalls.iter().sum::<f64>() / recalls.len() as f64
    };
    100.0 * folds.iter().map(fold).sum::<f64>() / (folds.len() as f64 * pairs)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_t_interval_leaves_zero_out_where_its_test_rejects_zero(values in differences(3..15)) {
        let test = Paired::new(&values).unwrap().test.unwrap();
        prop_assume!((test.p - 0.05).abs() > 1e-9);
        prop_assert_eq!(test.interval.holds(0.0), test.p > 0.05);
        prop_assert!(test.smallest_visible >= 0.0);
    }

    #[test]
    fn the_other_way_round_an_interval_is_mirrored(values in differences(3..15)) {
        let test = Paired::new(&values).unwrap().test.unwrap();
        let negated: Vec<f64> = values.iter().map(|value| -value).collect();
        let mirrored = Paired::new(&negated).unwrap().test.unwrap();
        prop_assert!((mirrored.interval.low + test.interval.high).abs() < 1e-9);
        prop_assert!((mirrored.interval.high + test.interval.low).abs() < 1e-9);
        prop_assert!((mirrored.p - test.p).abs() < 1e-9);
    }

    #[test]
    fn shared_training_data_widen_an_interval(values in differences(3..12), test in 1.0..500.0_f64) {
        let plain = Paired::new(&values).unwrap().test.unwrap();
        let corrected = nadeau_bengio(&values, 1000.0, test).unwrap().test.unwrap();
        prop_assert!(corrected.interval.low < plain.interval.low);
        prop_assert!(corrected.interval.high > plain.interval.high);
        prop_assert!(corrected.p >= plain.p);
    }

    #[test]
    fn a_quantile_is_the_inverse_of_the_distribution(p in 0.5..0.9999_f64, df in 1..300_u32) {
        let df = f64::from(df);
        prop_assert!((student::cdf(student::quantile(p, df), df) - p).abs() < 1e-10);
    }

    #[test]
    fn a_sign_flip_p_is_the_share_of_all_signs(values in differences(6..10)) {
        let found = values.iter().sum::<f64>().abs();
        let n = values.len();
        let hits = (0..1_u32 << n).filter(|signs| {
            let signed = values.iter().enumerate().map(|(place, value)| {
                if signs >> place & 1 == 1 { -value } else { *value }
            });
            signed.sum::<f64>().abs() >= found - 1e-9
        });
        let p = hits.count() as f64 / f64::from(1 << n);
        let test = sign_flip(&values).unwrap();
        prop_assert_eq!(test.p, p);
        prop_assert!(test.p >= test.smallest);
        prop_assert_eq!(test.smallest, 2.0 / f64::from(1 << n));
    }

    #[test]
    fn holm_keeps_the_order_and_stays_below_bonferroni(p in prop::collection::vec(0.0..1.0_f64, 1..12)) {
        let corrected = holm(&p);
        for (one, own) in p.iter().zip(&corrected) {
            prop_assert!(own >= one && *own <= (one * p.len() as f64).min(1.0));
            for (other, its) in p.iter().zip(&corrected) {
                prop_assert!(one > other || own <= its);
            }
        }
    }

    #[test]
    fn mcnemar_does_not_care_which_model_is_first(first in 0..3000_u64, second in 0..3000_u64) {
        let p = mcnemar(first, second).p;
        prop_assert!(p > 0.0 || first.abs_diff(second) > 500);
        prop_assert!(p <= 1.0);
        prop_assert_eq!(p, mcnemar(second, first).p);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_bootstrap_interval_is_the_same_each_time_and_within_reach(
        folds in folds(),
        persons in any::<bool>(),
        uar in any::<bool>(),
    ) {
        let unit = if persons { Unit::Person } else { Unit::Clip };
        let metric = if uar { Metric::Uar } else { Metric::War };
        let interval = paired_bootstrap(&folds, 2, metric, unit).unwrap();
        prop_assert_eq!(paired_bootstrap(&folds, 2, metric, unit), Some(interval));
        prop_assert!(-100.0 - 1e-9 <= interval.low && interval.low <= interval.high);
        prop_assert!(interval.high <= 100.0 + 1e-9);
        // The middle of the draws is near the difference: no interval lies beside it by more than
        // its width.
        let found = difference(&folds, 2.0, metric);
        let width = interval.high - interval.low;
        prop_assert!(interval.low - width - 1e-9 <= found && found <= interval.high + width + 1e-9);
    }

    #[test]
    fn clips_that_all_differ_alike_leave_nothing_open(mut folds in folds(), persons in any::<bool>()) {
        for clip in folds.iter_mut().flatten() {
            clip.difference = 1;
        }
        let unit = if persons { Unit::Person } else { Unit::Clip };
        let interval = paired_bootstrap(&folds, 2, Metric::Uar, unit).unwrap();
        prop_assert!((interval.low - 50.0).abs() < 1e-9 && (interval.high - 50.0).abs() < 1e-9);
    }
}

#[test]
fn too_little_has_no_statistics() {
    assert_eq!(Paired::new(&[]), None);
    let two = Paired::new(&[1.0, 2.0]).unwrap();
    assert_eq!((two.n, two.mean, two.test), (2, 1.5, None));
    assert_eq!(sign_flip(&[1.0; 5]), None);
    assert_eq!(sign_flip(&[1.0, 1.0, 1.0, 1.0, 1.0, f64::NAN]), None);
    assert_eq!(
        nadeau_bengio(&[1.0, 2.0, 3.0], 0.0, 10.0).unwrap().test,
        None
    );
    assert_eq!(paired_bootstrap(&[], 1, Metric::Uar, Unit::Clip), None);
    assert_eq!(
        paired_bootstrap(&[vec![]], 1, Metric::Uar, Unit::Clip),
        None
    );
}

#[test]
fn differences_without_spread_have_an_interval_without_width() {
    let same = Paired::new(&[0.1 + 0.2, 0.3, 0.3]).unwrap();
    let test = same.test.unwrap();
    assert_eq!((same.sd, test.p), (Some(0.0), 0.0));
    assert_eq!(test.interval.low, test.interval.high);
    let none = Paired::new(&[0.0, 0.0, 0.0]).unwrap().test.unwrap();
    assert_eq!((none.p, none.smallest_visible), (1.0, 0.0));
}

#[test]
fn many_seeds_are_flipped_at_random() {
    let values: Vec<f64> = (1..=30)
        .map(|place| (0.618_034 * f64::from(place)).fract() - 0.4)
        .collect();
    let found = sign_flip(&values).unwrap();
    // The sum is nearly normal: p from its standard deviation.
    let sum: f64 = values.iter().sum();
    let sd = values.iter().map(|value| value * value).sum::<f64>().sqrt();
    let p = student::two_sided(sum / sd, 1e6);
    assert!(
        !found.exact && (found.p - p).abs() < 0.02,
        "{} is not {p}",
        found.p
    );
}
