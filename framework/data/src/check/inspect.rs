//! Reading the frames of clips.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use exp_core::clip::Clip;
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::image::{Image, header};
use crate::decode::read_frame;
use crate::error::DataError;

/// What was seen of one clip.
#[derive(Debug, Clone, Default)]
pub(super) struct Inspected {
    /// SHA-256 of the first frame's file.
    pub first: Option<[u8; 32]>,
    /// The kinds of images that were looked at, with their numbers.
    pub images: Vec<(Image, usize)>,
    /// Frames that cannot be read, each with the reason.
    pub unreadable: Vec<String>,
}

/// Looks at the clips, in their order.
pub(super) fn inspect(
    clips: &[&Clip],
    deep: bool,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Vec<Inspected> {
    let done = AtomicUsize::new(0);
    clips
        .par_iter()
        .map(|clip| {
            let inspected = one(clip, deep);
            progress(done.fetch_add(1, Ordering::Relaxed) + 1, clips.len());
            inspected
        })
        .collect()
}

fn one(clip: &Clip, deep: bool) -> Inspected {
    let mut inspected = Inspected::default();
    let mut images = BTreeMap::new();
    let looked_at = match deep {
        true => clip.frames.len(),
        false => 1,
    };
    for (index, path) in clip.frames.iter().take(looked_at).enumerate() {
        match frame(path, deep) {
            Ok((image, bytes)) => {
                *images.entry(image).or_insert(0) += 1;
                if index == 0 {
                    inspected.first = Some(Sha256::digest(&bytes).into());
                }
            }
            Err(reason) => {
                let name = path.file_name().unwrap_or_default();
                inspected
                    .unreadable
                    .push(format!("{}: {reason}", name.display()));
            }
        }
    }
    inspected.images = images.into_iter().collect();
    inspected
}

fn frame(path: &Path, deep: bool) -> Result<(Image, Vec<u8>), String> {
    let bytes = fs::read(path).map_err(|error| error.to_string())?;
    let image = header(&bytes)?;
    if deep {
        // The file is named beside the reason, and what to do is for the summary.
        read_frame(path).map_err(|error| match error {
            DataError::Decode { reason, .. } => reason,
            error => error.to_string(),
        })?;
    }
    Ok((image, bytes))
}

/// SHA-256 over the files of all frames; `None` where one cannot be read.
pub(super) fn all_frames(clip: &Clip) -> Option<[u8; 32]> {
    let mut hash = Sha256::new();
    for path in &clip.frames {
        // The hash of each file, so that no frame can end in the next one's bytes.
        hash.update(Sha256::digest(fs::read(path).ok()?));
    }
    Some(hash.finalize().into())
}
