//! The operations under automatic differentiation on the CPU.
//!
//! Each keeps its inputs and computes again what else its backward pass needs, which costs less
//! than to fetch it from memory. Under activation checkpointing their outputs are not kept either.

use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::retro_forward::RetroForward;
use burn::backend::autodiff::checkpoint::state::BackwardStates;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind, unary};
use burn::backend::flex::FlexTensor;
use burn::backend::ops::FloatTensorOps;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Flex};

use super::{Fused, cpu};

impl<C: CheckpointStrategy> Fused for Autodiff<Flex, C> {
    fn quick_gelu(x: FloatTensor<Self>) -> FloatTensor<Self> {
        let prepared = QuickGelu
            .prepare::<C>([x.node()])
            .memory_bound()
            .retro_forward(Again::QuickGelu(x.id()))
            .parents([&x])
            .stateful();
        match prepared {
            OpsKind::Tracked(mut prepared) => {
                let state = prepared.checkpoint(&x);
                prepared.finish(state, Flex::quick_gelu(x.into_primitive()))
            }
            OpsKind::UnTracked(prepared) => prepared.finish(Flex::quick_gelu(x.into_primitive())),
        }
    }

    fn normalised_rows(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        let again = Again::NormalisedRows(x.id(), gamma.id(), beta.id());
        let prepared = NormalisedRows
            .prepare::<C>([x.node(), gamma.node(), beta.node()])
            .memory_bound()
            .retro_forward(again)
            .parents([&x, &gamma, &beta])
            .stateful();
        match prepared {
            OpsKind::Tracked(mut prepared) => {
                let state = (prepared.checkpoint(&x), prepared.checkpoint(&gamma));
                let (x, gamma, beta) = (x.into_primitive(), gamma.into_primitive(), beta);
                prepared.finish(
                    state,
                    Flex::normalised_rows(x, gamma, beta.into_primitive()),
                )
            }
            OpsKind::UnTracked(prepared) => prepared.finish(Flex::normalised_rows(
                x.into_primitive(),
                gamma.into_primitive(),
                beta.into_primitive(),
            )),
        }
    }

    fn affine(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        // Each is only needed for the other's gradient.
        let (keeps_x, keeps_weight) = (weight.is_tracked(), x.is_tracked());
        let prepared = Affine
            .prepare::<C>([x.node(), weight.node(), bias.node()])
            .compute_bound()
            .stateful();
        match prepared {
            OpsKind::Tracked(mut prepared) => {
                let state = (
                    keeps_x.then(|| prepared.checkpoint(&x)),
                    keeps_weight.then(|| prepared.checkpoint(&weight)),
                );
                let (x, weight) = (x.into_primitive(), weight.into_primitive());
                prepared.finish(state, Flex::affine(x, weight, bias.into_primitive()))
            }
            OpsKind::UnTracked(prepared) => prepared.finish(Flex::affine(
                x.into_primitive(),
                weight.into_primitive(),
                bias.into_primitive(),
            )),
        }
    }

    fn add_scaled(x: FloatTensor<Self>, y: FloatTensor<Self>, factor: f32) -> FloatTensor<Self> {
        Self::float_add(x, Self::float_mul_scalar(y, factor.into()))
    }

    fn attended(parts: FloatTensor<Self>, length: usize, causal: bool) -> FloatTensor<Self> {
        let prepared = Attended
            .prepare::<C>([parts.node()])
            .memory_bound()
            .retro_forward(Again::Attended(parts.id(), length, causal))
            .parents([&parts])
            .stateful();
        match prepared {
            OpsKind::Tracked(mut prepared) => {
                let state = (prepared.checkpoint(&parts), length, causal);
                prepared.finish(
                    state,
                    Flex::attended(parts.into_primitive(), length, causal),
                )
            }
            OpsKind::UnTracked(prepared) => {
                prepared.finish(Flex::attended(parts.into_primitive(), length, causal))
            }
        }
    }
}

#[derive(Debug)]
struct QuickGelu;

impl Backward<Flex, 1> for QuickGelu {
    type State = NodeId;

    fn backward(
        self,
        ops: Ops<Self::State, 1>,
        grads: &mut Gradients,
        checkpointer: &mut Checkpointer,
    ) {
        let x = checkpointer.retrieve_node_output::<FlexTensor>(ops.state);
        unary::<Flex, _>(ops.parents, ops.node, grads, |grad| {
            cpu::gelu::backward(x, grad)
        });
    }
}

#[derive(Debug)]
struct NormalisedRows;

impl Backward<Flex, 3> for NormalisedRows {
    /// The input and `gamma`.
    type State = (NodeId, NodeId);

    fn backward(
        self,
        ops: Ops<Self::State, 3>,
        grads: &mut Gradients,
        checkpointer: &mut Checkpointer,
    ) {
        let grad = grads.consume::<Flex>(&ops.node);
        let x = checkpointer.retrieve_node_output::<FlexTensor>(ops.state.0);
        let gamma = checkpointer.retrieve_node_output::<FlexTensor>(ops.state.1);
        let [to_x, to_gamma, to_beta] = ops.parents;
        let trained = to_gamma.is_some() || to_beta.is_some();
        let out = cpu::norm::backward(x, gamma, grad, trained);
        if let Some(node) = to_x {
            grads.register::<Flex>(node.id, out.x);
        }
        if let (Some(node), Some(grad)) = (to_gamma, out.gamma) {
            grads.register::<Flex>(node.id, grad);
        }
        if let (Some(node), Some(grad)) = (to_beta, out.beta) {
            grads.register::<Flex>(node.id, grad);
        }
    }
}

#[derive(Debug)]
struct Affine;

impl Backward<Flex, 3> for Affine {
    /// The input and the weight, where they are kept.
    type State = (Option<NodeId>, Option<NodeId>);

    fn backward(
        self,
        ops: Ops<Self::State, 3>,
        grads: &mut Gradients,
        checkpointer: &mut Checkpointer,
    ) {
        let grad = grads.consume::<Flex>(&ops.node);
        let mut kept =
            |id: Option<NodeId>| id.map(|id| checkpointer.retrieve_node_output::<FlexTensor>(id));
        let (x, weight) = (kept(ops.state.0), kept(ops.state.1));
        let [to_x, to_weight, to_bias] = ops.parents;
        if let Some(node) = to_bias {
            grads.register::<Flex>(node.id, cpu::linear::to_bias(&grad));
        }
        if let (Some(node), Some(x)) = (to_weight, x) {
            grads.register::<Flex>(node.id, cpu::linear::to_weight(x, grad.clone()));
        }
        if let (Some(node), Some(weight)) = (to_x, weight) {
            grads.register::<Flex>(node.id, cpu::linear::to_x(weight, grad));
        }
    }
}

#[derive(Debug)]
struct Attended;

impl Backward<Flex, 1> for Attended {
    /// Queries, keys and values; the length of a sequence; whether later tokens are hidden.
    type State = (NodeId, usize, bool);

    fn backward(
        self,
        ops: Ops<Self::State, 1>,
        grads: &mut Gradients,
        checkpointer: &mut Checkpointer,
    ) {
        let (parts, length, causal) = ops.state;
        let parts = checkpointer.retrieve_node_output::<FlexTensor>(parts);
        unary::<Flex, _>(ops.parents, ops.node, grads, |grad| {
            cpu::attention::backward(parts, grad, length, causal)
        });
    }
}

/// How an output that was not kept is computed again.
#[derive(Debug)]
enum Again {
    QuickGelu(NodeId),
    NormalisedRows(NodeId, NodeId, NodeId),
    Attended(NodeId, usize, bool),
}

impl RetroForward for Again {
    fn forward(&self, states: &mut BackwardStates, out: NodeId) {
        let mut state = |id| states.get_state::<FlexTensor>(id);
        let output = match self {
            Self::QuickGelu(x) => Flex::quick_gelu(state(x)),
            Self::NormalisedRows(x, gamma, beta) => {
                Flex::normalised_rows(state(x), state(gamma), state(beta))
            }
            Self::Attended(parts, length, causal) => Flex::attended(state(parts), *length, *causal),
        };
        states.save(out, output);
    }
}
