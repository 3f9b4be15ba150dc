use std::path::{Path, PathBuf};

use exp_core::plugin::{PluginError, PromptSource};
use exp_prompts::description_set::find;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::descriptions::described;
use super::template::Sentence;

/// Several texts for each class: the mean of their normalised features stands for the class, as
/// CLIP's authors do with templates (Radford et al., ICML 2021, section 3.1.4).
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Ensemble {
    /// Sets of descriptions; each has a text for every class.
    sets: Vec<String>,
    /// Sentences; `{class}` stands for the class name.
    templates: Vec<Sentence>,
}

impl PromptSource for Ensemble {
    fn texts(&self, classes: &[String], library: &Path) -> Result<Vec<Vec<String>>, PluginError> {
        let count = self.sets.len() + self.templates.len();
        if count < 2 {
            return Err(format!(
                "an ensemble has two texts a class or more, this one has {count}: name more \
                 `sets` or `templates`"
            )
            .into());
        }
        let mut texts: Vec<Vec<String>> = classes
            .iter()
            .map(|class| self.templates.iter().map(|text| text.of(class)).collect())
            .collect();
        for set in &self.sets {
            for (texts, text) in texts.iter_mut().zip(described(set, classes, library)?) {
                texts.push(text);
            }
        }
        Ok(texts)
    }

    fn files(&self, library: &Path) -> Vec<PathBuf> {
        let sets = self.sets.iter();
        sets.filter_map(|set| find(library, set).ok()).collect()
    }
}
