//! Writes safetensors files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ::safetensors::Dtype;
use half::f16;

use crate::WeightError;
use crate::weights::TOKEN_IDS;

/// Bytes of one tensor on their way into a file.
struct Bytes {
    dtype: Dtype,
    shape: Vec<usize>,
    data: Vec<u8>,
}

impl ::safetensors::View for &Bytes {
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
/// half-written file never has its name; both are on disk when it returns. With `token_ids`, the token table has rows for these
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
    let bytes = ::safetensors::serialize(all.iter().map(|(name, bytes)| (*name, bytes)), header)
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
        std::fs::rename(&temporary, path)?;
        // The new name is on disk once the folder is.
        match path.parent().filter(|_| cfg!(unix)) {
            Some(folder) => std::fs::File::open(folder)?.sync_all(),
            None => Ok(()),
        }
    };
    write().map_err(failed)
}
