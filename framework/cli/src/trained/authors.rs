//! The settings of a checkpoint of DFER-CLIP's authors, as far as its tensors show them.

use std::path::Path;

use anyhow::{Context, bail};
use exp_model::clip::{ClipSizes, HEAD_WIDTH};
use exp_weights::Weights;
use serde_json::{Value as Json, json};

/// The settings under which the file's tensors are used. Where the class text stands among the
/// contexts is not shown by any tensor: the default is the paper's choice.
pub fn settings(weights: &Weights, path: &Path) -> anyhow::Result<Json> {
    // Whatever is left aside would make another model than the one that was trained.
    if let [first, ..] = weights.unmapped() {
        bail!(
            "{} has {} tensors that DFER-CLIP does not have, such as `{first}`: it holds another \
             model, or one of another version",
            path.display(),
            weights.unmapped().len()
        );
    }
    let sizes = ClipSizes::of(weights).with_context(|| path.display().to_string())?;
    let class_token = weights.shape("temporal.cls_token").is_some();
    let mut clip = json!({ "size": sizes.image });
    match weights.shape("temporal.pos_embedding") {
        Some(&[1, tokens, _]) if tokens > usize::from(class_token) => {
            clip["frames"] = (tokens - usize::from(class_token)).into();
        }
        Some(shape) => bail!(
            "{}: the temporal model's positions have shape {shape:?}; expected [1, tokens, features]",
            path.display()
        ),
        None => {}
    }
    Ok(json!({
        "backbone": path.display().to_string(),
        "prompt": "embedded",
        "context": context(weights, path)?,
        "temporal": temporal(weights, class_token),
        "clip": clip,
        // The image encoder was trained: it is read from the file, and not left as CLIP's.
        "train": { "learning_rate": { "image": 1e-5 } },
    }))
}

fn context(weights: &Weights, path: &Path) -> anyhow::Result<Json> {
    Ok(match weights.shape("context") {
        None => json!("none"),
        Some(&[sets, tokens, _]) => json!({
            "learnable": { "tokens": tokens, "per_class": sets > 1 }
        }),
        Some(shape) => bail!(
            "{}: the learned context has shape {shape:?}; expected [classes or 1, tokens, width]",
            path.display()
        ),
    })
}

/// Tensors do not show how the width of the projections is divided into heads; they are 64 wide
/// in the public code. A part that is missing shows when the model is filled.
fn temporal(weights: &Weights, class_token: bool) -> Json {
    if !weights.names().any(|name| name.starts_with("temporal.")) {
        return json!("mean");
    }
    let rows = |name: &str| weights.shape(name).and_then(|shape| shape.first()).copied();
    let projected = rows("temporal.layers.0.to_qkv.weight").unwrap_or(0);
    let kind = match class_token {
        true => "transformer",
        false => "transformer_mean",
    };
    json!({
        kind: {
            "depth": weights.layers("temporal.layers.").max(1),
            "heads": (projected / (3 * HEAD_WIDTH)).max(1),
            "head_width": HEAD_WIDTH,
            "mlp_width": rows("temporal.layers.0.fc.weight").unwrap_or(1).max(1),
        }
    })
}
