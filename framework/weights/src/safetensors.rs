//! Reads safetensors: a length, a JSON header of that length, and the values.

use std::collections::BTreeMap;

use ::safetensors::tensor::Metadata;

use crate::WeightError;
use crate::contents::Contents;
use crate::kind::Container;
use crate::source::Source;
use crate::stored::{Stored, wrong_name};

/// Longest header in bytes. That of a model with 600 tensors has 60 thousand; decoding one takes
/// up to some twenty times its size.
const LONGEST_HEADER: u64 = 16 << 20;

/// Reads the header of a file.
pub(crate) fn open(source: &Source) -> Result<Contents, WeightError> {
    let bad = |reason: String| source.bad(format!("as safetensors: {reason}"));
    let mut length = [0; 8];
    source.fill(0, &mut length)?;
    let length = u64::from_le_bytes(length);
    if length > LONGEST_HEADER {
        return Err(bad(format!(
            "its header is said to have {length} bytes; at most {LONGEST_HEADER} are read"
        )));
    }
    let header = source.range(8, length)?;
    let header: Metadata =
        serde_json::from_slice(&header).map_err(|error| bad(error.to_string()))?;
    let data = 8 + length;
    let expected = data.checked_add(header.data_len() as u64);
    if expected != Some(source.len()) {
        return Err(bad(format!(
            "its header describes {} bytes of values, but {} follow (an incomplete download?)",
            header.data_len(),
            source.len() - data
        )));
    }
    let mut tensors = BTreeMap::new();
    for (name, info) in header.tensors() {
        if let Some(reason) = wrong_name(&name) {
            return Err(bad(reason));
        }
        let start = data + info.data_offsets.0 as u64;
        tensors.insert(name, Stored::whole(info.dtype, &info.shape, start));
    }
    let metadata = header.metadata().iter().flatten();
    Ok(Contents {
        container: Container::Safetensors,
        tensors,
        metadata: metadata.map(|(k, v)| (k.clone(), v.clone())).collect(),
        beside: Vec::new(),
    })
}
