//! The tensors of a weight file, read and written.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use half::{bf16, f16};
use safetensors::{Dtype, SafeTensors};
use sha2::{Digest, Sha256};

/// Tensor of the token ids that a token table's rows belong to, in a file that keeps only some.
const TOKEN_IDS: &str = "token_ids";

/// A file that cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum WeightError {
    /// The file cannot be opened.
    #[error("cannot read the weights in {path}: {error}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The file is not a safetensors file.
    #[error("{name} is not a safetensors file: {reason}")]
    Format {
        /// The file.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// The file cannot be written.
    #[error("cannot write {path}: {error}")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
}

/// The kind of file that tensors come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Container {
    /// safetensors.
    Safetensors,
    /// A TorchScript archive, as OpenAI publishes CLIP.
    TorchScript,
    /// PyTorch's zip format.
    TorchZip,
    /// PyTorch's format before version 1.6.
    TorchLegacy,
}

/// Whose names the tensors have in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// A CLIP under OpenAI's and OpenCLIP's names.
    OpenAi,
    /// A CLIP under Hugging Face's names.
    HuggingFace,
    /// A trained DFER-CLIP as its authors' script writes it.
    DferClip,
    /// A trained DFER-CLIP as `exp` writes it: the trained parameters only.
    Trained,
    /// Something else: the names are those of the file.
    Unknown,
}

/// What such a file holds, as in "the file holds …".
impl std::fmt::Display for Layout {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::OpenAi => "a CLIP under OpenAI's names",
            Self::HuggingFace => "a CLIP under Hugging Face's names",
            Self::DferClip => "a DFER-CLIP as its authors' script writes it",
            Self::Trained => "what `exp` trained of a DFER-CLIP",
            Self::Unknown => "tensors of another kind",
        })
    }
}

/// The tensors of a weight file under one set of names, whatever the file calls them.
///
/// A CLIP has OpenAI's names: `visual.…` for the image encoder, and at the top the text encoder's
/// `transformer.…`, `token_embedding.weight`, `positional_embedding`, `ln_final.…` and
/// `text_projection`. A trained DFER-CLIP has `image.…` instead of `visual.…`, and `temporal.…`,
/// `context` (`[classes or 1, tokens, width]`) and, from the authors' checkpoints, `prompt.prefix`
/// (`[classes, 1, width]`) and `prompt.suffix` (`[classes, 76 - tokens, width]`).
///
/// Values are read from the file when they are asked for.
#[derive(Debug)]
pub struct Weights {
    name: String,
    tensors: BTreeMap<String, (Vec<usize>, Dtype, Vec<f32>)>,
    rows: TokenRows,
    layout: Layout,
    metadata: BTreeMap<String, String>,
    sha256: String,
}

impl Weights {
    /// Opens a file of any kind.
    pub fn open(path: &Path) -> Result<Self, WeightError> {
        let bytes = std::fs::read(path).map_err(|error| WeightError::Read {
            path: path.to_owned(),
            error,
        })?;
        Self::from_bytes(bytes, &path.display().to_string())
    }

    /// Opens a safetensors file in memory; `name` is what messages call it.
    pub fn from_bytes(
        bytes: impl Into<std::borrow::Cow<'static, [u8]>>,
        name: &str,
    ) -> Result<Self, WeightError> {
        let bytes = &*bytes.into();
        let format = |reason: String| WeightError::Format {
            name: name.to_owned(),
            reason,
        };
        let file = SafeTensors::deserialize(bytes).map_err(|error| format(error.to_string()))?;
        let (_, header) =
            SafeTensors::read_metadata(bytes).map_err(|error| format(error.to_string()))?;
        let mut tensors = BTreeMap::new();
        let mut known = None;
        for (tensor, view) in file.iter() {
            let data = view.data();
            if tensor == TOKEN_IDS {
                let ids = ids(view.dtype(), data)
                    .ok_or_else(|| format(format!("`{TOKEN_IDS}` must be 32-bit whole numbers")))?;
                known = Some(ids);
                continue;
            }
            // Files also hold whole numbers, such as sizes; no parameter is one.
            if let Some(values) = floats(view.dtype(), data) {
                tensors.insert(
                    tensor.to_owned(),
                    (view.shape().to_vec(), view.dtype(), values),
                );
            }
        }
        let table = tensors.get("token_embedding.weight");
        let table = table
            .and_then(|(shape, ..)| shape.first())
            .copied()
            .unwrap_or(0);
        let rows = match known {
            None => TokenRows::whole(table),
            Some(ids) if ids.len() == table => TokenRows::some(&ids),
            Some(ids) => {
                return Err(format(format!(
                    "`{TOKEN_IDS}` names {} tokens, but the token table has {table} rows",
                    ids.len()
                )));
            }
        };
        let sha256 = Sha256::digest(bytes)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let has = |prefix: &str| tensors.keys().any(|key| key.starts_with(prefix));
        let layout = match (has("visual."), has("image.") || has("temporal.")) {
            (true, _) => Layout::OpenAi,
            (_, true) => Layout::Trained,
            _ => Layout::Unknown,
        };
        Ok(Self {
            name: name.to_owned(),
            tensors,
            rows,
            layout,
            metadata: header
                .metadata()
                .iter()
                .flatten()
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
            sha256,
        })
    }

    /// What messages call the file.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The kind of file.
    pub fn container(&self) -> Container {
        Container::Safetensors
    }

    /// Whose names the file uses.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// The shape of a tensor.
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        self.tensors.get(name).map(|(shape, ..)| shape.as_slice())
    }

    /// The values of a tensor, in row order. A tensor that is not there is an error.
    pub fn read(&self, name: &str) -> Result<Vec<f32>, WeightError> {
        match self.tensors.get(name) {
            Some((.., values)) => Ok(values.clone()),
            None => Err(WeightError::Format {
                name: self.name.clone(),
                reason: format!("there is no tensor `{name}`"),
            }),
        }
    }

    /// The names of all tensors, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    /// How many numbered layers there are behind a prefix.
    pub fn layers(&self, prefix: &str) -> usize {
        let numbers = self.names().filter_map(|name| {
            let (number, _) = name.strip_prefix(prefix)?.split_once('.')?;
            number.parse::<usize>().ok()
        });
        numbers.max().map_or(0, |last| last + 1)
    }

    /// The rows of the token table.
    pub fn rows(&self) -> &TokenRows {
        &self.rows
    }

    /// What the file says of itself: the `__metadata__` of a safetensors file.
    pub fn metadata(&self) -> &BTreeMap<String, String> {
        &self.metadata
    }

    /// SHA-256 of the file, in hexadecimal digits.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }
}

/// Which row of a token table belongs to a token.
#[derive(Debug, Clone)]
pub struct TokenRows(Table);

#[derive(Debug, Clone)]
enum Table {
    Whole(usize),
    Some(HashMap<u32, usize>),
}

impl TokenRows {
    /// A table with a row for each of the first tokens of the vocabulary, mostly for all.
    pub fn whole(rows: usize) -> Self {
        Self(Table::Whole(rows))
    }

    /// A table with rows for these tokens only, in this order.
    pub fn some(ids: &[u32]) -> Self {
        Self(Table::Some(ids.iter().copied().zip(0..).collect()))
    }

    /// The row of a token; `None` where the table has none.
    pub fn row(&self, id: u32) -> Option<usize> {
        match &self.0 {
            Table::Whole(rows) => Some(id as usize).filter(|row| row < rows),
            Table::Some(rows) => rows.get(&id).copied(),
        }
    }
}

fn floats(dtype: Dtype, data: &[u8]) -> Option<Vec<f32>> {
    let pairs = || data.chunks_exact(2).map(|two| [two[0], two[1]]);
    match dtype {
        Dtype::F32 => Some(
            data.chunks_exact(4)
                .map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]]))
                .collect(),
        ),
        Dtype::F16 => Some(
            pairs()
                .map(|two| f16::from_le_bytes(two).to_f32())
                .collect(),
        ),
        Dtype::BF16 => Some(
            pairs()
                .map(|two| bf16::from_le_bytes(two).to_f32())
                .collect(),
        ),
        _ => None,
    }
}

fn ids(dtype: Dtype, data: &[u8]) -> Option<Vec<u32>> {
    matches!(dtype, Dtype::I32 | Dtype::U32).then(|| {
        data.chunks_exact(4)
            .map(|four| u32::from_le_bytes([four[0], four[1], four[2], four[3]]))
            .collect()
    })
}

/// Bytes of one tensor on their way into a file.
struct Bytes {
    dtype: Dtype,
    shape: Vec<usize>,
    data: Vec<u8>,
}

impl safetensors::View for &Bytes {
    fn dtype(&self) -> Dtype {
        self.dtype
    }
    fn shape(&self) -> &[usize] {
        &self.shape
    }
    fn data(&self) -> std::borrow::Cow<'_, [u8]> {
        self.data.as_slice().into()
    }
    fn data_len(&self) -> usize {
        self.data.len()
    }
}

/// Writes a safetensors file: to a temporary file beside it first, then renamed, so that a
/// half-written file never has its name. With `token_ids`, the token table has rows for these
/// tokens only. `half` writes float16. `metadata` is what the file says of itself.
pub fn write(
    path: &Path,
    tensors: &BTreeMap<String, (Vec<usize>, Vec<f32>)>,
    token_ids: Option<&[u32]>,
    half: bool,
    metadata: &BTreeMap<String, String>,
) -> Result<(), WeightError> {
    let mut all: BTreeMap<&str, Bytes> = tensors
        .iter()
        .map(|(name, (shape, values))| {
            let data = match half {
                true => values
                    .iter()
                    .flat_map(|&v| f16::from_f32(v).to_le_bytes())
                    .collect(),
                false => values.iter().flat_map(|v| v.to_le_bytes()).collect(),
            };
            let dtype = if half { Dtype::F16 } else { Dtype::F32 };
            let shape = shape.clone();
            (name.as_str(), Bytes { dtype, shape, data })
        })
        .collect();
    if let Some(ids) = token_ids {
        let bytes = Bytes {
            dtype: Dtype::U32,
            shape: vec![ids.len()],
            data: ids.iter().flat_map(|id| id.to_le_bytes()).collect(),
        };
        all.insert(TOKEN_IDS, bytes);
    }
    let failed = |error: std::io::Error| WeightError::Write {
        path: path.to_owned(),
        error,
    };
    let header = (!metadata.is_empty()).then(|| {
        metadata
            .iter()
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect()
    });
    let bytes = safetensors::serialize(all.iter().map(|(name, bytes)| (*name, bytes)), header)
        .map_err(|error| failed(std::io::Error::other(error)))?;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".part");
    let temporary = PathBuf::from(temporary);
    let write = || -> std::io::Result<()> {
        let mut file = std::fs::File::create(&temporary)?;
        std::io::Write::write_all(&mut file, &bytes)?;
        file.sync_all()?;
        std::fs::rename(&temporary, path)
    };
    write().map_err(failed)
}
