//! The pretrained CLIP that settings name.

use std::path::{Path, PathBuf};

use burn::tensor::Device;
use exp_core::experiment::Activation;
use exp_weights::fetch::{FetchError, PUBLISHED, cached, published};
use exp_weights::{WeightError, Weights};

use crate::clip::{Clip, ClipSizes, SizeError};
use crate::parameters::{Fit, LoadError, Which, fill, fit};

/// The name of the built-in CLIP in settings.
pub const SMALL: &str = "small";

/// A small CLIP for the embedded benchmark, trained by `exp pretrain` on drawn faces.
static SMALL_FILE: &[u8] = include_bytes!("../weights/small.safetensors");

/// A backbone that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BackboneError {
    /// The file cannot be read.
    #[error(transparent)]
    Weights(#[from] WeightError),
    /// Its tensors are not those of a CLIP.
    #[error("{name}: {error}")]
    Sizes {
        /// The file.
        name: String,
        /// What is wrong.
        error: SizeError,
    },
    /// Its tensors do not fit together.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The cache of fetched weights cannot be looked into.
    #[error(transparent)]
    Cache(#[from] FetchError),
    /// Published weights that are not in the cache.
    #[error("the weights `{0}` are not here yet: fetch them with `exp weights fetch {0}`")]
    NotFetched(&'static str),
    /// There is no such file.
    #[error(
        "there is no backbone `{name}`: it is neither `small`, nor published weights ({}), nor a \
         file ({path} does not exist)",
        PUBLISHED.map(|published| published.name).join(", ")
    )]
    Absent {
        /// The backbone as settings name it.
        name: String,
        /// Where it was looked for.
        path: PathBuf,
    },
}

/// A CLIP's weights with its sizes.
#[derive(Debug)]
pub struct Backbone {
    weights: Weights,
    sizes: ClipSizes,
    fit: Fit,
}

impl Backbone {
    /// Opens a backbone as settings name it: `small`, published weights that were fetched, or a
    /// file. A relative path starts at `folder`.
    pub fn open(name: &str, folder: &Path) -> Result<Self, BackboneError> {
        let weights = if name == SMALL {
            Weights::from_bytes(SMALL_FILE, "the built-in `small`")?
        } else if let Some(published) = published(name) {
            let path = cached(published)?.ok_or(BackboneError::NotFetched(published.name))?;
            let weights = Weights::open(&path)?;
            if weights.sha256() != published.sha256 {
                return Err(BackboneError::Cache(FetchError::Altered {
                    path,
                    expected: published.sha256,
                    found: weights.sha256().to_owned(),
                }));
            }
            weights
        } else {
            let path = folder.join(name);
            if !path.exists() {
                return Err(BackboneError::Absent {
                    name: name.to_owned(),
                    path,
                });
            }
            Weights::open(&path)?
        };
        Self::of(weights)
    }

    /// The CLIP in an open file. Whatever is missing or of another shape is found here, and not
    /// when a run begins.
    pub fn of(weights: Weights) -> Result<Self, BackboneError> {
        let sizes = ClipSizes::of(&weights).map_err(|error| BackboneError::Sizes {
            name: weights.name().to_owned(),
            error,
        })?;
        let clip = Clip::init(&sizes, &Device::flex());
        let fit = fit(&clip, &weights, Which::All).complete(&weights)?;
        Ok(Self {
            weights,
            sizes,
            fit,
        })
    }

    /// A CLIP with these weights on a device, with this activation.
    pub fn load(&self, activation: Activation, device: &Device) -> Result<Clip, BackboneError> {
        Ok(fill(
            Clip::init(&self.sizes, device).with_activation(activation),
            &self.weights,
            Which::All,
        )?)
    }

    /// How the file's tensors fit a CLIP.
    pub fn fit(&self) -> &Fit {
        &self.fit
    }

    /// Its sizes.
    pub fn sizes(&self) -> &ClipSizes {
        &self.sizes
    }

    /// Its tensors.
    pub fn weights(&self) -> &Weights {
        &self.weights
    }
}
