//! Still images with captions, to pretrain a small CLIP on.

use super::action::{Activation, Emotion, Unit};
use super::caption::{Seen, caption};
use super::difficulty::DIFFICULTY;
use super::identity::{Identity, pick};
use super::rng::{Stream, generator};
use super::scene::Scene;
use rand::RngExt;
use rand::rngs::ChaCha8Rng;

/// Share of the stills whose caption names the emotion, among those in which its prototype is
/// plainly visible (about a fifth of all): a tenth of all captions, as few as in the wild.
const NAMED: f64 = 0.45;

/// A face with a caption.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Still {
    /// `SIZE` x `SIZE` pixels: red, green, blue, row by row.
    pub rgb: Vec<u8>,
    /// What is visible in it, in at most 40 words.
    pub caption: String,
}

/// What a still shows, before it is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pictured {
    /// What the face does.
    pub action: Activation,
    /// The emotion whose name the caption has, if it has one.
    pub named: Option<Emotion>,
}

/// Still `index` of `seed`: a person that no clip shows and no other still, with a face that moves
/// any way it can. In parts the stills are prototypes of the seven classes, mixtures of two, random
/// units and faces at rest, at every intensity, so that single frames of all kinds occur.
pub fn still(seed: u64, index: u64) -> Still {
    let (pictured, caption, identity, scene, mut rng) = describe(seed, index);
    Still {
        rgb: scene.frame(&identity, &pictured.action, 0, &mut rng),
        caption,
    }
}

/// What still `index` of `seed` shows, and its caption, without drawing it.
pub fn still_caption(seed: u64, index: u64) -> (Pictured, String) {
    let (pictured, caption, ..) = describe(seed, index);
    (pictured, caption)
}

/// The person of still `index`, in the same place and light, doing `action` instead: `SIZE` x
/// `SIZE` pixels, red, green, blue, row by row.
pub fn portrait(seed: u64, index: u64, action: &Activation) -> Vec<u8> {
    let (_, _, identity, scene, mut rng) = describe(seed, index);
    scene.frame(&identity, action, 0, &mut rng)
}

fn describe(seed: u64, index: u64) -> (Pictured, String, Identity, Scene, ChaCha8Rng) {
    let mut rng = generator(seed, Stream::Still, index);
    let identity = Identity::draw(&mut rng, DIFFICULTY.resting_face);
    let scene = Scene::draw(&mut rng, &DIFFICULTY);
    let pictured = act(&mut rng);
    let seen = Seen {
        identity: &identity,
        scene: &scene,
        pose: &scene.pose(0),
        action: &pictured.action,
        named: pictured.named,
    };
    let caption = caption(&seen, &mut rng);
    (pictured, caption, identity, scene, rng)
}

/// What the face does, and whether the caption says what that expresses.
fn act(rng: &mut ChaCha8Rng) -> Pictured {
    let mut action = Activation::default();
    let mut shown = None;
    match rng.random_range(0..20) {
        0..8 => {
            let emotion = pick(rng, &Emotion::ALL);
            let apex: f32 = rng.random();
            express(&mut action, emotion, apex, rng);
            if is_plain(&action, emotion) {
                shown = Some(emotion);
            }
        }
        8..11 => {
            for _ in 0..2 {
                let apex: f32 = rng.random();
                express(&mut action, pick(rng, &Emotion::ALL), apex, rng);
            }
        }
        11..17 => {
            for _ in 0..rng.random_range(1..=5) {
                let unit = Unit::ALL[rng.random_range(0..Unit::ALL.len() - 1)];
                action.raise(unit, rng.random());
            }
        }
        _ => {
            let unit = Unit::ALL[rng.random_range(0..Unit::ALL.len() - 1)];
            action.raise(unit, rng.random_range(0.0..0.1));
        }
    }
    if rng.random_bool(0.05) {
        action.set(Unit::EyeClosure, 1.0);
        shown = None;
    }
    Pictured {
        action,
        named: shown.filter(|_| rng.random_bool(NAMED)),
    }
}

/// Adds the units of an expression.
fn express(action: &mut Activation, emotion: Emotion, apex: f32, rng: &mut ChaCha8Rng) {
    let [low, high] = DIFFICULTY.unit_factor;
    let prototype = emotion.prototype();
    for &unit in prototype.core {
        action.raise(unit, apex * rng.random_range(low..high));
    }
    for &unit in prototype.optional {
        if rng.random_bool(DIFFICULTY.optional_unit) {
            action.raise(unit, apex * rng.random_range(low..high));
        }
    }
}

/// Whether every core unit of the expression is plainly visible.
fn is_plain(action: &Activation, emotion: Emotion) -> bool {
    let core = emotion.prototype().core;
    match core {
        [] => action.strongest() < 0.12,
        _ => core.iter().all(|&unit| action.get(unit) > 0.35),
    }
}
