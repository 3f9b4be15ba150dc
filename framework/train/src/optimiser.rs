//! Stochastic gradient descent with the reference's three groups of parameters.
//!
//! The momentum is ours rather than the framework's, so that it can be written down and read again
//! as plain tensors, on the device it belongs to.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, TensorData};
use exp_core::experiment::Training;
use exp_model::ops::add_scaled;
use exp_model::parameters::LoadError;
use exp_weights::Weights;

use crate::learner::Tensors;

/// What the names of momentum begin with in a state.
const MOMENTUM: &str = "momentum.";

/// The optimiser's settings: the learning rate of each group, momentum and weight decay.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rates {
    /// Learning rate of the temporal model.
    pub temporal: f64,
    /// Learning rate of the image encoder; at zero it is frozen.
    pub image: f64,
    /// Learning rate of the context.
    pub context: f64,
    /// Momentum.
    pub momentum: f64,
    /// Weight decay on everything trained.
    pub weight_decay: f64,
}

impl From<&Training> for Rates {
    fn from(training: &Training) -> Self {
        Self {
            temporal: training.learning_rate.temporal.get(),
            image: training.learning_rate.image.get(),
            context: training.learning_rate.context.get(),
            momentum: training.momentum.get(),
            weight_decay: training.weight_decay.get(),
        }
    }
}

impl Rates {
    /// The learning rate of the parameter at a path such as `temporal.blocks.0.attention`.
    fn of(&self, path: &str) -> f64 {
        match path.split('.').next() {
            Some("temporal") => self.temporal,
            Some("context") => self.context,
            _ => self.image,
        }
    }
}

/// The optimiser of a DFER-CLIP. As PyTorch's `SGD` (its documentation gives the algorithm), with
/// dampening 0: `v <- momentum * v + (g + decay * p)`, beginning with the bracket alone, and
/// `p <- p - rate * v`.
pub(crate) struct Optimiser {
    rates: Rates,
    /// The momentum of each parameter by its path, in one row.
    momentum: BTreeMap<String, Tensor<1>>,
}

impl Optimiser {
    pub(crate) fn new(rates: Rates) -> Self {
        Self {
            rates,
            momentum: BTreeMap::new(),
        }
    }

    /// One step, every learning rate multiplied by `factor`.
    pub(crate) fn step<M: Module>(&mut self, model: M, grads: GradientsParams, factor: f64) -> M {
        model.map(&mut Step {
            optimiser: self,
            grads,
            factor,
            path: Vec::new(),
        })
    }

    /// The momentum by name.
    pub(crate) fn momentum(&self) -> Tensors {
        let row = |(path, row): (&String, &Tensor<1>)| {
            let values: Vec<f32> = row.to_data().iter::<f32>().collect();
            (format!("{MOMENTUM}{path}"), (vec![values.len()], values))
        };
        self.momentum.iter().map(row).collect()
    }

    /// Takes over the momentum that a state holds of a model's parameters; none of one that had
    /// taken no step. `device` is without gradients.
    pub(crate) fn resume<M: Module>(
        &mut self,
        model: &M,
        state: &Weights,
        device: &Device,
    ) -> Result<(), LoadError> {
        let mut sizes = Sizes::default();
        model.visit(&mut sizes);
        let mut momentum = BTreeMap::new();
        for (path, size) in sizes.sizes {
            let name = format!("{MOMENTUM}{path}");
            // Before its first step a parameter has none; of another size it would itself not fit.
            if state.shape(&name).is_some_and(|shape| shape == [size]) {
                let row = TensorData::new(state.read(&name)?, [size]);
                momentum.insert(path, Tensor::from_data(row, device));
            }
        }
        self.momentum = momentum;
        Ok(())
    }
}

/// A step of all parameters that have a gradient.
struct Step<'a> {
    optimiser: &'a mut Optimiser,
    grads: GradientsParams,
    factor: f64,
    path: Vec<String>,
}

impl ModuleMapper for Step<'_> {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(grad) = self.grads.remove::<D>(param.id) else {
            return param;
        };
        let path = self.path.join(".");
        let Optimiser { rates, momentum } = &mut *self.optimiser;
        let rate = rates.of(&path) * self.factor;
        param.map(|tensor| {
            let recomputing = tensor.gradient_checkpointing_strategy();
            let value = tensor.inner();
            let size = value.shape().num_elements();
            let change = add_scaled(grad, value.clone(), rates.weight_decay as f32);
            let change = match momentum.remove(&path) {
                Some(row) => {
                    let row = row.reshape(value.dims());
                    add_scaled(change, row, rates.momentum as f32)
                }
                None => change,
            };
            momentum.insert(path, change.clone().reshape([size]));
            let updated = Tensor::from_inner(add_scaled(value, change, -rate as f32));
            let updated = match recomputing {
                Some(strategy) => updated.with_gradient_checkpointing_strategy(strategy),
                None => updated,
            };
            updated.require_grad()
        })
    }
}

/// The number of values of each parameter, by its path.
#[derive(Default)]
struct Sizes {
    path: Vec<String>,
    sizes: BTreeMap<String, usize>,
}

impl ModuleVisitor for Sizes {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let size = param.lazy_shape().num_elements();
        self.sizes.insert(self.path.join("."), size);
    }
}
