//! A CLIP under the names of Hugging Face's `transformers` (`CLIPModel`).
//!
//! It keeps the query, key and value matrices of attention apart, and its projections are linear
//! layers, whose matrices are the transpose of OpenAI's.

use super::Place;

/// What stands before the names when the CLIP is a part of another model.
const PREFIXES: [&str; 3] = ["", "clip.", "model."];

/// Tensors outside the blocks: name there, name here, whether transposed.
const SINGLE: [(&str, &str, bool); 8] = [
    ("logit_scale", "logit_scale", false),
    ("text_projection.weight", "text_projection", true),
    ("visual_projection.weight", "visual.proj", true),
    (
        "text_model.embeddings.token_embedding.weight",
        "token_embedding.weight",
        false,
    ),
    (
        "text_model.embeddings.position_embedding.weight",
        "positional_embedding",
        false,
    ),
    (
        "vision_model.embeddings.class_embedding",
        "visual.class_embedding",
        false,
    ),
    (
        "vision_model.embeddings.patch_embedding.weight",
        "visual.conv1.weight",
        false,
    ),
    (
        "vision_model.embeddings.position_embedding.weight",
        "visual.positional_embedding",
        false,
    ),
];

/// Layers outside the blocks, each with a weight and a bias. `pre_layrnorm` is spelt so there.
const NORMS: [(&str, &str); 3] = [
    ("text_model.final_layer_norm.", "ln_final."),
    ("vision_model.pre_layrnorm.", "visual.ln_pre."),
    ("vision_model.post_layernorm.", "visual.ln_post."),
];

/// Beginnings of the blocks' names.
const BLOCKS: [(&str, &str); 2] = [
    ("text_model.encoder.layers.", "transformer.resblocks."),
    (
        "vision_model.encoder.layers.",
        "visual.transformer.resblocks.",
    ),
];

/// Layers of a block.
const LAYERS: [(&str, &str); 5] = [
    ("self_attn.out_proj.", "attn.out_proj."),
    ("layer_norm1.", "ln_1."),
    ("layer_norm2.", "ln_2."),
    ("mlp.fc1.", "mlp.c_fc."),
    ("mlp.fc2.", "mlp.c_proj."),
];

/// Query, key and value, in the order in which OpenAI joins them.
const ATTENTION: [&str; 3] = [
    "self_attn.q_proj.",
    "self_attn.k_proj.",
    "self_attn.v_proj.",
];

/// What stands before the names; `None` when they are no CLIP of Hugging Face's.
pub(super) fn prefix(names: &[&str]) -> Option<&'static str> {
    PREFIXES.into_iter().find(|prefix| {
        names.iter().any(|name| {
            let bare = name.strip_prefix(prefix).unwrap_or_default();
            bare.starts_with("vision_model.") || bare.starts_with("text_model.")
        })
    })
}

/// What a tensor is here.
pub(super) fn place(name: &str, prefix: &str) -> Option<Place> {
    let name = name.strip_prefix(prefix)?;
    if let Some((_, here, transposed)) = SINGLE.iter().find(|(there, ..)| *there == name) {
        let place = Place::whole(*here);
        return Some(Place {
            transposed: *transposed,
            ..place
        });
    }
    if let Some(name) = renamed(name, &NORMS) {
        return Some(Place::whole(name));
    }
    let (there, here) = BLOCKS.iter().find(|(there, _)| name.starts_with(there))?;
    let (number, layer) = name[there.len()..].split_once('.')?;
    if let Some(layer) = renamed(layer, &LAYERS) {
        return Some(Place::whole(format!("{here}{number}.{layer}")));
    }
    let part = ATTENTION.iter().position(|part| layer.starts_with(part))?;
    // `weight` or `bias`.
    let kind = &layer[ATTENTION[part].len()..];
    let place = Place::whole(format!("{here}{number}.attn.in_proj_{kind}"));
    Some(Place {
        part: (part, ATTENTION.len()),
        ..place
    })
}

/// The name with another beginning.
fn renamed(name: &str, names: &[(&str, &str)]) -> Option<String> {
    names
        .iter()
        .find_map(|(there, here)| Some(format!("{here}{}", name.strip_prefix(there)?)))
}
