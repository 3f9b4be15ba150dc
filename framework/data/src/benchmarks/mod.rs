//! The published benchmarks as their authors hand them out, and what reading them shares.
//!
//! A reader takes the official folder, finds the label files and the frames in it, and leaves to
//! [`look_up`] what lies in the folder of each clip. Whatever a file names by name is matched by
//! name, so that no order of the classes can be mistaken for another.

pub mod dfew;
pub mod ferv39k;
pub(crate) mod folders;
pub(crate) mod labels;
mod layout;
pub mod mafw;

pub(crate) use folders::{FRAMES, is_frame};
pub use folders::{Listed, frames_in, look_up};

/// The seven classes that all three benchmarks begin with, in the order of Zhao and Patras,
/// "Prompting Visual-Language Models for Dynamic Facial Expression Recognition" (BMVC 2023), and of
/// DFEW's labels.
const SEVEN: [&str; 7] = [
    "happiness",
    "sadness",
    "neutral",
    "anger",
    "surprise",
    "disgust",
    "fear",
];

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}
