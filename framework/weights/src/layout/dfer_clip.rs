//! A trained DFER-CLIP as its authors' script writes it (Zhao and Patras, "Prompting Visual-Language
//! Models for Dynamic Facial Expression Recognition", 2023).
//!
//! The script keeps the encoders of the CLIP as modules of their own and the CLIP as a whole too,
//! so that most tensors are there twice.

use super::{Mapping, Place, openai};

/// Beginnings of the names.
pub(super) const PREFIXES: [&str; 5] = [
    "image_encoder.",
    "text_encoder.",
    "clip_model_.",
    "prompt_learner.",
    "temporal_net.",
];

/// The class prompts: name there, name here.
const PROMPTS: [(&str, &str); 3] = [
    ("prompt_learner.ctx", "context"),
    ("prompt_learner.token_prefix", "prompt.prefix"),
    ("prompt_learner.token_suffix", "prompt.suffix"),
];

/// Layers of a block of the temporal model, which are numbered there: the first residual branch
/// is attention, the second the feed-forward network, whose linear layers are its parts 0 and 3.
const TEMPORAL: [(&str, &str); 6] = [
    ("0.fn.norm.", "norm_1."),
    ("1.fn.norm.", "norm_2."),
    ("0.fn.fn.to_qkv.", "to_qkv."),
    ("0.fn.fn.to_out.0.", "to_out."),
    ("1.fn.fn.net.0.", "fc."),
    ("1.fn.fn.net.3.", "proj."),
];

/// What a tensor is here.
pub(super) fn place(name: &str) -> Option<Place> {
    if let Some((_, here)) = PROMPTS.iter().find(|(there, _)| *there == name) {
        return Some(Place::whole(*here));
    }
    if let Some(name) = name.strip_prefix("image_encoder.") {
        return Some(Place::whole(format!("image.{name}")));
    }
    if let Some(name) = name.strip_prefix("text_encoder.") {
        return openai::place(name);
    }
    if let Some(name) = name.strip_prefix("clip_model_.") {
        let place = openai::place(name)?;
        return Some(Place {
            spare: true,
            ..place
        });
    }
    let name = name.strip_prefix("temporal_net.")?;
    let name = match name.strip_prefix("temporal_transformer.layers.") {
        Some(name) => format!("layers.{}", layer(name)?),
        None => name.to_owned(),
    };
    Some(Place::whole(format!("temporal.{name}")))
}

/// The name of a layer inside the temporal blocks, from its block's number on.
fn layer(name: &str) -> Option<String> {
    let (block, name) = name.split_once('.')?;
    TEMPORAL
        .iter()
        .find_map(|(there, here)| Some(format!("{block}.{here}{}", name.strip_prefix(there)?)))
}

/// Adds what other names imply: a context that all classes share has one entry for them, and a
/// CLIP that is not there as a whole has the trained image encoder.
pub(super) fn complete(mapping: &mut Mapping) {
    if let Some(context) = mapping.views.get_mut("context")
        && context.shape.len() == 2
    {
        context.shape.insert(0, 1);
    }
    if mapping.views.keys().any(|name| name.starts_with("visual.")) {
        return;
    }
    let image = mapping.views.iter();
    let visual: Vec<_> = image
        .filter_map(|(name, view)| {
            let name = format!("visual.{}", name.strip_prefix("image.")?);
            Some((name, view.clone()))
        })
        .collect();
    mapping.views.extend(visual);
}
