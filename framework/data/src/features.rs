//! What a frozen image encoder says of frames, in files, so that it sees each clip once a view.
//!
//! A file holds one clip in one view: `[frames, features]` 32-bit floats, rows first. Its name is a
//! hash of all that the floats depend on, so no file is ever out of date, and programs that work at
//! the same time share what each of them makes.

use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use exp_core::clip::Clip;
use exp_core::experiment::{Augmentation, TRAINING_MEANING};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;
use rayon::prelude::*;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::error::DataError;
use crate::loader::LoaderSettings;
use crate::manifest::clip_hash;

/// What a file begins with; the last letter is the format's version.
const MAGIC: &[u8; 8] = b"features";

/// Bytes before the values: [`MAGIC`] and the number of damaged frames that were replaced.
const HEAD: usize = MAGIC.len() + 4;

/// Bytes of SHA-256, which follow the values.
const CHECKSUM: usize = 32;

/// What is drawn of a clip: which frames, and how they are changed.
#[derive(Debug, Clone, PartialEq)]
pub enum View {
    /// As for training, from random numbers that the clip and the view's number alone decide.
    Training {
        /// Counted from 0.
        number: usize,
        /// What may be changed.
        augment: Augmentation,
    },
    /// The middle frames, as they are.
    Test,
}

/// Where a loader finds the features of its clips.
#[derive(Debug, Clone)]
pub struct FeatureFiles {
    /// The folder of all files, for all encoders and benchmarks.
    pub folder: PathBuf,
    /// Which encoder it is, to the last bit of what it says: its weights, activation and device.
    pub encoder: String,
    /// Views of the training clips, at least 1.
    pub views: usize,
}

/// The features of a loader's clips.
#[derive(Debug)]
pub(crate) struct Features {
    files: FeatureFiles,
    frames: usize,
    /// What each clip is, and what is done to it in all views: SHA-256.
    clips: Vec<[u8; 32]>,
}

/// The features of one clip.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ClipFeatures {
    /// `[frames, features]`.
    pub values: Vec<f32>,
    /// Frames that could not be decoded and were replaced by a neighbour.
    pub damaged: usize,
}

impl Features {
    /// The names and sizes of the clips' frame files are read.
    pub(crate) fn new(
        files: FeatureFiles,
        settings: &LoaderSettings,
        clips: &[Clip],
    ) -> Result<Self, DataError> {
        let same = json!({
            "meaning": TRAINING_MEANING,
            "encoder": files.encoder,
            "frames": settings.frames,
            "size": settings.size,
            "normalize": settings.normalize,
            "short": settings.short,
            "damaged": settings.damaged,
        })
        .to_string();
        let clips = clips.par_iter().map(|clip| {
            let clip = clip_hash(clip)?;
            Ok(Sha256::new()
                .chain_update(clip)
                .chain_update(&same)
                .finalize()
                .into())
        });
        Ok(Self {
            frames: settings.frames,
            clips: clips.collect::<Result<_, DataError>>()?,
            files,
        })
    }

    /// The training view of an epoch, counted from 1.
    pub(crate) fn of_epoch(&self, epoch: u64, augment: &Augmentation) -> View {
        let number = epoch.saturating_sub(1) % self.files.views as u64;
        View::Training {
            number: number as usize,
            augment: augment.clone(),
        }
    }

    /// All views that so many epochs of training see.
    pub(crate) fn all_views(&self, epochs: usize, augment: &Augmentation) -> Vec<View> {
        let views = (0..self.files.views.min(epochs)).map(|number| View::Training {
            number,
            augment: augment.clone(),
        });
        views.collect()
    }

    /// What a clip's random numbers in a view begin from.
    pub(crate) fn seed(&self, clip: usize) -> u64 {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&self.clips[clip][..8]);
        u64::from_le_bytes(bytes)
    }

    /// The clips without sound features in a view, in another order each time, so that programs that
    /// work at the same time make different ones. A damaged file is removed.
    pub(crate) fn missing(&self, view: &View) -> Result<Vec<usize>, DataError> {
        let lacks = |clip: usize| {
            let path = self.path(clip, view);
            match self.read(&path) {
                Ok(Some(_)) => Ok(None),
                Ok(None) => match fs::remove_file(&path) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                    _ => Ok(Some(clip)),
                },
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Some(clip)),
                Err(error) => Err(error),
            }
            .map_err(|source| DataError::Features { path, source })
        };
        let clips = (0..self.clips.len()).into_par_iter();
        let lacking = clips.map(lacks).collect::<Result<Vec<_>, _>>()?;
        let mut missing: Vec<usize> = lacking.into_iter().flatten().collect();
        let seed = RandomState::new().hash_one(0);
        missing.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        Ok(missing)
    }

    /// Whether a clip has a file of a view by now.
    pub(crate) fn has(&self, clip: usize, view: &View) -> bool {
        self.path(clip, view).exists()
    }

    /// The features of a clip, which must be there.
    pub(crate) fn get(&self, clip: usize, view: &View) -> Result<ClipFeatures, DataError> {
        let path = self.path(clip, view);
        let found = self.read(&path).and_then(|found| {
            found.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "it is damaged"))
        });
        found.map_err(|source| DataError::Features { path, source })
    }

    /// Keeps the features of a clip. The file is whole or not there.
    pub(crate) fn keep(
        &self,
        clip: usize,
        view: &View,
        features: &ClipFeatures,
    ) -> Result<(), DataError> {
        let path = self.path(clip, view);
        let mut bytes = Vec::with_capacity(HEAD + 4 * features.values.len() + CHECKSUM);
        bytes.extend(MAGIC);
        bytes.extend((features.damaged as u32).to_le_bytes());
        bytes.extend(features.values.iter().flat_map(|v| v.to_le_bytes()));
        let checksum: [u8; CHECKSUM] = Sha256::digest(&bytes).into();
        bytes.extend(checksum);
        let write = || {
            let folder = path.parent().unwrap_or(&self.files.folder);
            fs::create_dir_all(folder)?;
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            file.write_all(&bytes)?;
            file.persist(&path).map_err(|error| error.error)
        };
        // No sync: what a loss of power leaves is noticed by its checksum.
        write()
            .map(drop)
            .map_err(|source| DataError::Features { path, source })
    }

    /// `None` where the file is not what was written.
    fn read(&self, path: &Path) -> io::Result<Option<ClipFeatures>> {
        let bytes = fs::read(path)?;
        let Some((content, checksum)) = bytes.split_last_chunk::<CHECKSUM>() else {
            return Ok(None);
        };
        let sound = Sha256::digest(content).as_slice() == checksum;
        let Some((head, values)) = content.split_at_checked(HEAD).filter(|_| sound) else {
            return Ok(None);
        };
        let Some(damaged) = head.strip_prefix(MAGIC).and_then(|n| n.try_into().ok()) else {
            return Ok(None);
        };
        let values: Vec<f32> = values
            .chunks_exact(4)
            .map(|v| f32::from_le_bytes([v[0], v[1], v[2], v[3]]))
            .collect();
        let whole = !values.is_empty() && values.len().is_multiple_of(self.frames);
        Ok(whole.then_some(ClipFeatures {
            values,
            damaged: u32::from_le_bytes(damaged) as usize,
        }))
    }

    fn path(&self, clip: usize, view: &View) -> PathBuf {
        let view = match view {
            View::Training { number, augment } => json!({"number": number, "augment": augment}),
            View::Test => json!("test"),
        };
        let digest = Sha256::new()
            .chain_update(self.clips[clip])
            .chain_update(view.to_string())
            .finalize();
        let name: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        self.files.folder.join(&name[..2]).join(&name[2..])
    }
}
