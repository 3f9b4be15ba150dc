//! The similarities as a page: heat maps with their figures, and the texts.

use minijinja::value::Serde;
use serde::Serialize;

use super::{Similarities, table};
use crate::export::ReportError;
use crate::templates::environment;

/// With what the texts were looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Looked {
    /// The backbone as the user named it.
    pub backbone: String,
    /// The SHA-256 of its weights.
    pub sha256: String,
    /// The benchmark whose classes were chosen; none where a set's own were taken.
    pub benchmark: Option<String>,
}

/// What the template reads.
#[derive(Serialize)]
struct Page<'a> {
    looked: &'a Looked,
    names: Vec<&'a str>,
    lowest: Option<f64>,
    sets: Vec<Section<'a>>,
}

/// One set.
#[derive(Serialize)]
struct Section<'a> {
    data: &'a Similarities,
    sentence: String,
    rows: Vec<Vec<Cell>>,
    nearest: Vec<Option<(&'a str, f64)>>,
}

/// One figure of the heat map.
#[derive(Serialize)]
struct Cell {
    cosine: f64,
    /// How strong its colour is, from 0 at the page's lowest figure to 100 at 1; none on the
    /// diagonal.
    shade: Option<f64>,
    /// Whether no other pair of the set is closer.
    closest: bool,
}

/// One page for all sets. All data are escaped; it asks for no other file and holds no script.
pub fn page(sets: &[Similarities], looked: &Looked) -> Result<String, ReportError> {
    let cosines = sets
        .iter()
        .flat_map(|set| set.pairs().map(|pair| pair.cosine));
    let lowest = cosines.reduce(f64::min);
    let page = Page {
        looked,
        names: sets.iter().map(|set| set.set.as_str()).collect(),
        lowest,
        sets: sets.iter().map(|set| section(set, lowest)).collect(),
    };
    let environment = environment()?;
    let template = environment.get_template("similarity.html")?;
    Ok(template.render(Serde(&page))?)
}

fn section(set: &Similarities, lowest: Option<f64>) -> Section<'_> {
    let top = set.closest().map(|pair| pair.cosine);
    let lowest = lowest.unwrap_or(1.0);
    let cell = |diagonal: bool, cosine: f64| Cell {
        cosine,
        shade: (!diagonal).then(|| match lowest < 1.0 {
            true => 100.0 * (cosine - lowest) / (1.0 - lowest),
            false => 100.0,
        }),
        closest: !diagonal && top == Some(cosine),
    };
    let row = |(own, row): (usize, &Vec<f64>)| {
        let cells = row.iter().enumerate();
        cells.map(|(at, &cosine)| cell(at == own, cosine)).collect()
    };
    let nearest = set.nearest().into_iter();
    Section {
        data: set,
        sentence: table::pairs(set),
        rows: set.matrix.iter().enumerate().map(row).collect(),
        nearest: nearest
            .map(|nearest| nearest.map(|(at, cosine)| (set.texts[at].0.as_str(), cosine)))
            .collect(),
    }
}
