//! `exp diff`.

use crate::made::{LEARNABLE, NONE, made};

#[test]
fn what_differs_is_shown() {
    let made = made();
    made.snapshot("diff", &made.prints(&["diff", NONE, LEARNABLE]));
    made.snapshot("diff_unfinished", &made.prints(&["diff", "2", "4"]));
    let told = made.refuses(&["diff", NONE, "1f0c"]);
    assert!(told.contains("are the same run"), "{told}");
}
