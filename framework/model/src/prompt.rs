//! Class prompts: fixed token embeddings with places for learnable context vectors.

use burn::tensor::{Device, Int, Tensor, TensorData};
use exp_core::plugin::{ContextLayout, Position};
use exp_prompts::tokenizer::{END, START};
use exp_weights::{TokenRows, WeightError, Weights};

use crate::backbone::Backbone;
use crate::clip::{TextTransformer, normalized};

/// Prompts that a backbone cannot encode.
#[derive(Debug, thiserror::Error)]
pub enum PromptError {
    /// A file without embedded prompts.
    #[error(
        "{0} carries no class texts: expected `prompt.prefix` and `prompt.suffix` beside a token \
         table, as checkpoints of DFER-CLIP's authors have them"
    )]
    NotEmbedded(String),
    /// Embedded prompts that are none.
    #[error(
        "`prompt.prefix` has shape {prefix:?} and `prompt.suffix` {suffix:?}; expected \
         [classes, 1, {width}] and [classes, positions, {width}]"
    )]
    Shapes {
        /// The shape of the part before the context.
        prefix: Vec<usize>,
        /// The shape of the part after it.
        suffix: Vec<usize>,
        /// The width of the text encoder.
        width: usize,
    },
    /// An embedded text without an end.
    #[error(
        "the embedded text of class {class} (counted from 0) has no end-of-text token: the token \
         table in the file is not the one that it was embedded with"
    )]
    NoEnd {
        /// The label of the class.
        class: usize,
    },
    /// The file cannot be read.
    #[error(transparent)]
    Weights(#[from] WeightError),
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

/// A text of a class and its tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassText {
    /// The class.
    pub class: String,
    /// The text.
    pub text: String,
    /// Its tokens between the start and the end token, both included.
    pub tokens: Vec<u32>,
}

/// The prompts of all classes, ready for the text encoder.
#[derive(Debug, Clone)]
pub struct ClassPrompts {
    /// Embeddings of the tokens, `[rows, width]`, without positions; the first two rows are the
    /// start and the end token.
    fixed: Tensor<2>,
    /// For each place, `[classes * length]`: a row of `fixed`, or behind them a context vector.
    places: Tensor<1, Int>,
    /// The end-of-text tokens' places in the flattened `[classes * length]`.
    pub(crate) ends: Tensor<1, Int>,
    /// Where a class has several texts: `[classes, texts]`, one over the number of texts of the
    /// class at each of them.
    averaging: Option<Tensor<2>>,
    classes: usize,
    /// Texts of all classes.
    texts: usize,
    length: usize,
    width: usize,
    layout: Option<ContextLayout>,
}

/// The rows of `fixed` that every prompt begins and ends with.
const START_ROW: usize = 0;
const END_ROW: usize = 1;

impl ClassPrompts {
    /// Arranges the texts with the context's places and embeds their tokens. The texts have
    /// passed [`check`]; those of one class follow each other.
    pub fn new(
        texts: &[ClassText],
        layout: Option<ContextLayout>,
        rows: &TokenRows,
        encoder: &TextTransformer,
    ) -> Self {
        let mut ids = vec![START, END];
        let inner: Vec<Vec<usize>> = texts
            .iter()
            .map(|text| {
                let words = text.tokens.iter().filter(|id| ![START, END].contains(id));
                words
                    .map(|id| match ids.iter().position(|known| known == id) {
                        Some(row) => row,
                        None => {
                            ids.push(*id);
                            ids.len() - 1
                        }
                    })
                    .collect()
            })
            .collect();
        let table: Vec<usize> = ids.iter().filter_map(|&id| rows.row(id)).collect();
        let fixed = encoder.embed(ints(&table, &encoder.device()));
        let mut labels = Vec::with_capacity(texts.len());
        for (index, text) in texts.iter().enumerate() {
            let label = match labels.last() {
                Some(&label) if texts[index - 1].class == text.class => label,
                Some(&label) => label + 1,
                None => 0,
            };
            labels.push(label);
        }
        Self::arranged(fixed.detach(), &inner, &labels, layout)
    }

    /// The prompts that a checkpoint of DFER-CLIP's authors carries: `prompt.prefix`
    /// `[classes, 1, width]` and `prompt.suffix` `[classes, positions, width]` are the embedded
    /// tokens before and after the context. A text ends where its embedding is that of the
    /// end-of-text token.
    pub fn embedded_in(
        weights: &Weights,
        layout: Option<ContextLayout>,
        encoder: &TextTransformer,
    ) -> Result<Self, PromptError> {
        let (Some(&[classes, positions, width]), Some(prefix), Some(end)) = (
            weights.shape("prompt.suffix"),
            weights.shape("prompt.prefix"),
            weights.rows().row(END),
        ) else {
            return Err(PromptError::NotEmbedded(weights.name().to_owned()));
        };
        let needed = encoder.width();
        if width != needed || prefix != [classes, 1, width] {
            return Err(PromptError::Shapes {
                prefix: prefix.to_vec(),
                suffix: vec![classes, positions, width],
                width: needed,
            });
        }
        let (prefix, suffix) = (
            weights.read("prompt.prefix")?,
            weights.read("prompt.suffix")?,
        );
        let device = encoder.device();
        let end: Vec<f32> = encoder
            .embed(ints(&[end], &device))
            .into_data()
            .iter()
            .collect();
        let mut rows: Vec<f32> = prefix.iter().take(width).copied().collect();
        rows.extend(&end);
        let mut inner = Vec::with_capacity(classes);
        for (class, text) in suffix.chunks_exact((positions * width).max(1)).enumerate() {
            let length = text
                .chunks_exact(width)
                .position(|row| row == end)
                .ok_or(PromptError::NoEnd { class })?;
            let tokens = length + 2 + layout.map_or(0, |layout| layout.tokens);
            if tokens > encoder.positions() {
                return Err(PromptError::TooLong {
                    class: format!("{class} (counted from 0)"),
                    tokens,
                    context: tokens - length - 2,
                    limit: encoder.positions(),
                });
            }
            let first = rows.len() / width;
            rows.extend(&text[..length * width]);
            inner.push((first..first + length).collect());
        }
        let count = rows.len() / width;
        let fixed = Tensor::from_data(TensorData::new(rows, [count, width]), &device);
        let labels: Vec<usize> = (0..classes).collect();
        Ok(Self::arranged(fixed, &inner, &labels, layout))
    }

    /// Puts the rows of each text's words into their places around the context of its class.
    fn arranged(
        fixed: Tensor<2>,
        inner: &[Vec<usize>],
        labels: &[usize],
        layout: Option<ContextLayout>,
    ) -> Self {
        let [rows, width] = fixed.dims();
        let context = layout.map_or(0, |layout| layout.tokens);
        let position = layout.map_or(Position::End, |layout| layout.position);
        let longest = inner.iter().map(Vec::len).max().unwrap_or(0);
        let length = longest + context + 2;
        let mut places = Vec::with_capacity(inner.len() * length);
        let mut ends = Vec::with_capacity(inner.len());
        for (text, (words, label)) in inner.iter().zip(labels).enumerate() {
            let first = match layout {
                Some(layout) if layout.per_class => rows + label * context,
                _ => rows,
            };
            let prompt = arrange(words, first..first + context, position);
            ends.push(text * length + prompt.len() - 1);
            // What follows the end changes nothing; any row will do.
            let padding = length - prompt.len();
            places.extend(prompt);
            places.extend(std::iter::repeat_n(END_ROW, padding));
        }
        let device = fixed.device();
        let classes = labels.last().map_or(0, |last| last + 1);
        Self {
            averaging: (inner.len() > classes).then(|| averaging(labels, classes, &device)),
            texts: inner.len(),
            classes,
            places: ints(&places, &device),
            ends: ints(&ends, &device),
            fixed,
            length,
            width,
            layout,
        }
    }

    /// How many classes there are.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// How many texts all classes have together, and tokens of the longest of them with its context:
    /// what goes through the text encoder.
    pub fn size(&self) -> (usize, usize) {
        (self.texts, self.length)
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
            averaging: self.averaging.map(Tensor::inner),
            ..self
        }
    }

    /// Features of the classes, `[classes, features]`, not normalised, with the context in its
    /// places.
    pub fn features(&self, encoder: &TextTransformer, context: Option<Tensor<3>>) -> Tensor<2> {
        let texts = encoder.forward(self.embedded(context), self.ends.clone());
        self.class_features(texts)
    }

    /// From the features of all texts, `[texts, features]`, to those of the classes,
    /// `[classes, features]`: where a class has several texts, the mean of their normalised ones.
    pub fn class_features(&self, texts: Tensor<2>) -> Tensor<2> {
        match &self.averaging {
            Some(averaging) => averaging.clone().matmul(normalized(texts)),
            None => texts,
        }
    }

    /// The prompts with the context in its places: `[texts, length, width]`, without positions.
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
            .reshape([self.texts, self.length, self.width])
    }
}

/// The rows of one prompt, from start to end token.
fn arrange(words: &[usize], vectors: std::ops::Range<usize>, position: Position) -> Vec<usize> {
    let half = match position {
        Position::End => vectors.len(),
        Position::Middle => vectors.len() / 2,
        Position::Front => 0,
    };
    let middle = vectors.start + half;
    std::iter::once(START_ROW)
        .chain(vectors.start..middle)
        .chain(words.iter().copied())
        .chain(middle..vectors.end)
        .chain(std::iter::once(END_ROW))
        .collect()
}

/// The matrix that averages the texts of each class: `[classes, texts]`.
fn averaging(labels: &[usize], classes: usize, device: &Device) -> Tensor<2> {
    let mut values = vec![0.0_f32; classes * labels.len()];
    for (text, label) in labels.iter().enumerate() {
        let count = labels.iter().filter(|other| *other == label).count();
        values[label * labels.len() + text] = 1.0 / count as f32;
    }
    Tensor::from_data(TensorData::new(values, [classes, labels.len()]), device)
}

fn ints(values: &[usize], device: &Device) -> Tensor<1, Int> {
    let values: Vec<i32> = values.iter().map(|&value| value as i32).collect();
    let count = values.len();
    Tensor::from_data(TensorData::new(values, [count]), device)
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
