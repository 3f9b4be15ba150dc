//! `exp predict`: what a trained model sees in one video.

use std::path::{Path, PathBuf};

use clap::Args;
use exp_core::clip::Clip;
use exp_data::benchmarks::frames_in;
use exp_data::loader::Loader;
use exp_data::video::{self, PreparedClip, Settings, prepare_clip};
use exp_train::Registry;
use serde_json::json;

use crate::Outcome;
use crate::device::DeviceArgument;
use crate::inputs::{Inputs, loader_settings, sets};
use crate::project::Project;
use crate::trained::{Trained, find};

/// Predict the expression in one video or folder of frames.
///
/// The face is found and cut out as `exp data prepare` does. Prints the probability of every class.
#[derive(Args)]
pub struct Arguments {
    /// A video, or a folder of frames.
    input: PathBuf,
    /// The model: a file, or the first digits of a run's id.
    #[arg(long, value_name = "RUN|FILE")]
    checkpoint: PathBuf,
    /// The benchmark that names the classes; a checkpoint of `exp run` knows its own.
    #[arg(long, value_name = "BENCHMARK")]
    on: Option<String>,
    /// The frames show cut-out faces already: use them as they are.
    #[arg(long)]
    faces: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// Override a setting, as in `--set clip.frames=8`.
    #[arg(long, value_name = "PATH=VALUE")]
    set: Vec<String>,
    #[command(flatten)]
    device: DeviceArgument,
    /// The store that the run is in [default: runs/exp.db].
    #[arg(long, value_name = "FILE")]
    store: Option<PathBuf>,
}

pub fn run(arguments: &Arguments, registry: &Registry) -> anyhow::Result<Outcome> {
    let device = arguments.device.one()?;
    let project = Project::find(&std::env::current_dir()?)?;
    let store = arguments.store.clone().unwrap_or_else(|| project.store());
    let file = find(&arguments.checkpoint, &store)?;
    let protocol = match &arguments.on {
        Some(benchmark) => Some(project.read_protocol(benchmark)?),
        None => None,
    };
    let sets = sets(&arguments.set)?;
    let mut inputs = Inputs::new(&project);
    let trained = Trained::open(&file, protocol.as_ref(), &sets, registry, &mut inputs)?;
    let classes = trained.classes()?;
    let seen = Seen::open(&arguments.input, arguments.faces)?;
    let clip = Clip {
        name: arguments.input.display().to_string(),
        frames: seen.frames().to_vec(),
        label: 0,
        subject: None,
    };
    let (learner, _) = trained.learner(&device)?;
    let test = Loader::new(vec![clip], loader_settings(&trained.settings, 1))?;
    let (mut logits, mut damaged) = (Vec::new(), 0);
    for batch in test.evaluation() {
        let batch = batch?;
        damaged += batch.damaged;
        logits = learner.logits(&batch);
    }
    anyhow::ensure!(
        logits.len() == classes.len(),
        "{} has fewer frames than the model takes, and `clip.short` is `drop`: use another rule \
         with `--set clip.short=repeat_last`",
        arguments.input.display()
    );
    anyhow::ensure!(
        logits.iter().all(|logit| logit.is_finite()),
        "the model's answers are no numbers: its file may be damaged, or its training diverged"
    );
    let notes = seen.notes(trained.settings.clip.frames.get(), damaged);
    let mut shares: Vec<(&String, f64)> = classes.iter().zip(probabilities(&logits)).collect();
    if arguments.json {
        print_json(arguments, &file, &shares, &seen, &notes)?;
        return Ok(Outcome::Done);
    }
    for note in notes {
        eprintln!("note: {note}");
    }
    shares.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    let width = classes.iter().map(|class| class.chars().count()).max();
    for (class, share) in shares {
        println!("{class:width$}  {share:.4}", width = width.unwrap_or(0));
    }
    Ok(Outcome::Done)
}

fn print_json(
    arguments: &Arguments,
    file: &Path,
    shares: &[(&String, f64)],
    seen: &Seen,
    notes: &[String],
) -> anyhow::Result<()> {
    let best = shares.iter().max_by(|(_, a), (_, b)| a.total_cmp(b));
    let shares: serde_json::Map<_, _> = shares
        .iter()
        .map(|(class, share)| ((*class).clone(), json!(share)))
        .collect();
    let answer = json!({
        "input": arguments.input.display().to_string(),
        "checkpoint": file.display().to_string(),
        "prediction": best.map(|(class, _)| class),
        "probabilities": shares,
        "frames": seen.frames().len(),
        "notes": notes,
    });
    println!("{}", serde_json::to_string_pretty(&answer)?);
    Ok(())
}

/// The frames that the model is shown.
enum Seen {
    /// As they lie in their folder.
    AsTheyAre(Vec<PathBuf>),
    /// Cut out of a video's or a folder's frames.
    Prepared(PreparedClip),
}

impl Seen {
    fn open(input: &Path, faces: bool) -> anyhow::Result<Self> {
        Ok(match faces {
            true => Self::AsTheyAre(frames_in(input).map_err(anyhow::Error::msg)?),
            false => Self::Prepared(prepare_clip(input, &Settings::default())?),
        })
    }

    fn frames(&self) -> &[PathBuf] {
        match self {
            Self::AsTheyAre(frames) => frames,
            Self::Prepared(clip) => &clip.frames,
        }
    }

    /// What to know before one believes the prediction of a model that takes `needed` frames, of
    /// which `damaged` were replaced.
    fn notes(&self, needed: usize, damaged: usize) -> Vec<String> {
        let mut notes = Vec::new();
        if let Self::Prepared(clip) = self {
            if clip.record.result == video::Outcome::NoFace {
                notes.push("no face was found: the model saw the middle of the frames".to_owned());
            }
            if !clip.record.message.is_empty() {
                let message = &clip.record.message;
                notes.push(format!("damaged, but could be decoded: {message}"));
            }
        }
        if damaged > 0 {
            notes.push(match damaged {
                1 => "1 damaged frame was replaced by a neighbour".to_owned(),
                _ => format!("{damaged} damaged frames were replaced by a neighbour"),
            });
        }
        let frames = self.frames().len();
        if frames < needed {
            notes.push(format!(
                "the clip has {frames} of the {needed} frames that the model takes: `clip.short` says what \
                 it saw instead of the others"
            ));
        }
        notes
    }
}

/// The softmax of logits.
fn probabilities(logits: &[f32]) -> Vec<f64> {
    let top = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let shares: Vec<f64> = logits.iter().map(|&v| f64::from(v - top).exp()).collect();
    let sum: f64 = shares.iter().sum();
    shares.into_iter().map(|share| share / sum).collect()
}
