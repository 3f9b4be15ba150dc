//! A CLIP under OpenAI's names, which OpenCLIP shares. They are the names used here.

use super::Place;

/// Beginnings of the names, but for the image encoder's.
const TEXT: [&str; 3] = ["transformer.", "token_embedding.", "ln_final."];

/// What a tensor is here.
pub(super) fn place(name: &str) -> Option<Place> {
    let text = TEXT.iter().any(|start| name.starts_with(start));
    let single = ["positional_embedding", "text_projection", "logit_scale"].contains(&name);
    (name.starts_with("visual.") || text || single).then(|| Place::whole(name))
}
