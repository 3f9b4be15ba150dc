//! The embedded benchmark: videos of drawn faces, made by this module from a seed, with no data from
//! anywhere.
//!
//! [`Synthetic::write`] draws clips into a folder, from which the ordinary loader reads them like any
//! other. A clip shows one person ([`Clip::subject`](exp_core::clip::Clip); people of training and
//! test clips are different ones) whose face moves by the action units of its class
//! ([`Emotion::prototype`]): they rise, hold and fall. What makes that hard is listed in
//! [`Difficulty`].
//!
//! **Part of what tells the classes apart is in time only**, on purpose: the benchmark exists to
//! compare models of time, and one whose classes could all be told from a single frame could not. In
//! the shares of the clips that [`Difficulty::order_only`] gives, two classes of a pair show the same
//! movement, one forwards and the other backwards. Four pairs differ in what moves first (brows
//! before mouth: surprise rather than happiness, anger rather than sadness, fear rather than surprise,
//! anger rather than disgust), one in speed (slowly up and suddenly off: sadness; suddenly up and
//! slowly off: neutral). The frames of both are the same, so no average over frames can tell them
//! apart, and a model that takes one loses about half of these clips by construction. That a model of
//! time does better here says that it reads order; it says nothing about real videos.
//!
//! [`still`] draws single images with captions, of other people, to pretrain a small CLIP on.
//! Captions speak of what is visible, mostly of parts of the face; a tenth of them name the emotion.
//! Some say left or right, so images must not be mirrored in pretraining.
//!
//! Every drawing has generators of its own, derived from the seed and its number, so neither order
//! nor thread count changes anything. Lines are computed with the platform's sine and cosine, which
//! may differ in the last bit between platforms.

mod action;
mod canvas;
mod caption;
mod clip;
mod difficulty;
mod eyes;
mod face;
mod hair;
mod identity;
mod motion;
mod mouth;
mod pairs;
mod phrases;
mod plan;
mod rng;
mod scene;
mod sights;
mod still;
mod write;

pub use action::{Activation, Emotion, Prototype, UNITS, Unit};
pub use caption::vocabulary;
pub use difficulty::{DIFFICULTY, Difficulty};
pub use scene::SIZE;
pub use still::{Pictured, Still, portrait, still, still_caption};
pub use write::{Synthetic, SyntheticError};

/// Raised whenever the same seed would draw something else: a folder of another version is drawn anew.
pub const VERSION: u32 = 1;
