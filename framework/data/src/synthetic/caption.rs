//! The grammar of captions: which things are mentioned, in which order, in what kind of sentence.

use super::action::{Activation, Emotion};
use super::canvas::{Pose, Rgb};
use super::identity::{Beard, Glasses, HairStyle, Identity, pick};
use super::phrases::{self as p, Phrases, Words};
use super::scene::{LightFrom, Scene};
use super::sights::sights;
use rand::RngExt;
use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;
use std::collections::BTreeSet;

/// Below this a movement is mentioned as a slight one, above `STRONG` as a strong one.
const WEAK: f32 = 0.45;
const STRONG: f32 = 0.75;
/// The items of a caption have at most so many words; the longest beginning and the last "as well
/// as" bring a caption to 40.
const ITEM_WORDS: usize = 24;

/// What a caption can speak of.
pub(super) struct Seen<'a> {
    pub identity: &'a Identity,
    pub scene: &'a Scene,
    pub pose: &'a Pose,
    pub action: &'a Activation,
    /// The emotion to name, if any.
    pub named: Option<Emotion>,
}

/// A caption of at most 40 words for what is seen.
pub(super) fn caption(seen: &Seen, rng: &mut ChaCha8Rng) -> String {
    let opening = seen.named.map(|emotion| naming(emotion, rng));
    if let Some(named) = &opening
        && rng.random_bool(0.4)
    {
        return finish(named.clone(), rng);
    }
    let clauses = opening.is_none() && rng.random_bool(0.3);
    let mut room = ITEM_WORDS;
    let extras = attributes(seen, rng, &mut room);
    let mut items = face(seen.action, clauses, rng, &mut room);
    let text = if clauses {
        let mut text = row(&items, p::CLAUSE_ANDS, rng);
        if !extras.is_empty() {
            text = format!(
                "{text}, {} {}",
                choose(rng, p::JOINS),
                row(&extras, p::ANDS, rng)
            );
        }
        format!("{} {text}", choose(rng, p::CLAUSE_OPENERS))
    } else {
        items.extend(extras);
        if rng.random_bool(0.5) {
            items.shuffle(rng);
        }
        let list = row(&items, p::ANDS, rng);
        match (opening, rng.random_range(0..5)) {
            (Some(named), 0..3) => format!("{named}, {list}"),
            (Some(named), _) => format!("{list}, {named}"),
            (None, 0..2) => {
                format!(
                    "{} {} {} {list}",
                    choose(rng, p::LEADS),
                    choose(rng, p::PEOPLE),
                    choose(rng, p::JOINS)
                )
            }
            (None, 2) => format!("{} {list}", choose(rng, p::OPENERS)),
            (None, _) => list,
        }
    };
    finish(text, rng)
}

/// Every word that a caption can contain, with comma, semicolon and full stop as words of their own.
pub fn vocabulary() -> BTreeSet<String> {
    let joints = [p::ANDS, p::CLAUSE_ANDS].concat();
    let colours = p::COLOURS.iter().map(|(name, _)| *name);
    let texts = p::lists()
        .into_iter()
        .chain(joints)
        .chain(colours)
        .chain(["a an , ; ."]);
    let mut words = BTreeSet::new();
    for text in texts {
        for word in text.split_whitespace() {
            if matches!(word, "|" | "~" | "^" | "*" | "{noun}" | "{adjective}") {
                continue;
            }
            let bare = word.trim_end_matches([',', ';', '.']);
            words.insert(if bare.is_empty() {
                word.to_owned()
            } else {
                bare.to_owned()
            });
        }
    }
    words
}

fn choose(rng: &mut ChaCha8Rng, phrases: Phrases) -> &'static str {
    let count = phrases.split('|').count();
    phrases
        .split('|')
        .nth(rng.random_range(0..count))
        .unwrap_or_default()
        .trim()
}

fn naming(emotion: Emotion, rng: &mut ChaCha8Rng) -> String {
    let (nouns, adjectives) = p::EMOTIONS[emotion as usize];
    let form = choose(rng, p::EMOTION_FORMS);
    form.replace("{noun}", choose(rng, nouns))
        .replace("{adjective}", choose(rng, adjectives))
}

/// One white space between words, "an" for "a" before a vowel, a full stop or none.
fn finish(text: String, rng: &mut ChaCha8Rng) -> String {
    let mut words: Vec<&str> = text.split_whitespace().collect();
    for i in 1..words.len() {
        let vowel =
            words[i].starts_with(['a', 'e', 'i', 'o', 'u']) && !words[i].starts_with("uniform");
        if words[i - 1] == "a" && vowel {
            words[i - 1] = "an";
        }
    }
    let mut text = words.join(" ");
    if rng.random_bool(0.5) {
        text.push('.');
    }
    text
}

/// A row of items, with one of `ands` before the last.
fn row(items: &[String], ands: &[&str], rng: &mut ChaCha8Rng) -> String {
    match items {
        [first @ .., last] if !first.is_empty() => first.join(", ") + pick(rng, ands) + last,
        _ => items.concat(),
    }
}

/// Appends `item` unless that takes more words than there is `room` for.
fn push_if_room(items: &mut Vec<String>, item: String, room: &mut usize) {
    let words = item.split_whitespace().count();
    if words <= *room {
        *room -= words;
        items.push(item);
    }
}

/// `phrase` with its marks for degree replaced.
fn grade(phrase: &str, strength: f32, rng: &mut ChaCha8Rng) -> String {
    let (adverbs, adjectives) = if strength < WEAK {
        (p::WEAK_ADVERBS, p::WEAK_ADJECTIVES)
    } else {
        (p::STRONG_ADVERBS, p::STRONG_ADJECTIVES)
    };
    let mid = (WEAK..STRONG).contains(&strength);
    if mid || rng.random_bool(0.25) {
        return phrase.replace(['~', '^'], "");
    }
    phrase
        .replace('~', choose(rng, adverbs))
        .replace('^', choose(rng, adjectives))
}

/// What is visible in the face, some or all of it, in any order.
fn face(action: &Activation, clauses: bool, rng: &mut ChaCha8Rng, room: &mut usize) -> Vec<String> {
    let (mut sights, resting) = sights(action);
    sights.shuffle(rng);
    // The less moves, the more is said of what does not.
    let share = if sights.len() < 2 { 0.6 } else { 0.25 };
    let mut chosen: Vec<(&Words, f32)> = resting
        .iter()
        .filter(|_| rng.random_bool(share))
        .map(|&words| (words, WEAK))
        .collect();
    if sights.is_empty() && chosen.is_empty() {
        chosen.extend(resting.last().map(|&words| (words, WEAK)));
    }
    let keep = rng.random_range((sights.len() * 2).div_ceil(3)..=sights.len());
    chosen.extend(sights.into_iter().take(keep));
    chosen.shuffle(rng);
    let mut items = Vec::new();
    for (words, strength) in chosen {
        let phrase = choose(rng, if clauses { words.clauses } else { words.nouns });
        push_if_room(&mut items, grade(phrase, strength, rng), room);
    }
    items
}

/// Up to three things that are no expression: hair, skin, light, ...
fn attributes(seen: &Seen, rng: &mut ChaCha8Rng, room: &mut usize) -> Vec<String> {
    let (id, scene) = (seen.identity, seen.scene);
    let mut all: Vec<Phrases> = vec![
        p::HAIR_STYLES[id.hair_style as usize],
        p::SKINS[((id.tone * 4.0) as usize).min(3)],
        p::BACKDROPS[scene.backdrop as usize],
    ];
    let mut add = |visible: bool, phrases: Phrases| {
        if visible {
            all.push(phrases);
        }
    };
    add(id.beard != Beard::None, p::BEARDS[id.beard as usize]);
    add(
        id.glasses != Glasses::None || rng.random_bool(0.1),
        p::GLASSES[id.glasses as usize],
    );
    add(id.age > 0.6, p::OLD);
    add(id.age < 0.12, p::YOUNG);
    add(
        scene.light == LightFrom::Front || scene.shade > 0.15,
        p::LIGHTS[scene.light as usize],
    );
    add(scene.exposure < 0.86, p::DARK);
    add(scene.exposure > 1.08, p::BRIGHT);
    add(scene.noise > 0.028, p::GRAINY);
    add(scene.noise < 0.008, p::CLEAN);
    let (yaw, roll) = (seen.pose.yaw, seen.pose.roll);
    add(yaw.abs() < 0.1 && roll.abs() < 0.04, p::FRONTAL);
    all.shuffle(rng);
    let mut items = Vec::new();
    for phrases in all.into_iter().take(pick(rng, &[0, 0, 0, 1, 1, 2, 3])) {
        let hair =
            id.hair_style != HairStyle::Bald && phrases == p::HAIR_STYLES[id.hair_style as usize];
        let colour = if hair || phrases == p::BEARDS[id.beard as usize] {
            choose(rng, p::HAIR_COLOURS[id.hair_colour as usize])
        } else {
            colour_name(scene.colour)
        };
        push_if_room(&mut items, choose(rng, phrases).replace('*', colour), room);
    }
    items
}

/// The name of the nearest colour.
fn colour_name(colour: Rgb) -> &'static str {
    let distance = |other: Rgb| (0..3).map(|i| (colour[i] - other[i]).powi(2)).sum::<f32>();
    p::COLOURS
        .iter()
        .min_by(|a, b| distance(a.1).total_cmp(&distance(b.1)))
        .map_or("grey", |(name, _)| name)
}
