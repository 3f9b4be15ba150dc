//! Burn modules filled from named tensors, and the other way round.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Tensor, TensorData};

use super::file::Weights;
use super::names::{Step, file_name, is_transposed};

/// Tensors that do not fit a module.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the weights do not fit the model: {}", .0.join("; "))]
pub struct LoadError(pub Vec<String>);

/// Fills every parameter of a module from the tensor of its name. A missing tensor or one of
/// another shape is an error that names them all; tensors that the module has no use for are left.
pub fn load<M: Module>(module: M, weights: &Weights) -> Result<M, LoadError> {
    let mut filler = Filler {
        weights,
        path: Vec::new(),
        wrong: Vec::new(),
    };
    let module = module.map(&mut filler);
    if filler.wrong.is_empty() {
        Ok(module)
    } else {
        Err(LoadError(filler.wrong))
    }
}

/// All parameters of a module by their names in files. With `trained_only`, those that are
/// frozen stay out.
pub fn collect<M: Module>(
    module: &M,
    trained_only: bool,
) -> BTreeMap<String, (Vec<usize>, Vec<f32>)> {
    let mut collector = Collector {
        trained_only,
        path: Vec::new(),
        tensors: BTreeMap::new(),
    };
    module.visit(&mut collector);
    collector.tensors
}

struct Filler<'a> {
    weights: &'a Weights,
    path: Vec<Step>,
    wrong: Vec<String>,
}

impl ModuleMapper for Filler<'_> {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.push((name.to_owned(), container.to_owned()));
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let name = file_name(&self.path);
        let transposed = is_transposed(&self.path);
        let wanted: Vec<usize> = param.lazy_shape().as_slice().to_vec();
        let Some((shape, values)) = self.weights.tensor(&name) else {
            self.wrong
                .push(format!("there is no tensor `{name}` {wanted:?}"));
            return param;
        };
        let count: usize = wanted.iter().product();
        // A patch convolution [out, channels, patch, patch] is a linear layer over its pixels.
        let flat = match shape {
            [out, rest @ ..] if transposed && rest.len() > 1 => vec![*out, rest.iter().product()],
            _ => shape.to_vec(),
        };
        let fits = match (transposed, wanted.as_slice()) {
            (true, [from, to]) => flat == [*to, *from],
            _ => flat == wanted || (count == 1 && values.len() == 1),
        };
        if !fits {
            self.wrong.push(format!(
                "tensor `{name}` has shape {shape:?}, the model needs {}",
                if transposed {
                    format!("{:?}", wanted.iter().rev().collect::<Vec<_>>())
                } else {
                    format!("{wanted:?}")
                }
            ));
            return param;
        }
        let device = param.lazy_device();
        let mut shape = wanted;
        if transposed {
            shape.reverse();
        }
        let tensor = Tensor::<D>::from_data(TensorData::new(values.to_vec(), shape), &device);
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
    trained_only: bool,
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
        let tensor = param.val();
        if self.trained_only && !tensor.is_require_grad() {
            return;
        }
        let tensor = if is_transposed(&self.path) {
            tensor.swap_dims(0, 1)
        } else {
            tensor
        };
        let shape = tensor.dims().to_vec();
        let values: Vec<f32> = tensor.into_data().iter::<f32>().collect();
        self.tensors.insert(file_name(&self.path), (shape, values));
    }
}
