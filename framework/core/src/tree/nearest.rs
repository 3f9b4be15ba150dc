//! Which valid name a person may have meant.

/// The candidate that `word` most likely is a slip of, or `None` where all are too far away.
///
/// The distance is Damerau-Levenshtein's without regard to case (a wrong, missing, extra or swapped
/// letter is one step), and at most a third of the word's letters may be wrong, but one always may:
/// the rule that rustc uses for its own suggestions. Of equally near candidates the first is taken.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let allowed = word.chars().count().max(3) / 3;
    candidates
        .into_iter()
        .map(|name| {
            (
                strsim::damerau_levenshtein(&word, &name.to_lowercase()),
                name,
            )
        })
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// The help for a word that is none of `candidates`: the nearest one, or else all of them, called
/// `what` in the plural ("valid keys"). `None` where there are no candidates.
pub fn suggest<'a>(
    word: &str,
    what: &str,
    candidates: impl IntoIterator<Item = &'a str, IntoIter: Clone>,
) -> Option<String> {
    let candidates = candidates.into_iter();
    if let Some(name) = nearest(word, candidates.clone()) {
        return Some(format!("did you mean `{name}`?"));
    }
    let names: Vec<String> = candidates.map(|name| format!("`{name}`")).collect();
    (!names.is_empty()).then(|| format!("{what}: {}", names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_found_and_a_different_word_is_not() {
        let keys = ["seeds", "grid", "lr", "temporal"];
        assert_eq!(nearest("seed", keys), Some("seeds"));
        assert_eq!(nearest("sedes", keys), Some("seeds"));
        assert_eq!(nearest("Grid", keys), Some("grid"));
        assert_eq!(nearest("l", keys), Some("lr"));
        assert_eq!(nearest("tempral", keys), Some("temporal"));
        assert_eq!(nearest("spatial", keys), None);
        assert_eq!(nearest("", keys), None);
    }

    #[test]
    fn help_names_the_nearest_or_all() {
        assert_eq!(
            suggest("dept", "valid keys", ["depth", "heads"]).as_deref(),
            Some("did you mean `depth`?")
        );
        assert_eq!(
            suggest("colour", "valid keys", ["depth", "heads"]).as_deref(),
            Some("valid keys: `depth`, `heads`")
        );
        assert_eq!(suggest("colour", "valid keys", []), None);
    }
}
