//! The plugins that come with `exp`, one file each, and the registry that names them.

mod benchmarks;
mod contexts;
mod prompts;
mod temporal;

use exp_train::Registry;

/// All plugins that come with `exp`.
///
/// A binary with plugins of its own adds them to this registry and hands it to `exp_cli::run`.
pub fn registry() -> Registry {
    let mut registry = Registry::new();

    registry
        .prompts
        .add("class_names", |p: prompts::ClassNames| Box::new(p));
    registry
        .prompts
        .add("template", |p: prompts::Template| Box::new(p));
    registry
        .prompts
        .add("descriptions", |p: prompts::Descriptions| Box::new(p));
    registry
        .prompts
        .add("ensemble", |p: prompts::Ensemble| Box::new(p));
    registry
        .prompts
        .add("embedded", |p: prompts::Embedded| Box::new(p));

    registry
        .contexts
        .add("none", |c: contexts::NoContext| Box::new(c));
    registry
        .contexts
        .add("learnable", |c: contexts::Learnable| Box::new(c));

    registry
        .temporals
        .add("transformer", |t: temporal::Transformer| Box::new(t));
    registry
        .temporals
        .add("transformer_mean", |t: temporal::TransformerMean| {
            Box::new(t)
        });
    registry
        .temporals
        .add("mean", |t: temporal::Mean| Box::new(t));

    registry
        .benchmarks
        .add("synthetic", |b: benchmarks::SyntheticFaces| Box::new(b));
    registry
        .benchmarks
        .add("dfew", |b: benchmarks::Dfew| Box::new(b));
    registry
        .benchmarks
        .add("ferv39k", |b: benchmarks::Ferv39k| Box::new(b));
    registry
        .benchmarks
        .add("mafw", |b: benchmarks::Mafw| Box::new(b));
    registry
        .benchmarks
        .add("frame_list", |b: benchmarks::FrameLists| Box::new(b));

    registry
}
