//! Pictures of the hardest clips for the report: only of drawn ones, since no dataset of real faces
//! may be handed on.

use anyhow::ensure;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use exp_core::plugin::Place;
use exp_core::tree::{Node, Source};
use exp_data::{manifest_hash, strip};
use exp_report::Report;
use exp_store::RunRecord;
use exp_train::Registry;

use crate::project::Project;

/// Adds the pictures. Where that cannot be done the report goes without them, and a note says why.
pub fn add(report: &mut Report, project: &Project, registry: &Registry) {
    for at in 0..report.summary.benchmarks.len() {
        let benchmark = &report.summary.benchmarks[at];
        if !benchmark.synthetic || report.hardest[at].is_empty() {
            continue;
        }
        let name = benchmark.name.clone();
        let runs = report.data.runs.iter();
        let run = runs
            .into_iter()
            .find(|run| run.benchmark == name && run.provenance.is_some());
        let clips: Vec<String> = report.hardest[at]
            .iter()
            .map(|clip| clip.clip.clone())
            .collect();
        match run.map_or(Ok(Vec::new()), |run| draw(run, &clips, project, registry)) {
            Ok(strips) => {
                for (clip, strip) in strips {
                    report.strips.insert((name.clone(), clip), strip);
                }
            }
            Err(error) => eprintln!("note: the report goes without pictures of clips: {error:#}"),
        }
    }
}

/// The strips of some test clips of a run's benchmark, as `data:` URIs.
fn draw(
    run: &RunRecord,
    clips: &[String],
    project: &Project,
    registry: &Registry,
) -> anyhow::Result<Vec<(String, String)>> {
    let source = Source::new(
        "the benchmark in the store",
        run.settings["benchmark"].to_string(),
    );
    let benchmark = registry.benchmarks.choose(&Node::parse(source)?)?.plugin;
    ensure!(
        benchmark.is_synthetic(),
        "the benchmark {} is no longer a drawn one",
        run.benchmark
    );
    let data = project.runs().join("data");
    let place = Place {
        project: project.root(),
        data: &data,
        progress: &|_, _| {},
    };
    let split = benchmark
        .open(run.fold, &place)
        .map_err(|error| anyhow::anyhow!("{error}"))?;
    let trained_on = run
        .provenance
        .as_ref()
        .map(|provenance| &provenance.manifest);
    ensure!(
        Some(&manifest_hash(&split)?) == trained_on,
        "the clips of {} are not those that the runs saw",
        run.benchmark
    );
    let named = split.test.iter().filter(|clip| clips.contains(&clip.name));
    named
        .map(|clip| {
            let picture = BASE64_STANDARD.encode(strip::jpeg(&clip.frames)?);
            Ok((
                clip.name.clone(),
                format!("data:image/jpeg;base64,{picture}"),
            ))
        })
        .collect()
}
