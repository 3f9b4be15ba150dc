//! How alike the texts of a description set are to a text encoder: what it cannot tell apart,
//! training has to.

mod page;
mod table;

pub use page::{Looked, page};
pub use table::table;

use serde::Serialize;

/// The texts of a description set and the cosine similarity of every two of them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Similarities {
    /// The set's name.
    pub set: String,
    /// Each class with its text.
    pub texts: Vec<(String, String)>,
    /// Cosine similarities, `[classes][classes]`, from -1 to 1; symmetric.
    pub matrix: Vec<Vec<f64>>,
}

/// Two classes of a set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair<'a> {
    /// The class that comes first in the set.
    pub first: &'a str,
    /// The other one.
    pub second: &'a str,
    /// The cosine similarity of their texts.
    pub cosine: f64,
}

/// Features that point nowhere.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the text of class {class} in the set `{set}` has no direction: its features are all zero, or \
     are no numbers; the backbone's file may be damaged"
)]
pub struct NoDirection {
    /// The set.
    pub set: String,
    /// The class.
    pub class: String,
}

impl Similarities {
    /// From each class with its text, and the texts' features in the same order, which need not
    /// be normalised.
    pub fn new(
        set: String,
        texts: Vec<(String, String)>,
        features: &[Vec<f32>],
    ) -> Result<Self, NoDirection> {
        let directions: Vec<Vec<f64>> = texts
            .iter()
            .zip(features)
            .map(|((class, _), features)| {
                direction(features).ok_or_else(|| NoDirection {
                    set: set.clone(),
                    class: class.clone(),
                })
            })
            .collect::<Result<_, _>>()?;
        let row = |a: &Vec<f64>| directions.iter().map(|b| cosine(a, b)).collect();
        let matrix = directions.iter().map(row).collect();
        Ok(Self { set, texts, matrix })
    }

    /// Every two classes, once.
    pub fn pairs(&self) -> impl Iterator<Item = Pair<'_>> {
        let class = |at: usize| self.texts[at].0.as_str();
        (0..self.texts.len()).flat_map(move |first| {
            (first + 1..self.texts.len()).map(move |second| Pair {
                first: class(first),
                second: class(second),
                cosine: self.matrix[first][second],
            })
        })
    }

    /// The pair with the greatest similarity, the first of equals; none in a set of one class.
    pub fn closest(&self) -> Option<Pair<'_>> {
        self.pairs()
            .reduce(|best, pair| match pair.cosine > best.cosine {
                true => pair,
                false => best,
            })
    }

    /// The mean over all pairs; none in a set of one class.
    pub fn mean(&self) -> Option<f64> {
        let count = self.pairs().count();
        let sum: f64 = self.pairs().map(|pair| pair.cosine).sum();
        (count > 0).then(|| sum / count as f64)
    }

    /// For each class the place of the class whose text is most like its own, and how like.
    fn nearest(&self) -> Vec<Option<(usize, f64)>> {
        let nearest = |(own, row): (usize, &Vec<f64>)| {
            let others = row.iter().copied().enumerate().filter(|(at, _)| *at != own);
            others.reduce(|best, other| if other.1 > best.1 { other } else { best })
        };
        self.matrix.iter().enumerate().map(nearest).collect()
    }
}

/// The features at length one.
fn direction(features: &[f32]) -> Option<Vec<f64>> {
    let features: Vec<f64> = features.iter().map(|&feature| feature.into()).collect();
    let length = features
        .iter()
        .map(|feature| feature * feature)
        .sum::<f64>();
    let length = length.sqrt();
    (length > 0.0 && length.is_finite())
        .then(|| features.iter().map(|feature| feature / length).collect())
}

/// The cosine of two directions. Rounding must not take it past its bounds.
fn cosine(a: &[f64], b: &[f64]) -> f64 {
    let product: f64 = a.iter().zip(b).map(|(a, b)| a * b).sum();
    product.clamp(-1.0, 1.0)
}
