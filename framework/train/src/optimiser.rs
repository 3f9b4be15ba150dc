//! Stochastic gradient descent with the reference's three groups of parameters.

use burn::lr_scheduler::module_lr_scheduler::{ModuleLearningRate, ModuleLrScheduler};
use burn::module::{Module, ParamGroup};
use burn::optim::decay::WeightDecayConfig;
use burn::optim::momentum::MomentumConfig;
use burn::optim::{GradientsParams, ModuleOptimizer, SgdConfig};
use exp_core::experiment::Training;

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

/// The optimiser of a DFER-CLIP.
pub(crate) struct Optimiser {
    rates: Rates,
    sgd: ModuleOptimizer,
}

impl Optimiser {
    pub(crate) fn new(rates: Rates) -> Self {
        // Burn's momentum dampens by 0.1 unless told otherwise; PyTorch's does not.
        let momentum = MomentumConfig::new()
            .with_momentum(rates.momentum)
            .with_dampening(0.0);
        let sgd = SgdConfig::new()
            .with_momentum(Some(momentum))
            .with_weight_decay(Some(WeightDecayConfig::new(rates.weight_decay as f32)))
            .init();
        Self { rates, sgd }
    }

    /// One step, every learning rate multiplied by `factor`.
    pub(crate) fn step<M: Module>(&mut self, model: M, grads: GradientsParams, factor: f64) -> M {
        self.sgd.step(self.learning_rates(factor), model, grads)
    }

    /// The groups are told apart by the beginning of a parameter's path (Burn looks for a piece
    /// of the path; where several match, the last one wins).
    fn learning_rates(&self, factor: f64) -> ModuleLearningRate {
        ModuleLrScheduler::new(self.rates.image * factor)
            .with_group(
                ParamGroup::from_predicate("context"),
                self.rates.context * factor,
            )
            .with_group(
                ParamGroup::from_predicate("temporal."),
                self.rates.temporal * factor,
            )
            .step()
    }
}
