//! Class prompts: fixed token embeddings with places for learnable context vectors.

use burn::tensor::{Int, Tensor, TensorData};
use exp_core::plugin::{ContextLayout, Position};
use exp_prompts::tokenizer::{END, START};
use exp_weights::TokenRows;

use crate::backbone::Backbone;
use crate::clip::TextTransformer;

/// Prompts that a backbone cannot encode.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PromptError {
    /// A token that the backbone never saw in training.
    #[error(
        "the prompt of class {class} (`{text}`) has words, or parts of words, that the backbone never saw: {words}; \
         an untrained vector would say nothing about them. Use other words, or a backbone with \
         CLIP's whole vocabulary"
    )]
    Unseen {
        /// The class.
        class: String,
        /// The prompt.
        text: String,
        /// The words, quoted and separated by commas.
        words: String,
    },
    /// The text and the context do not fit into the encoder's positions.
    #[error(
        "the prompt of class {class} has {tokens} tokens with {context} context tokens and the \
         two end tokens, but only {limit} fit: shorten the text or learn fewer context tokens"
    )]
    TooLong {
        /// The class.
        class: String,
        /// How many tokens it has.
        tokens: usize,
        /// How many of them are context.
        context: usize,
        /// How many fit.
        limit: usize,
    },
}

/// A class's text and its tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassText {
    /// The class.
    pub class: String,
    /// Its text.
    pub text: String,
    /// Its tokens between the start and the end token, both included.
    pub tokens: Vec<u32>,
}

/// The prompts of all classes, ready for the text encoder.
#[derive(Debug, Clone)]
pub struct ClassPrompts {
    /// Embeddings of the tokens, `[rows, width]`, without positions.
    fixed: Tensor<2>,
    /// For each place, `[classes * length]`: a row of `fixed`, or behind them a context vector.
    places: Tensor<1, Int>,
    /// The end-of-text tokens' places in the flattened `[classes * length]`.
    pub(crate) ends: Tensor<1, Int>,
    classes: usize,
    length: usize,
    width: usize,
    layout: Option<ContextLayout>,
}

impl ClassPrompts {
    /// Arranges the texts with the context's places and embeds their tokens. The texts have
    /// passed [`check`].
    pub fn new(
        texts: &[ClassText],
        layout: Option<ContextLayout>,
        rows: &TokenRows,
        encoder: &TextTransformer,
    ) -> Self {
        let context = layout.map_or(0, |layout| layout.tokens);
        let length = texts
            .iter()
            .map(|text| text.tokens.len())
            .max()
            .unwrap_or(2)
            + context;
        let mut fixed: Vec<u32> = vec![END];
        let mut places: Vec<Place> = Vec::with_capacity(texts.len() * length);
        let mut ends = Vec::new();
        for (class, text) in texts.iter().enumerate() {
            let vectors = match layout {
                Some(layout) if layout.per_class => class * context..(class + 1) * context,
                _ => 0..context,
            };
            let position = layout.map_or(Position::End, |layout| layout.position);
            let arranged = arrange(&text.tokens, vectors, position);
            ends.push((class * length + arranged.len() - 1) as i32);
            // What follows the end changes nothing; any row will do.
            let padding = length - arranged.len();
            places.extend(arranged);
            places.extend(std::iter::repeat_n(Place::Token(END), padding));
        }
        let mut index = Vec::with_capacity(places.len());
        for place in &places {
            if let Place::Token(id) = place
                && !fixed.contains(id)
            {
                fixed.push(*id);
            }
        }
        for place in places {
            index.push(match place {
                Place::Token(id) => fixed.iter().position(|&known| known == id).unwrap_or(0) as i32,
                Place::Context(vector) => (fixed.len() + vector) as i32,
            });
        }
        let table: Vec<i32> = fixed
            .iter()
            .filter_map(|&id| rows.row(id).map(|row| row as i32))
            .collect();
        let device = encoder.device();
        let ints = |values: Vec<i32>| {
            let count = values.len();
            Tensor::<1, Int>::from_data(TensorData::new(values, [count]), &device)
        };
        let fixed = encoder.embed(ints(table)).detach();
        let [_, width] = fixed.dims();
        Self {
            fixed,
            places: ints(index),
            ends: ints(ends),
            classes: texts.len(),
            length,
            width,
            layout,
        }
    }

    /// The shape of the learnable context, `[classes or 1, tokens, width]`.
    pub fn context_shape(&self) -> Option<[usize; 3]> {
        self.layout.map(|layout| {
            let sets = if layout.per_class { self.classes } else { 1 };
            [sets, layout.tokens, self.width]
        })
    }

    /// The same without gradients.
    pub fn inner(self) -> Self {
        Self {
            fixed: self.fixed.inner(),
            places: self.places.inner(),
            ends: self.ends.inner(),
            ..self
        }
    }

    /// The prompts with the context in its places: `[classes, length, width]`, without positions.
    pub fn embedded(&self, context: Option<Tensor<3>>) -> Tensor<3> {
        let rows = match context {
            Some(context) => {
                let [sets, tokens, width] = context.dims();
                let vectors = context.reshape([sets * tokens, width]);
                Tensor::cat(vec![self.fixed.clone(), vectors], 0)
            }
            None => self.fixed.clone(),
        };
        rows.select(0, self.places.clone())
            .reshape([self.classes, self.length, self.width])
    }
}

#[derive(Clone, Copy)]
enum Place {
    Token(u32),
    Context(usize),
}

/// The places of one prompt, from start to end token.
fn arrange(tokens: &[u32], vectors: std::ops::Range<usize>, position: Position) -> Vec<Place> {
    let half = match position {
        Position::End => vectors.len(),
        Position::Middle => vectors.len() / 2,
        Position::Front => 0,
    };
    let middle = vectors.start + half;
    let inner = tokens
        .iter()
        .copied()
        .filter(|&id| id != START && id != END);
    std::iter::once(Place::Token(START))
        .chain((vectors.start..middle).map(Place::Context))
        .chain(inner.map(Place::Token))
        .chain((middle..vectors.end).map(Place::Context))
        .chain(std::iter::once(Place::Token(END)))
        .collect()
}

/// Checks that a backbone can encode the texts with this context: every token has a row in its
/// table, and all fit into its positions. `decode` gives a token's text, for messages.
pub fn check(
    texts: &[ClassText],
    layout: Option<ContextLayout>,
    backbone: &Backbone,
    decode: &dyn Fn(u32) -> String,
) -> Result<(), PromptError> {
    let context = layout.map_or(0, |layout| layout.tokens);
    texts
        .iter()
        .try_for_each(|text| check_one(text, context, backbone, decode))
}

fn check_one(
    text: &ClassText,
    context: usize,
    backbone: &Backbone,
    decode: &dyn Fn(u32) -> String,
) -> Result<(), PromptError> {
    let tokens = text.tokens.len() + context;
    let limit = backbone.sizes().context;
    if tokens > limit {
        return Err(PromptError::TooLong {
            class: text.class.clone(),
            tokens,
            context,
            limit,
        });
    }
    let rows = backbone.weights().rows();
    let mut unseen: Vec<String> = Vec::new();
    for &id in text.tokens.iter().filter(|&&id| rows.row(id).is_none()) {
        let word = format!("`{}`", decode(id).trim());
        if !unseen.contains(&word) {
            unseen.push(word);
        }
    }
    if unseen.is_empty() {
        return Ok(());
    }
    Err(PromptError::Unseen {
        class: text.class.clone(),
        text: text.text.clone(),
        words: unseen.join(", "),
    })
}
