//! What data a run saw, as one number.

use std::fs;

use exp_core::clip::{Clip, Split};
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use crate::error::DataError;

/// SHA-256, in hexadecimal, over the class names and, for each clip of both sides in order, its name,
/// label, subject, and the names and sizes in bytes of its frame files.
///
/// It reads no file's content, so it is quick, and it stays the same when the data move as a whole.
/// A frame that is not there is an error that names it.
pub fn manifest_hash(split: &Split) -> Result<String, DataError> {
    let mut hash = Sha256::new();
    add_number(&mut hash, split.classes.len());
    for class in &split.classes {
        add_text(&mut hash, class);
    }
    for side in [&split.train, &split.test] {
        add_number(&mut hash, side.len());
        // In parallel, since on a network file system each size takes a round trip.
        let clips: Vec<_> = side.par_iter().map(clip_hash).collect();
        for clip in clips {
            hash.update(clip?);
        }
    }
    Ok(hash
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}

/// SHA-256 of what the manifest says of one clip.
pub(crate) fn clip_hash(clip: &Clip) -> Result<[u8; 32], DataError> {
    let mut hash = Sha256::new();
    add_text(&mut hash, &clip.name);
    add_number(&mut hash, clip.label);
    add_number(&mut hash, usize::from(clip.subject.is_some()));
    add_text(&mut hash, clip.subject.as_deref().unwrap_or_default());
    for path in &clip.frames {
        let metadata = fs::metadata(path).map_err(|source| {
            let path = path.clone();
            DataError::Read { path, source }.in_clip(&clip.name)
        })?;
        add_text(
            &mut hash,
            &path.file_name().unwrap_or_default().to_string_lossy(),
        );
        hash.update(metadata.len().to_le_bytes());
    }
    Ok(hash.finalize().into())
}

/// With its length before it, so that "ab", "c" and "a", "bc" differ.
fn add_text(hash: &mut Sha256, text: &str) {
    add_number(hash, text.len());
    hash.update(text);
}

fn add_number(hash: &mut Sha256, number: usize) {
    hash.update((number as u64).to_le_bytes());
}
