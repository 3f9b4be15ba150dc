//! The part of a run's settings that says which clips there are, for work that trains nothing.

use super::fields::Fields;
use super::plan::{concerns, whole};
use super::settings::{ClipSettings, KEYS, TAGGED, folds};
use crate::plugin::{Benchmark, Chosen, Registry};
use crate::tree::{Diagnostic, Mark, Node, merge};

/// A benchmark as its protocol file and `--set` choose it.
pub struct ClipSource {
    /// Where the clips come from.
    pub benchmark: Chosen<dyn Benchmark>,
    /// The benchmark's place in the settings.
    pub mark: Mark,
    /// Its folds.
    pub folds: Vec<u32>,
    /// What the model sees of a clip.
    pub clip: ClipSettings,
}

impl ClipSource {
    /// Decodes a protocol file with the `--set` of the command line laid over it, the last one
    /// strongest.
    pub fn decode<T: ?Sized + 'static>(
        protocol: &Node,
        sets: &[Node],
        registry: &Registry<T>,
    ) -> Result<Self, Diagnostic> {
        for layer in std::iter::once(protocol).chain(sets) {
            registry.check_names(layer)?;
        }
        if let Some(set) = sets.iter().find(|set| !concerns(set, protocol)) {
            return Err(Diagnostic::new("this is a setting of another benchmark")
                .at(&whole(&set.mark))
                .help("leave it out, or check that benchmark"));
        }
        let node = sets.iter().fold(protocol.clone(), |node, set| {
            merge(node, set.clone(), &TAGGED)
        });
        let fields = Fields::of(&node, "a protocol", &KEYS)?;
        let benchmark = fields.required("benchmark")?;
        Ok(Self {
            benchmark: registry.benchmarks.choose(benchmark)?,
            mark: benchmark.mark.clone(),
            folds: fields
                .entry("folds")
                .map_or(Ok(vec![1]), |entry| folds(&entry.node))?,
            clip: fields.or_default("clip")?,
        })
    }
}
