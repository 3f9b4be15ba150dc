//! `exp prompts inspect`: which class texts a backbone can hardly tell apart.

use std::path::{Path, PathBuf};

use clap::Args;
use exp_core::experiment::{Activation, ClipSource};
use exp_core::tree::Diagnostic;
use exp_model::backbone::{Backbone, SMALL};
use exp_model::clip::Clip;
use exp_model::prompt::{ClassPrompts, ClassText};
use exp_prompts::DescriptionSet;
use exp_report::similarity::{Looked, Similarities, page, table};
use exp_train::Registry;

use crate::Outcome;
use crate::commands::report::save;
use crate::device::DeviceArgument;
use crate::inputs::{Inputs, open_backbone};
use crate::project::Project;

/// Show which class texts a backbone can hardly tell apart.
///
/// Prints the cosine similarity of every two texts of a set, and writes them as a heat map.
#[derive(Args)]
pub struct Arguments {
    /// The sets' names.
    #[arg(value_name = "SET", required = true)]
    sets: Vec<String>,
    /// The CLIP that reads them: `small`, published weights, or a file, which is taken to have
    /// the activation of OpenAI's.
    #[arg(long, value_name = "NAME|FILE", default_value = SMALL)]
    backbone: String,
    /// Look at the classes of this benchmark [default: all of the set].
    #[arg(long, value_name = "BENCHMARK")]
    on: Option<String>,
    /// Where to write the page [default: reports/html/prompts_SET.html].
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    device: DeviceArgument,
}

pub fn run(arguments: &Arguments, registry: &Registry) -> anyhow::Result<Outcome> {
    let device = arguments.device.one()?.device;
    let project = Project::find(&std::env::current_dir()?)?;
    let sets = arguments
        .sets
        .iter()
        .map(|name| DescriptionSet::load(&project.prompts(), name))
        .collect::<Result<Vec<_>, _>>()?;
    let classes = match &arguments.on {
        Some(benchmark) => Some(classes(&project, benchmark, registry)?),
        None => None,
    };
    let backbone = open_backbone(&arguments.backbone, Path::new(""))?;
    let inputs = Inputs::new(&project);
    let texts = sets
        .iter()
        .map(|set| encodable(set, classes.as_deref(), &inputs, &backbone))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let clip = backbone.load(Activation::default(), &device)?;
    let looked = Looked {
        backbone: arguments.backbone.clone(),
        sha256: backbone.weights().sha256().to_owned(),
        benchmark: arguments.on.clone(),
    };
    let mut similarities = Vec::with_capacity(sets.len());
    for (set, texts) in sets.iter().zip(texts) {
        let features = features(&texts, &backbone, &clip);
        let texts = texts.into_iter().map(|text| (text.class, text.text));
        similarities.push(Similarities::new(
            set.name.clone(),
            texts.collect(),
            &features,
        )?);
    }
    let output = arguments
        .output
        .clone()
        .unwrap_or_else(|| project.report(&format!("prompts_{}", arguments.sets.join("_"))));
    save(&page(&similarities, &looked)?, &output)?;
    for similarities in &similarities {
        println!("{}", table(similarities, &arguments.backbone));
    }
    println!(
        "Near 1 the backbone can hardly tell two texts apart. Another backbone has other figures."
    );
    println!("\nPage: {}", output.display());
    Ok(Outcome::Done)
}

fn classes(project: &Project, benchmark: &str, registry: &Registry) -> anyhow::Result<Vec<String>> {
    let protocol = project.read_protocol(benchmark)?;
    let source = ClipSource::decode(&protocol, &[], registry)?;
    Ok(source.benchmark.plugin.classes())
}

/// The texts of a set's classes, all or these, which the backbone can encode.
fn encodable(
    set: &DescriptionSet,
    classes: Option<&[String]>,
    inputs: &Inputs<'_>,
    backbone: &Backbone,
) -> anyhow::Result<Vec<ClassText>> {
    let own: Vec<String> = set.texts.iter().map(|(class, _)| class.clone()).collect();
    let chosen = classes.unwrap_or(&own);
    let texts: Vec<Vec<String>> = set
        .for_classes(chosen)?
        .into_iter()
        .map(|text| vec![text])
        .collect();
    inputs
        .encodable(chosen, &texts, None, backbone)
        .map_err(|error| {
            let error = Diagnostic::new(format!("the set `{}`: {}", set.name, error.message));
            match classes {
                None => error.help("`--on BENCHMARK` looks only at the classes of a benchmark"),
                Some(_) => error,
            }
            .into()
        })
}

/// The features of each text, not normalised.
fn features(texts: &[ClassText], backbone: &Backbone, clip: &Clip) -> Vec<Vec<f32>> {
    let prompts = ClassPrompts::new(texts, None, backbone.weights().rows(), &clip.text);
    let features = prompts.features(&clip.text, None);
    let [_, width] = features.dims();
    let values: Vec<f32> = features.into_data().iter().collect();
    values.chunks_exact(width).map(<[f32]>::to_vec).collect()
}
