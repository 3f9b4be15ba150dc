//! Similarities of class texts: the figures, the printed table and the page.
#![allow(clippy::unwrap_used, missing_docs)]

use exp_report::similarity::{Looked, NoDirection, Similarities, page, table};
use insta::assert_snapshot;

fn similarities(set: &str, features: &[(&str, [f32; 3])]) -> Result<Similarities, NoDirection> {
    let texts = features
        .iter()
        .map(|(class, _)| ((*class).to_owned(), format!("a text for {class}")));
    let rows: Vec<Vec<f32>> = features.iter().map(|(_, row)| row.to_vec()).collect();
    Similarities::new(set.to_owned(), texts.collect(), &rows)
}

fn four() -> Similarities {
    let features = [
        ("anger", [3.0, 0.0, 0.0]),
        ("disgust", [0.5, 0.5, 0.0]),
        ("fear", [-0.001, 7.0, 0.1]),
        ("surprise", [-1.0, 0.0, 1.0]),
    ];
    similarities("four", &features).unwrap()
}

fn looked() -> Looked {
    Looked {
        backbone: "small".to_owned(),
        sha256: "0123abcd".to_owned(),
        benchmark: None,
    }
}

#[test]
fn the_diagonal_is_one_and_the_matrix_symmetric() {
    // Numbers without a pattern, some of them large and some of them small.
    let number = |at: u32| {
        let mixed = at.wrapping_mul(2_654_435_761) ^ 0x5bd1_e995;
        f32::from((mixed >> 16) as u16 as i16) * 10f32.powi((at % 7) as i32 - 3)
    };
    let texts: Vec<_> = (0..11)
        .map(|class| (class.to_string(), String::new()))
        .collect();
    let features: Vec<Vec<f32>> = (0..11)
        .map(|class| (0..512).map(|at| number(class * 512 + at)).collect())
        .collect();
    let matrix = Similarities::new("s".to_owned(), texts, &features)
        .unwrap()
        .matrix;
    for (a, row) in matrix.iter().enumerate() {
        assert!((row[a] - 1.0).abs() < 1e-12, "{}", row[a]);
        for (b, cosine) in row.iter().enumerate() {
            assert_eq!(*cosine, matrix[b][a]);
            assert!(a == b || cosine.abs() < 0.9, "{cosine}");
        }
    }
}

#[test]
fn the_table_with_the_closest_pair() {
    assert_snapshot!(table(&four(), "small"), @r#"
    four with the backbone small: cosine similarities of the texts

    ─────────────────────────────────────────────
         Class          1       2      3       4
    ═════════════════════════════════════════════
     1   anger       1.00    0.71   0.00   -0.71
     2   disgust     0.71    1.00   0.71   -0.50
     3   fear        0.00    0.71   1.00    0.01
     4   surprise   -0.71   -0.50   0.01    1.00
    ─────────────────────────────────────────────

    Closest: anger and disgust, 0.71. Mean of 6 pairs: 0.04.
    "#);
    let one = similarities("one", &[("anger", [1.0, 0.0, 0.0])]).unwrap();
    assert!(table(&one, "small").ends_with("\nThere is one class, and so no pair.\n"));
}

#[test]
fn the_first_of_equal_pairs_is_the_closest() {
    let same = [1.0, 2.0, 3.0];
    let set = similarities("same", &[("a", same), ("b", same), ("c", same)]).unwrap();
    let closest = set.closest().unwrap();
    assert_eq!((closest.first, closest.second), ("a", "b"));
    assert!((set.mean().unwrap() - 1.0).abs() < 1e-12);
    // No scale to stretch: nothing may become infinite.
    let page = page(&[set], &looked()).unwrap();
    assert!(page.contains("--share: 100.0%") && !page.contains("NaN") && !page.contains("inf"));
}

#[test]
fn features_without_a_direction_are_refused() {
    for bad in [[0.0; 3], [f32::NAN, 1.0, 0.0], [f32::INFINITY, 1.0, 0.0]] {
        let error = similarities("bad", &[("anger", [1.0; 3]), ("fear", bad)]).unwrap_err();
        assert_eq!((error.set.as_str(), error.class.as_str()), ("bad", "fear"));
    }
}

#[test]
fn the_page_shows_every_figure_without_colour_too() {
    let page = page(&[four()], &looked()).unwrap();
    // Four on the diagonal, and the closest pair twice.
    assert_eq!(page.matches("<td class=\"empty\">1.00</td>").count(), 4);
    assert_eq!(page.matches("<td class=\"hit\"").count(), 2);
    let closest = "<td class=\"hit\" data-step=\"8\" style=\"--share: 82.8%\">0.71</td>";
    assert_eq!(page.matches(closest).count(), 2, "{page}");
    let lowest = "<td data-step=\"0\" style=\"--share: 0.0%\">-0.71</td>";
    assert_eq!(page.matches(lowest).count(), 2, "{page}");
    for text in [
        "Closest: anger and disgust, 0.71. Mean of 6 pairs: ",
        "Colour grows from -0.71, the lowest figure on this page, to 1.",
        "a text for surprise",
        "all that each set has",
        "0123abcd",
    ] {
        assert!(page.contains(text), "the page does not say: {text}");
    }
}

#[test]
fn hostile_texts_are_shown_and_do_nothing() {
    let hostile = "<script>{{7*7}}\"'</style>a\u{202e}b\u{1b}[2J";
    let texts = ["x", "y"].map(|class| (format!("{class} {hostile}"), hostile.to_owned()));
    let features = [vec![1.0, 0.0], vec![0.0, 1.0]];
    let set = Similarities::new(hostile.to_owned(), texts.to_vec(), &features).unwrap();
    let looked = Looked {
        backbone: hostile.to_owned(),
        sha256: hostile.to_owned(),
        benchmark: Some(hostile.to_owned()),
    };
    let shown = table(&set, hostile);
    assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{shown}");
    let page = page(&[set], &looked).unwrap();
    assert!(!page.contains("<script") && !page.contains(['\u{1b}', '\u{202e}']));
    assert!(page.contains("{{7*7}}") && page.contains("[U+202E]"));
    assert_eq!(page.matches("</style>").count(), 1);
    for request in ["http://", "https://", "src=", "url(", "@import"] {
        assert!(!page.contains(request), "the page holds {request}");
    }
}
