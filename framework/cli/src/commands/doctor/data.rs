//! Benchmarks' folders, and published weights.

use exp_core::experiment::ClipSource;
use exp_core::plugin::PluginError;
use exp_core::tree::Diagnostic;
use exp_train::Registry;
use exp_weights::fetch::{PUBLISHED, cached};

use super::finding::{Finding, Section};
use crate::project::Project;

/// Every benchmark that has a protocol file, and whether its folder is there.
pub fn benchmarks(project: &Project, registry: &Registry) -> Section {
    let names = project.benchmarks();
    let findings = names.iter().map(|name| benchmark(name, project, registry));
    Section::of("benchmarks", findings.collect())
}

fn benchmark(name: &str, project: &Project, registry: &Registry) -> Finding {
    let source = project
        .read_protocol(name)
        .and_then(|protocol| Ok(ClipSource::decode(&protocol, &[], registry)?));
    let plugin = match source {
        Ok(source) => source.benchmark.plugin,
        Err(error) => {
            // One line; the rest of a diagnostic shows the place.
            let text = format!("{error:#}");
            let line = text.lines().next().unwrap_or_default().to_owned();
            return Finding::broken(name, line)
                .advice(format!("`exp data check {name}` shows where"));
        }
    };
    match plugin.root(project.root()) {
        None if plugin.is_synthetic() => Finding::ok(name, "drawn when it is needed"),
        None => Finding::ok(name, "its settings name its files"),
        Some(Ok(folder)) if folder.is_dir() => Finding::ok(name, folder.display().to_string()),
        Some(Ok(folder)) => Finding::broken(
            name,
            format!("{} is named, and there is no such folder", folder.display()),
        ),
        Some(Err(error)) => missing(name, error),
    }
}

fn missing(name: &str, error: PluginError) -> Finding {
    match error.downcast::<Diagnostic>() {
        Ok(diagnostic) => Finding {
            advice: diagnostic.help,
            ..Finding::missing(name, diagnostic.message)
        },
        Err(error) => Finding::missing(name, error.to_string()),
    }
}

/// Which published backbones have been fetched.
pub fn weights() -> Section {
    let findings = PUBLISHED.iter().map(|published| match cached(published) {
        Ok(Some(path)) => Finding::ok(published.name, path.display().to_string()),
        Ok(None) => Finding::missing(published.name, "not fetched")
            .advice(format!("`exp weights fetch {}`", published.name)),
        Err(error) => Finding::missing(published.name, error.to_string()),
    });
    Section::of("weights", findings.collect())
}
