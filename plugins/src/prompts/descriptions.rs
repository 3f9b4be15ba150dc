use std::path::{Path, PathBuf};

use exp_core::plugin::{PluginError, PromptSource};
use exp_core::tree::{Diagnostic, suggest};
use exp_prompts::description_set::{DescriptionSet, DescriptionSetError, find};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A description for each class, from a set in the folder `prompts`.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Descriptions {
    /// The set's name: that of its file without `.yaml`.
    set: String,
}

impl PromptSource for Descriptions {
    fn texts(&self, classes: &[String], library: &Path) -> Result<Vec<Vec<String>>, PluginError> {
        let texts = described(&self.set, classes, library)?;
        Ok(texts.into_iter().map(|text| vec![text]).collect())
    }

    fn files(&self, library: &Path) -> Vec<PathBuf> {
        find(library, &self.set).into_iter().collect()
    }
}

/// One text for each class from the set of this name.
pub(super) fn described(
    set: &str,
    classes: &[String],
    library: &Path,
) -> Result<Vec<String>, PluginError> {
    DescriptionSet::load(library, set)
        .and_then(|set| set.for_classes(classes))
        .map_err(in_settings)
}

/// A mistake in the set's file has its place there; any other is shown where the set was chosen.
fn in_settings(error: DescriptionSetError) -> PluginError {
    match error {
        DescriptionSetError::Invalid(diagnostic) => diagnostic,
        DescriptionSetError::Missing { name, known, .. } => {
            let mut diagnostic = Diagnostic::new(format!("there is no description set `{name}`"));
            let known = known.iter().map(String::as_str);
            diagnostic.help = suggest(&name, "the folder `prompts` has", known);
            diagnostic.into()
        }
        DescriptionSetError::NoText { set, class, known } => Diagnostic::new(format!(
            "the description set `{set}` has no text for the class `{class}`"
        ))
        .help(format!("it has texts for: {}", known.join(", ")))
        .into(),
        other => other.into(),
    }
}
