//! Reading and writing safetensors files.

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

/// Named tensors with values in float32.
#[derive(Debug, Clone)]
pub struct Weights {
    tensors: BTreeMap<String, (Vec<usize>, Vec<f32>)>,
    rows: TokenRows,
    sha256: String,
}

impl Weights {
    /// Reads a safetensors file. Float16 and bfloat16 become float32.
    pub fn open(path: &Path) -> Result<Self, WeightError> {
        let bytes = std::fs::read(path).map_err(|error| WeightError::Read {
            path: path.to_owned(),
            error,
        })?;
        Self::from_bytes(&bytes, &path.display().to_string())
    }

    /// Reads the bytes of a safetensors file; `name` is what messages call it.
    pub fn from_bytes(bytes: &[u8], name: &str) -> Result<Self, WeightError> {
        let format = |reason: String| WeightError::Format {
            name: name.to_owned(),
            reason,
        };
        let file = SafeTensors::deserialize(bytes).map_err(|error| format(error.to_string()))?;
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
                tensors.insert(tensor.to_owned(), (view.shape().to_vec(), values));
            }
        }
        let table = tensors.get("token_embedding.weight");
        let table = table
            .and_then(|(shape, _)| shape.first())
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
        Ok(Self {
            tensors,
            rows,
            sha256,
        })
    }

    /// The shape of a tensor.
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        self.tensors.get(name).map(|(shape, _)| shape.as_slice())
    }

    /// Shape and values of a tensor.
    pub fn tensor(&self, name: &str) -> Option<(&[usize], &[f32])> {
        self.tensors
            .get(name)
            .map(|(shape, values)| (shape.as_slice(), values.as_slice()))
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
/// tokens only. `half` writes float16.
pub fn write(
    path: &Path,
    tensors: &BTreeMap<String, (Vec<usize>, Vec<f32>)>,
    token_ids: Option<&[u32]>,
    half: bool,
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
    let bytes = safetensors::serialize(all.iter().map(|(name, bytes)| (*name, bytes)), None)
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
