//! From a parameter's path in a Burn module to a tensor's name in a file.

/// One step of a path: the field's name and the type of the module that holds it.
pub(crate) type Step = (String, String);

/// The name of the parameter in a file, as PyTorch and OpenAI's CLIP would call it.
pub(crate) fn file_name(path: &[Step]) -> String {
    let mut parts: Vec<&str> = path.iter().map(|(name, _)| name.as_str()).collect();
    if let (Some((name, container)), Some(last)) = (path.last(), parts.last_mut())
        && container.contains("LayerNorm")
    {
        *last = match name.as_str() {
            "gamma" => "weight",
            "beta" => "bias",
            other => other,
        };
    }
    // OpenAI keeps the text encoder's tensors at the top.
    if parts.first() == Some(&"text") {
        parts.remove(0);
    }
    let name = parts.join(".");
    name.replace(".in_proj.weight", ".in_proj_weight")
        .replace(".in_proj.bias", ".in_proj_bias")
}

/// Whether the parameter is a linear layer's weight, which Burn keeps as `[in, out]` and files
/// as `[out, in]`.
pub(crate) fn is_transposed(path: &[Step]) -> bool {
    path.last()
        .is_some_and(|(name, container)| name == "weight" && container.contains("Linear"))
}
