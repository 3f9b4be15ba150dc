//! Burn modules filled from named tensors, and the other way round.

use std::collections::BTreeMap;
use std::fmt;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Tensor, TensorData};
use exp_weights::{WeightError, Weights};

use crate::names::{Step, file_name, is_transposed};

/// Which parameters are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// All of them.
    All,
    /// Those that are trained; frozen ones are left as they are.
    Trained,
}

/// How the tensors of a file fit the parameters of a module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fit {
    /// Tensors that fill a parameter.
    pub used: Vec<String>,
    /// Parameters that no tensor has the name of.
    pub missing: Vec<Missing>,
    /// Tensors of the right name and another shape.
    pub mismatched: Vec<Mismatch>,
    /// Tensors that the module has no use for.
    pub unused: Vec<String>,
}

/// A parameter that no tensor has the name of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// Its name.
    pub name: String,
    /// The shape that the tensor should have.
    pub shape: Vec<usize>,
    /// Unused tensors that it may be, the most similar name first.
    pub nearest: Vec<String>,
}

/// A tensor of the right name and another shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// Its name.
    pub name: String,
    /// Its shape.
    pub found: Vec<usize>,
    /// The shape that the model needs.
    pub needed: Vec<usize>,
}

/// Tensors that do not fit a module, or cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// They do not fit.
    #[error("the weights in {file} do not fit the model: {fit}")]
    Unfit {
        /// The file.
        file: String,
        /// What does not fit.
        fit: Box<Fit>,
    },
    /// They cannot be read.
    #[error(transparent)]
    Read(#[from] WeightError),
}

/// How many of many like things a message names.
const NAMED: usize = 5;

/// The least similarity of a name that is a candidate, from 0 to 1.
const SIMILAR: f64 = 0.6;

/// How many candidates for a missing tensor a message names.
const CANDIDATES: usize = 2;

impl Fit {
    /// An error unless every parameter has its tensor.
    pub fn complete(self, weights: &Weights) -> Result<Self, LoadError> {
        match self.missing.is_empty() && self.mismatched.is_empty() {
            true => Ok(self),
            false => Err(LoadError::Unfit {
                file: weights.name().to_owned(),
                fit: Box::new(self),
            }),
        }
    }

    /// The tensors that are of no use, for messages; `None` where all are used.
    pub fn unused_note(&self) -> Option<String> {
        let (used, unused) = (self.used.len(), self.unused.len());
        let named = self.unused[..unused.min(NAMED)].join(", ");
        let more = match unused.saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        (unused > 0).then(|| format!("{used} tensors used, {unused} not: {named}{more}"))
    }
}

/// What is wrong, for messages.
impl fmt::Display for Fit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let missing = self.missing.iter().map(|missing| {
            format!(
                "there is no tensor `{}` {:?}{}",
                missing.name,
                missing.shape,
                perhaps(&missing.nearest)
            )
        });
        let mismatched = self.mismatched.iter().map(|mismatch| {
            format!(
                "tensor `{}` has shape {:?}, the model needs {:?}",
                mismatch.name, mismatch.found, mismatch.needed
            )
        });
        let wrong: Vec<String> = missing.chain(mismatched).collect();
        write!(f, "{}", wrong[..wrong.len().min(NAMED)].join("; "))?;
        match wrong.len().saturating_sub(NAMED) {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

/// Compares names and shapes. No parameter gets a value, and no tensor is read.
pub fn fit<M: Module>(module: &M, weights: &Weights, which: Which) -> Fit {
    let mut comparer = Comparer {
        weights,
        which,
        path: Vec::new(),
        fit: Fit::default(),
    };
    module.visit(&mut comparer);
    let mut fit = comparer.fit;
    fit.unused = weights
        .names()
        .filter(|name| !fit.used.iter().any(|used| used == name))
        .filter(|name| !fit.mismatched.iter().any(|wrong| wrong.name == *name))
        .chain(weights.unmapped().iter().map(String::as_str))
        .map(str::to_owned)
        .collect();
    for missing in &mut fit.missing {
        let unused = fit.unused.iter().map(String::as_str);
        missing.nearest = nearest(&missing.name, unused);
    }
    fit
}

/// The names most similar to one that is missing.
pub(crate) fn nearest<'a>(name: &str, others: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut scored: Vec<(f64, &str)> = others
        .map(|other| (strsim::normalized_damerau_levenshtein(name, other), other))
        .filter(|(score, _)| *score > SIMILAR)
        .collect();
    scored.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    scored
        .into_iter()
        .take(CANDIDATES)
        .map(|(_, other)| other.to_owned())
        .collect()
}

/// Candidates as a message goes on with them.
pub(crate) fn perhaps(nearest: &[String]) -> String {
    match nearest.is_empty() {
        true => String::new(),
        false => format!(" (the nearest: `{}`)", nearest.join("`, `")),
    }
}

/// Fills parameters of a module from the tensors of their names. A missing tensor or one of
/// another shape is an error that names them; tensors that the module has no use for are left, and
/// named beside the module.
pub fn load<M: Module>(module: M, weights: &Weights, which: Which) -> Result<(M, Fit), LoadError> {
    let fit = fit(&module, weights, which).complete(weights)?;
    Ok((fill(module, weights, which)?, fit))
}

/// The same where it is known that the tensors fit.
pub(crate) fn fill<M: Module>(module: M, weights: &Weights, which: Which) -> Result<M, LoadError> {
    let mut filler = Filler {
        weights,
        which,
        path: Vec::new(),
        failed: None,
    };
    let module = module.map(&mut filler);
    match filler.failed {
        None => Ok(module),
        Some(error) => Err(error.into()),
    }
}

/// Parameters of a module by their names in files.
pub fn collect<M: Module>(module: &M, which: Which) -> BTreeMap<String, (Vec<usize>, Vec<f32>)> {
    let mut collector = Collector {
        which,
        path: Vec::new(),
        tensors: BTreeMap::new(),
    };
    module.visit(&mut collector);
    collector.tensors
}

fn is_meant<const D: usize>(which: Which, param: &Param<Tensor<D>>) -> bool {
    which == Which::All || param.val().is_require_grad()
}

/// The shape of a parameter's tensor in a file.
fn file_shape<const D: usize>(param: &Param<Tensor<D>>, transposed: bool) -> Vec<usize> {
    let mut shape = param.lazy_shape().as_slice().to_vec();
    if transposed {
        shape.reverse();
    }
    shape
}

struct Comparer<'a> {
    weights: &'a Weights,
    which: Which,
    path: Vec<Step>,
    fit: Fit,
}

impl ModuleVisitor for Comparer<'_> {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.push((name.to_owned(), container.to_owned()));
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if !is_meant(self.which, param) {
            return;
        }
        let name = file_name(&self.path);
        let transposed = is_transposed(&self.path);
        let needed = file_shape(param, transposed);
        let Some(found) = self.weights.shape(&name) else {
            self.fit.missing.push(Missing {
                name,
                shape: needed,
                nearest: Vec::new(),
            });
            return;
        };
        let fits = match found {
            // A patch convolution [out, channels, patch, patch] is a linear layer over its pixels.
            [out, rest @ ..] if transposed && rest.len() > 1 => {
                needed == [*out, rest.iter().product()]
            }
            // A single number is a scalar in some files.
            _ => found == needed || (found.is_empty() && needed == [1]),
        };
        match fits {
            true => self.fit.used.push(name),
            false => self.fit.mismatched.push(Mismatch {
                found: found.to_vec(),
                name,
                needed,
            }),
        }
    }
}

struct Filler<'a> {
    weights: &'a Weights,
    which: Which,
    path: Vec<Step>,
    failed: Option<WeightError>,
}

impl ModuleMapper for Filler<'_> {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.push((name.to_owned(), container.to_owned()));
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if !is_meant(self.which, &param) || self.failed.is_some() {
            return param;
        }
        let values = match self.weights.read(&file_name(&self.path)) {
            Ok(values) => values,
            Err(error) => {
                self.failed = Some(error);
                return param;
            }
        };
        let transposed = is_transposed(&self.path);
        let data = TensorData::new(values, file_shape(&param, transposed));
        let tensor = Tensor::<D>::from_data(data, &param.lazy_device());
        let tensor = if transposed {
            tensor.swap_dims(0, 1)
        } else {
            tensor
        };
        let id = param.id;
        param.transform_for_load(tensor, id)
    }
}

struct Collector {
    which: Which,
    path: Vec<Step>,
    tensors: BTreeMap<String, (Vec<usize>, Vec<f32>)>,
}

impl ModuleVisitor for Collector {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.push((name.to_owned(), container.to_owned()));
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if !is_meant(self.which, param) {
            return;
        }
        let tensor = if is_transposed(&self.path) {
            param.val().swap_dims(0, 1)
        } else {
            param.val()
        };
        let shape = tensor.dims().to_vec();
        let values: Vec<f32> = tensor.into_data().iter::<f32>().collect();
        self.tensors.insert(file_name(&self.path), (shape, values));
    }
}
