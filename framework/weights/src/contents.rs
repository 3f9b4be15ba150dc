//! What a reader finds in a file.

use std::collections::BTreeMap;

use crate::WeightError;
use crate::kind::{self, Container, Kind};
use crate::source::Source;
use crate::stored::Stored;
use crate::{safetensors, torch};

/// What a reader finds in a file.
#[derive(Debug)]
pub(crate) struct Contents {
    pub container: Container,
    /// Tensors under the file's own names.
    pub tensors: BTreeMap<String, Stored>,
    /// What the file says of itself.
    pub metadata: BTreeMap<String, String>,
    /// What lies beside the tensors and is not read, such as an optimiser's state.
    pub beside: Vec<String>,
}

impl Contents {
    /// Reads what is in a file, but no value of a tensor.
    pub fn of(source: &Source) -> Result<Self, WeightError> {
        match kind::of(source)? {
            Kind::Safetensors => safetensors::open(source),
            Kind::Zip => torch::zip::open(source),
            Kind::Legacy => torch::legacy::open(source),
        }
    }
}
