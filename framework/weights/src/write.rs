//! Writes safetensors files.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use ::safetensors::Dtype;
use ::safetensors::tensor::{Metadata, TensorInfo};
use half::f16;

use crate::WeightError;
use crate::atomic::write_atomically;
use crate::weights::TOKEN_IDS;

/// Values become bytes so many at a time.
const CHUNK: usize = 1 << 16;

/// The values of a tensor on their way into a file.
enum Values<'a> {
    Half(&'a [f32]),
    Single(&'a [f32]),
    Ids(&'a [u32]),
}

impl Values<'_> {
    fn dtype(&self) -> Dtype {
        match self {
            Self::Half(_) => Dtype::F16,
            Self::Single(_) => Dtype::F32,
            Self::Ids(_) => Dtype::U32,
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Half(values) => 2 * values.len(),
            Self::Single(values) => 4 * values.len(),
            Self::Ids(ids) => 4 * ids.len(),
        }
    }

    fn write(&self, file: &mut dyn io::Write) -> io::Result<()> {
        match self {
            Self::Half(values) => pieces(values, file, |v| f16::from_f32(v).to_le_bytes()),
            Self::Single(values) => pieces(values, file, f32::to_le_bytes),
            Self::Ids(ids) => pieces(ids, file, u32::to_le_bytes),
        }
    }
}

fn pieces<T: Copy, const N: usize>(
    values: &[T],
    file: &mut dyn io::Write,
    bytes: impl Fn(T) -> [u8; N],
) -> io::Result<()> {
    values.chunks(CHUNK).try_for_each(|chunk| {
        let piece: Vec<u8> = chunk.iter().flat_map(|value| bytes(*value)).collect();
        file.write_all(&piece)
    })
}

/// Writes a safetensors file, [whole or not at all](write_atomically). With `token_ids`, the token
/// table has rows for these tokens only. `half` writes float16. `metadata` is what the file says
/// of itself.
pub fn write(
    path: &Path,
    tensors: &BTreeMap<String, (Vec<usize>, Vec<f32>)>,
    token_ids: Option<&[u32]>,
    half: bool,
    metadata: &BTreeMap<String, String>,
) -> Result<(), WeightError> {
    let mut all: Vec<(&str, Cow<'_, [usize]>, Values<'_>)> = tensors
        .iter()
        .map(|(name, (shape, values))| {
            let values = match half {
                true => Values::Half(values),
                false => Values::Single(values),
            };
            (name.as_str(), Cow::Borrowed(&shape[..]), values)
        })
        .collect();
    if let Some(ids) = token_ids {
        all.push((TOKEN_IDS, Cow::Owned(vec![ids.len()]), Values::Ids(ids)));
    }
    // As the format's own library does: the widest numbers first, so that all lie aligned.
    all.sort_by(|(a, _, left), (b, _, right)| right.dtype().cmp(&left.dtype()).then(a.cmp(b)));
    write_atomically(path, |file| {
        let header = header(&all, metadata).map_err(io::Error::other)?;
        file.write_all(&(header.len() as u64).to_le_bytes())?;
        file.write_all(&header)?;
        all.iter().try_for_each(|(.., values)| values.write(file))
    })
    .map_err(|error| WeightError::Write {
        path: path.to_owned(),
        error,
    })
}

/// The JSON before the values, filled up to whole words of 8 bytes.
fn header(
    all: &[(&str, Cow<'_, [usize]>, Values<'_>)],
    metadata: &BTreeMap<String, String>,
) -> Result<Vec<u8>, Box<dyn std::error::Error + Send + Sync>> {
    let mut end = 0;
    let infos = all
        .iter()
        .map(|(name, shape, values)| {
            let start = end;
            end += values.len();
            let info = TensorInfo {
                dtype: values.dtype(),
                shape: shape.to_vec(),
                data_offsets: (start, end),
            };
            ((*name).to_owned(), info)
        })
        .collect();
    let metadata = metadata.iter().map(|(k, v)| (k.clone(), v.clone()));
    let metadata =
        Some(metadata.collect()).filter(|map: &std::collections::HashMap<_, _>| !map.is_empty());
    let mut header = serde_json::to_vec(&Metadata::new(metadata, infos)?)?;
    header.resize(header.len().next_multiple_of(8), b' ');
    Ok(header)
}
