//! JSON schemas of the YAML files, for editors.

use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Value as Json, json};

use super::activation::Activation;
use super::augment::Augmentation;
use super::image_encoder::ImageEncoder;
use super::settings::{ClipSettings, Training};
use crate::metrics::{Metric, Rule};
use crate::plugin::{Registry, inline_generator};

const DRAFT: &str = "http://json-schema.org/draft-07/schema#";

/// The schema of an experiment file.
pub fn experiment_schema<T: ?Sized + 'static>(registry: &Registry<T>) -> Json {
    let mut generator = inline_generator();
    let metric = schema_of::<Metric>(&mut generator);
    let rule = schema_of::<Rule>(&mut generator);
    json!({
        "$schema": DRAFT,
        "title": "An experiment of exp",
        "type": "object",
        "additionalProperties": false,
        "required": ["name", "question", "benchmarks", "seeds"],
        "properties": {
            "name": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,100}$",
                "description": "Its name in the store and in file names."},
            "question": {"type": "string", "description": "What it asks, for the report."},
            "benchmarks": {"type": "array", "items": {"type": "string"}, "minItems": 1,
                "description": "Where it is measured: names of protocol files in experiments/benchmarks."},
            "base": settings(registry, &mut generator),
            "grid": {"type": "object", "minProperties": 1,
                "description": "What varies: from the path of a setting to the list of its values, each bare or as {label, value}.",
                "additionalProperties": {"type": "array", "minItems": 1}},
            "seeds": {"type": "array", "items": {"type": "integer", "minimum": 0}, "minItems": 1,
                "description": "Each seed is a run of its own."},
            "compare": {"type": "object", "additionalProperties": false,
                "description": "The one comparison that the question is about.",
                "required": ["factor", "baseline", "metric", "rule"],
                "properties": {
                    "factor": {"type": "string", "description": "A path of the grid."},
                    "baseline": {"type": "string", "description": "The label of the value that the others are compared with."},
                    "metric": metric,
                    "rule": rule,
                }},
        },
    })
}

/// The schema of a benchmark's protocol file.
pub fn protocol_schema<T: ?Sized + 'static>(registry: &Registry<T>) -> Json {
    let mut schema = settings(registry, &mut inline_generator());
    if let Some(map) = schema.as_object_mut() {
        map.insert("$schema".to_owned(), DRAFT.into());
        map.insert("title".to_owned(), "A benchmark's protocol for exp".into());
    }
    schema
}

fn settings<T: ?Sized + 'static>(registry: &Registry<T>, generator: &mut SchemaGenerator) -> Json {
    json!({
        "type": "object",
        "description": "Settings of a run.",
        "additionalProperties": false,
        "properties": {
            "benchmark": registry.benchmarks.schema(generator),
            "folds": {"type": "array", "items": {"type": "integer", "minimum": 1}, "minItems": 1,
                "description": "The folds that are run, each a run of its own."},
            "backbone": {"type": "string",
                "description": "The pretrained CLIP: `small` (built in), the name of published \
                    weights that were fetched (`exp weights fetch`), or a file."},
            "activation": schema_of::<Activation>(generator),
            "image_encoder": {
                "description": "What becomes of CLIP's image encoder in training.",
                "anyOf": [schema_of::<ImageEncoder>(generator), {"const": "frozen"}],
            },
            "prompt": registry.prompts.schema(generator),
            "context": registry.contexts.schema(generator),
            "temporal": registry.temporals.schema(generator),
            "clip": schema_of::<ClipSettings>(generator),
            "augment": schema_of::<Augmentation>(generator),
            "train": schema_of::<Training>(generator),
        },
    })
}

fn schema_of<S: JsonSchema>(generator: &mut SchemaGenerator) -> Json {
    S::json_schema(generator).to_value()
}
