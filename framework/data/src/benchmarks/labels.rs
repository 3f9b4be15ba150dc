//! Labels as list files write them: numbers, or names of feelings in one form or another.

/// The forms in which official files and public code name the same feeling.
const FORMS: [&[&str]; 11] = [
    &["happiness", "happy"],
    &["sadness", "sad"],
    &["neutral", "neutrality"],
    &["anger", "angry"],
    &["surprise", "surprised"],
    &["disgust", "disgusted"],
    &["fear", "fearful", "afraid"],
    &["contempt", "contemptuous"],
    &["anxiety", "anxious"],
    &["helplessness", "helpless"],
    &["disappointment", "disappointed"],
];

/// The label of the class that a text names: by its very name, else by another form of the same word
/// (`Happy` for `happiness`); upper and lower case are the same.
///
/// `Err` says what was expected. Two classes that mean the same are told apart by their very names
/// only.
pub fn class_named(text: &str, classes: &[String]) -> Result<usize, String> {
    let exact = |class: &String| class.eq_ignore_ascii_case(text);
    if let Some(label) = classes.iter().position(exact) {
        return Ok(label);
    }
    let forms = forms_of(text);
    let mut same =
        (0..classes.len()).filter(|&label| forms.is_some() && forms_of(&classes[label]) == forms);
    match (same.next(), same.next()) {
        (Some(label), None) => Ok(label),
        (Some(one), Some(other)) => Err(format!(
            "the label `{text}` could be `{}` or `{}`; write one of them",
            classes[one], classes[other]
        )),
        (None, _) => Err(format!(
            "there is no class `{text}`; there are: {}",
            classes.join(", ")
        )),
    }
}

/// All forms of the word, where it is a known one.
fn forms_of(word: &str) -> Option<&'static [&'static str]> {
    let is = |form: &&str| form.eq_ignore_ascii_case(word);
    FORMS.into_iter().find(|forms| forms.iter().any(is))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, missing_docs)]
mod tests {
    use super::*;

    fn classes(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_class_is_found_by_any_form_of_its_name() {
        let seven = classes(&["happiness", "Sad", "neutral", "amusement"]);
        for (text, label) in [
            ("happiness", 0),
            ("Happy", 0),
            ("SADNESS", 1),
            ("Neutral", 2),
            ("Amusement", 3),
        ] {
            assert_eq!(class_named(text, &seven), Ok(label), "{text}");
        }
        let message = class_named("joy", &seven).unwrap_err();
        assert!(message.contains("no class `joy`; there are: happiness, Sad"));
        assert!(class_named("", &seven).is_err());
    }

    #[test]
    fn classes_that_mean_the_same_need_their_very_name() {
        let twins = classes(&["anger", "Angry"]);
        assert_eq!(class_named("angry", &twins), Ok(1));
        let fears = classes(&["fearful", "afraid"]);
        let message = class_named("fear", &fears).unwrap_err();
        assert!(message.contains("`fearful` or `afraid`"), "{message}");
    }
}
