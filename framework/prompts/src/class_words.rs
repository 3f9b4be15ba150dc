//! Words that name a class.

use crate::clean::clean;

/// The families of words of the eleven expressions of MAFW, in its label order; DFEW and FERV39k
/// have the first seven. Words that only mean something near (joy, rage) are not of the family.
const FAMILIES: [&[&str]; 11] = [
    &["happiness", "happy", "happily", "happier", "happiest"],
    &[
        "sadness", "sad", "sadly", "sadder", "saddest", "sadden", "saddens", "saddened",
    ],
    &["neutral", "neutrally", "neutrality"],
    &["anger", "angers", "angered", "angry", "angrily", "angrier"],
    &[
        "surprise",
        "surprises",
        "surprised",
        "surprising",
        "surprisingly",
    ],
    &[
        "disgust",
        "disgusts",
        "disgusted",
        "disgusting",
        "disgustedly",
    ],
    &[
        "fear",
        "fears",
        "feared",
        "fearing",
        "fearful",
        "fearfully",
        "afraid",
    ],
    &["contempt", "contemptuous", "contemptuously", "contemptible"],
    &["anxiety", "anxieties", "anxious", "anxiously"],
    &["helplessness", "helpless", "helplessly"],
    &[
        "disappointment",
        "disappointed",
        "disappointing",
        "disappoints",
        "disappoint",
        "disappointedly",
    ],
];

/// The class names of a benchmark with so many classes, in label order, if that is one of DFEW,
/// FERV39k and MAFW.
pub(crate) fn label_order(classes: usize) -> Option<Vec<String>> {
    let names = FAMILIES.iter().map(|family| family[0].to_owned());
    matches!(classes, 7 | 11).then(|| names.take(classes).collect())
}

/// The word or words of `text` that name `class`: the class name itself, or a word of its family.
/// Case does not count. A name of several words (`mixed_feelings`) is found as a whole.
pub(crate) fn naming(text: &str, class: &str) -> Option<String> {
    let text = words(text);
    let name = words(class);
    let family = FAMILIES
        .iter()
        .find(|family| matches!(name.as_slice(), [word] if family.contains(&word.as_str())));
    match family {
        Some(family) => text
            .into_iter()
            .find(|word| family.contains(&word.as_str())),
        None if name.is_empty() => None,
        None => text
            .windows(name.len())
            .any(|part| part == name)
            .then(|| name.join(" ")),
    }
}

/// The words of a text as CLIP reads it.
fn words(text: &str) -> Vec<String> {
    clean(text)
        .split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}
