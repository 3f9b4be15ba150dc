//! What is in a weight file.

use std::collections::{BTreeMap, HashSet};

use crate::stored::Stored;
use crate::{Container, Layout, WeightError, Weights};

/// What is in a weight file, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// The kind of file.
    pub container: Container,
    /// Whose names it uses.
    pub layout: Layout,
    /// Length of the file in bytes.
    pub bytes: u64,
    /// SHA-256 of the file, in hexadecimal digits.
    pub sha256: String,
    /// How many tensors the file holds.
    pub tensors: usize,
    /// How many tensors there are of each element type.
    pub dtypes: BTreeMap<String, usize>,
    /// How many numbers the tensors hold that can be read, copies counted once.
    pub parameters: u64,
    /// Names in the file of tensors that are there under another name too, and that name.
    pub copies: Vec<(String, String)>,
    /// Names in the file of tensors that should be copies and hold other values: the one that is
    /// passed over, and the one that is used. Of an image encoder that is there twice both can
    /// be read, as `visual.…` and as `image.…`, which is what was trained.
    pub differing: Vec<(String, String)>,
    /// Names in the file of tensors that are nothing here.
    pub unmapped: Vec<String>,
    /// Tensors of a single whole number, such as `input_resolution` in OpenAI's files.
    pub integers: BTreeMap<String, i64>,
    /// What lies beside the tensors, such as an optimiser's state, and what it is.
    pub beside: Vec<String>,
}

impl Weights {
    /// Says what is in the file. Reads the values of tensors that may be copies of each other.
    pub fn inspect(&self) -> Result<Inspection, WeightError> {
        let stored = &self.contents.tensors;
        let mut dtypes = BTreeMap::new();
        let mut integers = BTreeMap::new();
        for (name, tensor) in stored {
            *dtypes.entry(format!("{:?}", tensor.dtype)).or_default() += 1;
            if tensor.is_integer() && tensor.count() == 1 {
                integers.extend(
                    tensor
                        .integers(&self.source)?
                        .pop()
                        .map(|v| (name.clone(), v)),
                );
            }
        }
        let (copies, differing) = self.copies()?;
        let parts = self.mapping.views.values().flat_map(|view| &view.parts);
        let once: HashSet<&String> = parts.collect();
        let same: HashSet<&String> = copies.iter().map(|(name, _)| name).collect();
        let parameters = once
            .difference(&same)
            .map(|name| stored[*name].count() as u64);
        Ok(Inspection {
            container: self.container(),
            layout: self.layout(),
            bytes: self.source.len(),
            sha256: self.sha256().to_owned(),
            tensors: stored.len(),
            dtypes,
            parameters: parameters.sum(),
            copies,
            differing,
            unmapped: self.unmapped().to_vec(),
            integers,
            beside: self.contents.beside.clone(),
        })
    }

    /// Tensors that are there twice: those with equal values, and those without.
    fn copies(&self) -> Result<(Pairs, Pairs), WeightError> {
        let views = &self.mapping.views;
        let file = |name: &str| views.get(name)?.parts.first().cloned();
        // The image encoder, which the authors' checkpoints hold alone and in the CLIP.
        let images = views.keys().filter_map(|name| {
            let visual = file(name)?;
            let image = file(&format!("image.{}", name.strip_prefix("visual.")?))?;
            (visual != image).then_some((visual, image))
        });
        let (mut equal, mut differing) = (Pairs::new(), Pairs::new());
        for (spare, used) in self.mapping.spares.iter().cloned().chain(images) {
            match self.equal(&spare, &used)? {
                true => equal.push((spare, used)),
                false => differing.push((spare, used)),
            }
        }
        // Tensors of one storage under names of other things, such as tied weights.
        let known: HashSet<&String> = equal.iter().map(|(spare, _)| spare).collect();
        let mut first: BTreeMap<&Stored, &String> = BTreeMap::new();
        let mut tied = Pairs::new();
        for (name, tensor) in &self.contents.tensors {
            if tensor.count() == 0 || known.contains(name) {
                continue;
            }
            match first.get(tensor) {
                Some(other) => tied.push((name.clone(), (*other).clone())),
                None => drop(first.insert(tensor, name)),
            }
        }
        equal.extend(tied);
        equal.sort_unstable();
        Ok((equal, differing))
    }

    /// Whether two tensors of the file hold the same values.
    fn equal(&self, left: &str, right: &str) -> Result<bool, WeightError> {
        let tensors = &self.contents.tensors;
        let (left, right) = (&tensors[left], &tensors[right]);
        if left == right || left.shape != right.shape {
            return Ok(left == right);
        }
        let (left, right) = (left.floats(&self.source)?, right.floats(&self.source)?);
        let bits = left.iter().zip(&right);
        Ok(bits.into_iter().all(|(l, r)| l.to_bits() == r.to_bits()))
    }
}

type Pairs = Vec<(String, String)>;
