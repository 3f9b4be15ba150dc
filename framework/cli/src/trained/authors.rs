//! The settings of a checkpoint of DFER-CLIP's authors, as far as its tensors show them.

use std::path::Path;

use anyhow::Context;
use exp_model::clip::{ClipSizes, HEAD_WIDTH};
use exp_weights::Weights;
use serde_json::{Value as Json, json};

/// The settings under which the file's tensors are used. Where the class text stands among the
/// contexts is not shown by any tensor: the default is the paper's choice.
pub fn settings(weights: &Weights, path: &Path) -> anyhow::Result<Json> {
    let sizes = ClipSizes::of(weights).with_context(|| path.display().to_string())?;
    let tokens = weights
        .shape("temporal.pos_embedding")
        .and_then(|shape| shape.get(1));
    let class_token = weights.shape("temporal.cls_token").is_some();
    let mut clip = json!({ "size": sizes.image });
    if let Some(tokens) = tokens {
        clip["frames"] = (tokens - usize::from(class_token)).into();
    }
    Ok(json!({
        "backbone": path,
        "prompt": "embedded",
        "context": context(weights),
        "temporal": temporal(weights, class_token),
        "clip": clip,
    }))
}

fn context(weights: &Weights) -> Json {
    match weights.shape("context") {
        Some(&[sets, tokens, _]) => json!({
            "learnable": { "tokens": tokens, "per_class": sets > 1 }
        }),
        _ => json!("none"),
    }
}

/// Tensors do not show how the width of the projections is divided into heads; they are 64 wide
/// in the public code.
fn temporal(weights: &Weights, class_token: bool) -> Json {
    let rows = |name: &str| weights.shape(name).and_then(|shape| shape.first()).copied();
    let (Some(projected), Some(mlp)) = (
        rows("temporal.layers.0.to_qkv.weight"),
        rows("temporal.layers.0.fc.weight"),
    ) else {
        return json!("mean");
    };
    let kind = match class_token {
        true => "transformer",
        false => "transformer_mean",
    };
    json!({
        kind: {
            "depth": weights.layers("temporal.layers."),
            "heads": (projected / (3 * HEAD_WIDTH)).max(1),
            "head_width": HEAD_WIDTH,
            "mlp_width": mlp,
        }
    })
}
