//! Pairs of still and caption, drawn ahead of training.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use exp_data::decode::Frame;
use exp_data::resize::resize;
use exp_data::synthetic::{SIZE, still, still_caption};
use exp_prompts::tokenizer::{TokenizeError, Tokenizer};

use super::{DEVIATION, IMAGE_SIZE, MEAN};

/// Batches that may lie ready.
const AHEAD: usize = 4;

/// A batch of pairs.
#[derive(Clone)]
pub(super) struct Pairs {
    /// `[batch, 3, size, size]`, normalised.
    pub pixels: Vec<f32>,
    /// Rows of the token table of each caption, from start to end token.
    pub captions: Vec<Vec<usize>>,
}

/// The tokens of all captions.
#[derive(Clone)]
pub(super) struct Vocabulary {
    rows: BTreeMap<u32, usize>,
    /// How often each token was seen, by row.
    seen: Vec<usize>,
}

impl Vocabulary {
    /// The tokens of the first `count` captions.
    pub fn of_captions(
        seed: u64,
        count: u64,
        tokenizer: &Tokenizer,
    ) -> Result<Self, TokenizeError> {
        let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
        for index in 0..count {
            let (_, caption) = still_caption(seed, index);
            for id in tokenizer.tokenize(&caption)? {
                *counts.entry(id).or_insert(0) += 1;
            }
        }
        Ok(Self {
            rows: counts.keys().copied().zip(0..).collect(),
            seen: counts.into_values().collect(),
        })
    }

    /// How many tokens there are.
    pub fn len(&self) -> usize {
        self.seen.len()
    }

    /// Each token's share of all tokens seen, by row.
    pub fn frequencies(&self) -> impl Iterator<Item = f32> {
        let total: usize = self.seen.iter().sum();
        self.seen
            .iter()
            .map(move |&seen| seen as f32 / total as f32)
    }

    /// Rows and ids of the tokens that were seen so often.
    pub fn seen_at_least(&self, least: usize) -> (Vec<usize>, Vec<u32>) {
        self.rows
            .iter()
            .filter(|&(_, &row)| self.seen[row] >= least)
            .map(|(&id, &row)| (row, id))
            .unzip()
    }
}

/// Draws batches in a thread of their own, a few ahead.
pub(super) fn draw(
    seed: u64,
    steps: usize,
    batch: usize,
    vocabulary: &Vocabulary,
) -> Receiver<Result<Pairs, TokenizeError>> {
    let (sender, receiver) = sync_channel(AHEAD);
    let rows = vocabulary.rows.clone();
    thread::spawn(move || {
        let tokenizer = Tokenizer::new();
        for step in 0..steps as u64 {
            let first = step * batch as u64;
            let pairs = pairs(seed, first..first + batch as u64, &tokenizer, &rows);
            // Nobody listens once training has failed.
            if sender.send(pairs).is_err() {
                return;
            }
        }
    });
    receiver
}

fn pairs(
    seed: u64,
    indices: Range<u64>,
    tokenizer: &Tokenizer,
    rows: &BTreeMap<u32, usize>,
) -> Result<Pairs, TokenizeError> {
    let mut pairs = Pairs {
        pixels: Vec::new(),
        captions: Vec::new(),
    };
    for index in indices {
        let still = still(seed, index);
        let frame = Frame {
            width: SIZE,
            height: SIZE,
            rgb: still.rgb,
        };
        let small = resize(&frame, IMAGE_SIZE, IMAGE_SIZE).rgb;
        for channel in 0..3 {
            let values = small.iter().skip(channel).step_by(3);
            pairs
                .pixels
                .extend(values.map(|&value| (f32::from(value) / 255.0 - MEAN) / DEVIATION));
        }
        let ids = tokenizer.tokenize(&still.caption)?;
        // Every token of every caption has a row.
        let rows = ids.iter().filter_map(|id| rows.get(id).copied());
        pairs.captions.push(rows.collect());
    }
    Ok(pairs)
}
