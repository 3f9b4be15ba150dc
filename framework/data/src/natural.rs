//! The order in which people number files: `2.jpg` before `10.jpg`.

use std::cmp::Ordering;

/// Compares names piece by piece: runs of digits by their value, everything else by its characters.
/// Names that differ only in leading zeros are ordered by their characters, so the order is total.
pub fn natural_order(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a, b);
    while !left.is_empty() && !right.is_empty() {
        let (piece_a, rest_a) = split_piece(left);
        let (piece_b, rest_b) = split_piece(right);
        let order = match (value(piece_a), value(piece_b)) {
            // Of two numbers without leading zeros the longer one is larger.
            (Some(a), Some(b)) => a.len().cmp(&b.len()).then_with(|| a.cmp(b)),
            _ => piece_a.cmp(piece_b),
        };
        if order.is_ne() {
            return order;
        }
        (left, right) = (rest_a, rest_b);
    }
    left.len().cmp(&right.len()).then_with(|| a.cmp(b))
}

/// The digits of a number without leading zeros; `None` for other text.
fn value(piece: &str) -> Option<&str> {
    piece
        .starts_with(|c: char| c.is_ascii_digit())
        .then(|| piece.trim_start_matches('0'))
}

/// A run of digits, or one other character, and what follows.
fn split_piece(text: &str) -> (&str, &str) {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let first = text.chars().next().map_or(0, char::len_utf8);
    text.split_at(digits.max(first))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, missing_docs)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_go_by_value() {
        let mut names = [
            "b2",
            "a10.jpg",
            "a2.jpg",
            "a02.jpg",
            "2.jpg",
            "10.jpg",
            "a",
            "00001.jpg",
        ];
        names.sort_by(|a, b| natural_order(a, b));
        assert_eq!(
            names,
            [
                "00001.jpg",
                "2.jpg",
                "10.jpg",
                "a",
                "a02.jpg",
                "a2.jpg",
                "a10.jpg",
                "b2"
            ]
        );
    }

    proptest! {
        #[test]
        fn the_order_is_total(a in "[a0-2é.]{0,6}", b in "[a0-2é.]{0,6}", c in "[a0-2é.]{0,6}") {
            prop_assert_eq!(natural_order(&a, &b), natural_order(&b, &a).reverse());
            prop_assert_eq!(natural_order(&a, &b).is_eq(), a == b);
            let mut sorted = [&a, &b, &c];
            sorted.sort_by(|a, b| natural_order(a, b));
            prop_assert!(natural_order(sorted[0], sorted[2]).is_le());
        }
    }
}
