//! The tensors of a weight file under one set of names.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::contents::Contents;
use crate::layout::{self, Mapping};
use crate::source::Source;
use crate::stored::Stored;
use crate::{Container, Layout, TokenRows, WeightError};

/// Tensor of the token ids that a token table's rows belong to, in a file that keeps only some.
pub(crate) const TOKEN_IDS: &str = "token_ids";

/// The least similarity (Jaro-Winkler, 0 to 1) of a name that a message suggests.
const SIMILAR: f64 = 0.8;

/// The tensors of a weight file under one set of names, whatever the file calls them.
///
/// A CLIP has OpenAI's names: `visual.…` for the image encoder, and at the top the text encoder's
/// `transformer.…`, `token_embedding.weight`, `positional_embedding`, `ln_final.…` and
/// `text_projection`. A trained DFER-CLIP has `image.…` instead of `visual.…`, and `temporal.…`,
/// `context` (`[classes or 1, tokens, width]`) and, from the authors' checkpoints, `prompt.prefix`
/// (`[classes, 1, width]`) and `prompt.suffix` (`[classes, 76 - tokens, width]`). The authors'
/// checkpoints hold the whole CLIP too, so they have its names as well.
///
/// Values are read from the file when they are asked for.
#[derive(Debug)]
pub struct Weights {
    pub(crate) source: Source,
    pub(crate) contents: Contents,
    pub(crate) mapping: Mapping,
    rows: TokenRows,
    sha256: String,
}

impl Weights {
    /// Opens a file of any kind: safetensors, or a file of any PyTorch version that holds a state
    /// dict or a TorchScript module. Nothing in it is executed.
    pub fn open(path: &Path) -> Result<Self, WeightError> {
        Self::of(Source::open(path)?)
    }

    /// Opens a file of any kind in memory; `name` is what messages call it.
    pub fn from_bytes(
        bytes: impl Into<Cow<'static, [u8]>>,
        name: &str,
    ) -> Result<Self, WeightError> {
        Self::of(Source::memory(bytes.into(), name))
    }

    fn of(source: Source) -> Result<Self, WeightError> {
        let contents = Contents::of(&source)?;
        let mapping = layout::map(&contents.tensors).map_err(|reason| source.bad(reason))?;
        let table = mapping.views.get("token_embedding.weight");
        let table = table.and_then(|view| view.shape.first()).copied();
        let rows = rows(&source, contents.tensors.get(TOKEN_IDS), table.unwrap_or(0))?;
        // Last, since it reads the whole file.
        let sha256 = source.sha256()?;
        Ok(Self {
            source,
            contents,
            mapping,
            rows,
            sha256,
        })
    }

    /// What messages call the file.
    pub fn name(&self) -> &str {
        self.source.name()
    }

    /// The kind of file.
    pub fn container(&self) -> Container {
        self.contents.container
    }

    /// Whose names the file uses.
    pub fn layout(&self) -> Layout {
        self.mapping.layout
    }

    /// The shape of a tensor.
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        self.mapping
            .views
            .get(name)
            .map(|view| view.shape.as_slice())
    }

    /// The values of a tensor, in row order. A tensor that is not there is an error.
    pub fn read(&self, name: &str) -> Result<Vec<f32>, WeightError> {
        let Some(view) = self.mapping.views.get(name) else {
            return Err(self.source.bad(self.missing(name)));
        };
        let mut values = Vec::new();
        for part in &view.parts {
            let part = self.contents.tensors[part].floats(&self.source)?;
            match values.is_empty() {
                true => values = part,
                false => values.extend(part),
            }
        }
        match (view.transposed, view.shape[..].as_ref()) {
            (true, &[rows, columns]) => Ok(transposed(&values, rows, columns)),
            _ => Ok(values),
        }
    }

    /// Says that a tensor is not there, and which is called nearly so.
    fn missing(&self, name: &str) -> String {
        let near = self
            .names()
            .map(|other| (strsim::jaro_winkler(name, other), other))
            .max_by(|left, right| left.0.total_cmp(&right.0))
            .filter(|(similar, _)| *similar >= SIMILAR);
        match near {
            Some((_, near)) => format!("there is no tensor `{name}` (there is `{near}`)"),
            None => format!("there is no tensor `{name}`"),
        }
    }

    /// The names of all tensors, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.mapping.views.keys().map(String::as_str)
    }

    /// What the file calls the tensors that have no name here, in order. They cannot be read.
    pub fn unmapped(&self) -> &[String] {
        &self.mapping.unmapped
    }

    /// How many numbered layers there are behind a prefix.
    pub fn layers(&self, prefix: &str) -> usize {
        let numbers = self.names().filter_map(|name| {
            let (number, _) = name.strip_prefix(prefix)?.split_once('.')?;
            number.parse::<usize>().ok()
        });
        // Not the largest number, which a file could make as large as it likes.
        numbers.collect::<BTreeSet<_>>().len()
    }

    /// The rows of the token table.
    pub fn rows(&self) -> &TokenRows {
        &self.rows
    }

    /// What the file says of itself: the `__metadata__` of a safetensors file; numbers and texts
    /// beside the tensors of a PyTorch file, such as the epoch.
    pub fn metadata(&self) -> &BTreeMap<String, String> {
        &self.contents.metadata
    }

    /// SHA-256 of the file, in hexadecimal digits.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }
}

/// The rows of a token table, which the file may list.
fn rows(source: &Source, ids: Option<&Stored>, table: usize) -> Result<TokenRows, WeightError> {
    let Some(ids) = ids else {
        return Ok(TokenRows::whole(table));
    };
    if ids.count() != table {
        return Err(source.bad(format!(
            "`{TOKEN_IDS}` names {} tokens, but the token table has {table} rows",
            ids.count()
        )));
    }
    let ids: Vec<u32> = match ids.is_integer() {
        true => ids.integers(source)?,
        false => vec![-1],
    }
    .into_iter()
    .map(u32::try_from)
    .collect::<Result<_, _>>()
    .map_err(|_| source.bad(format!("`{TOKEN_IDS}` must be whole numbers from 0 on")))?;
    Ok(TokenRows::some(&ids))
}

/// The values of a matrix with so many rows and columns, from those of its transpose.
fn transposed(values: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    // An empty matrix may have any number of rows.
    let rows = if values.is_empty() { 0 } else { rows };
    let row = |row: usize| (0..columns).map(move |column| values[column * rows + row]);
    (0..rows).flat_map(row).collect()
}
