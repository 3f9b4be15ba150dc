//! Published results: the file of them, and the rows that may stand beside ours.

mod faults;
mod interval;
mod rows;

use exp_core::metrics::Rule;
use exp_core::tree::{Diagnostic, Mark, Node, Value, decode};
use serde::{Deserialize, Serialize};

pub use faults::faults;
pub use interval::{Standing, our_interval, standing};
pub use rows::{Beside, Row};

/// A result as a publication gives it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishedResult {
    /// The method.
    pub method: String,
    /// What tells it from other results of the method: another training, another input.
    #[serde(default)]
    pub variant: Option<String>,
    /// The benchmark: the name of its protocol file.
    pub benchmark: String,
    /// The one fold that the figures are of; without it they are of the whole official protocol.
    #[serde(default)]
    pub fold: Option<u32>,
    /// How many folds the official protocol has, where it has several: the figures are the mean over
    /// them.
    #[serde(default)]
    pub folds: Option<usize>,
    /// Unweighted average recall, in percent; `None` if the source does not give it.
    #[serde(default)]
    pub uar: Option<f64>,
    /// Weighted average recall (accuracy), in percent; `None` if the source does not give it.
    #[serde(default)]
    pub war: Option<f64>,
    /// Where it was published.
    #[serde(default)]
    pub venue: Option<String>,
    /// When.
    #[serde(default)]
    pub year: Option<u32>,
    /// The model that sees the frames.
    #[serde(default)]
    pub backbone: Option<String>,
    /// What the model is given.
    pub modality: Vec<Modality>,
    /// Where the figures were read.
    pub source: String,
    /// How far they can be trusted.
    pub confidence: Confidence,
    /// How else its protocol differs from ours.
    #[serde(default)]
    pub differs: Vec<Difference>,
    /// Why it never stands beside our figures.
    #[serde(default)]
    pub not_comparable: Option<String>,
    /// What else there is to know.
    #[serde(default)]
    pub note: Option<String>,
}

/// What a model is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Modality {
    /// Frames.
    Video,
    /// Sound.
    Audio,
    /// What is said.
    Text,
}

/// How far figures can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// The authors' own paper or repository.
    High,
    /// An abstract with another source, or a good secondary one.
    Medium,
    /// A weak secondary source or an unclear protocol.
    Low,
}

impl Confidence {
    /// The word in the file.
    pub fn name(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
        }
    }
}

/// How a protocol differs from ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Difference {
    /// Trained on other faces too, with labels or without.
    ExtraData,
    /// Given more than the face's frames: landmarks, parsing, the scene.
    ExtraInput,
    /// Rare classes are drawn more often in training.
    Oversampling,
    /// The epoch is the one with the best result on the test set.
    TestSelection,
}

impl Difference {
    fn words(self) -> &'static str {
        match self {
            Self::ExtraData => "trained on other faces too",
            Self::ExtraInput => "given more than the face's frames",
            Self::Oversampling => "rare classes oversampled",
            Self::TestSelection => "epoch chosen on the test set",
        }
    }
}

impl PublishedResult {
    /// The method with its variant: `VideoMAE (pre-trained on Kinetics)`.
    pub fn title(&self) -> String {
        match &self.variant {
            Some(variant) => format!("{} ({variant})", self.method),
            None => self.method.clone(),
        }
    }

    /// How its protocol differs from that of our figures under a rule, in words.
    pub fn differences(&self, rule: Rule) -> Vec<&'static str> {
        let given = self.modality.iter().filter_map(|modality| match modality {
            Modality::Video => None,
            Modality::Audio => Some("given sound"),
            Modality::Text => Some("given what is said"),
        });
        let alike = |difference: &Difference| {
            *difference == Difference::TestSelection && rule == Rule::BestTest
        };
        let others = self.differs.iter().filter(|difference| !alike(difference));
        let known = self.differs.contains(&Difference::TestSelection);
        let unknown = (rule == Rule::BestTest && !known)
            .then_some("epoch not known to be chosen on the test set");
        given
            .chain(others.map(|difference| difference.words()))
            .chain(unknown)
            .collect()
    }

    fn same_setting(&self, other: &Self) -> bool {
        let backbones = self.backbone.as_ref().zip(other.backbone.as_ref());
        (&self.method, &self.variant) == (&other.method, &other.variant)
            && (&self.benchmark, self.fold) == (&other.benchmark, other.fold)
            && backbones.is_none_or(|(own, other)| own == other)
    }

    fn same_figures(&self, other: &Self) -> bool {
        (self.uar, self.war) == (other.uar, other.war)
    }
}

/// All published results that are known.
#[derive(Debug, Clone, Default)]
pub struct Published {
    /// The results, in the file's order.
    pub results: Vec<PublishedResult>,
    /// Where each stands.
    marks: Vec<Mark>,
}

impl Published {
    /// Reads them from the parsed file: a list of maps.
    ///
    /// # Errors
    /// The first entry that cannot be read, with its place; [`faults`] names all.
    pub fn from_node(node: &Node) -> Result<Self, Diagnostic> {
        let (published, faults) = read(node);
        match faults.into_iter().next() {
            Some(fault) => Err(fault),
            None => Ok(published),
        }
    }

    /// Pairs of entries that give one setting of one method different figures, each with its place.
    /// No fault, since sources do contradict each other.
    pub fn conflicts(&self) -> Vec<Diagnostic> {
        let conflict = |(one, other): (usize, usize)| {
            let (first, second) = (&self.results[one], &self.results[other]);
            let conflict = first.same_setting(second) && !first.same_figures(second);
            conflict.then(|| {
                Diagnostic::new(format!(
                    "two sources give {} on {} different figures: {} and {}",
                    second.title(),
                    second.benchmark,
                    figures(first),
                    figures(second)
                ))
                .at(&self.marks[other])
                .related(&self.marks[one], "the other source")
                .help("if they are of different trainings, tell them apart with `variant`")
            })
        };
        pairs(self.results.len()).filter_map(conflict).collect()
    }
}

fn read(node: &Node) -> (Published, Vec<Diagnostic>) {
    let mut published = Published {
        results: Vec::new(),
        marks: Vec::new(),
    };
    let Value::List(items) = &node.value else {
        let fault = Diagnostic::new(format!(
            "expected a list of published results, found {}",
            node.in_words()
        ));
        return (published, vec![fault.at(&node.mark)]);
    };
    let mut faults = Vec::new();
    for item in items {
        match decode(item) {
            Ok(result) => {
                published.results.push(result);
                published.marks.push(item.mark.clone());
            }
            Err(fault) => faults.push(fault),
        }
    }
    (published, faults)
}

fn pairs(count: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..count).flat_map(|other| (0..other).map(move |one| (one, other)))
}

fn figures(result: &PublishedResult) -> String {
    let shown =
        |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{value:.2}"));
    format!("UAR {}, WAR {}", shown(result.uar), shown(result.war))
}
